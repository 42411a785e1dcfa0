"""Accesses Kafka outside the streaming query: topics, offsets, quarantine."""
