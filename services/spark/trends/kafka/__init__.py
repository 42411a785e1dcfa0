"""Kafka topics and offsets outside the streaming query."""
