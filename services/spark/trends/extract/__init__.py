"""Runs on the executors: Kafka records to hashtags."""
