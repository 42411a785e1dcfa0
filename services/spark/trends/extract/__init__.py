"""Turns Kafka records into hashtags, on the executors."""
