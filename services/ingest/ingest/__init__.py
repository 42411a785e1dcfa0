"""Forwards posts from timelines and files to Kafka, one record each."""
