"""Kafka: the topics, and what is written to them."""
