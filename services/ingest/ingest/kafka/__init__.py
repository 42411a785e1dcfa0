"""Kafka topics, and the publisher that writes to them."""
