"""Forwards the tweets of a timeline, one by one, to Kafka."""
