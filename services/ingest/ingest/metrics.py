"""The Prometheus metrics of this service."""

from prometheus_client import Counter, Gauge

FORWARDED = Counter("ingest_tweets_total", "Tweets acknowledged by Kafka.", ["source"])
QUARANTINED = Counter(
    "ingest_quarantined_total", "Records no message could be made of.", ["source"]
)
POLLS = Counter("ingest_polls_total", "Polls of a source, by outcome.", ["source", "outcome"])
KAFKA_FAILURES = Counter("ingest_kafka_failures_total", "Failed tries to reach or write Kafka.")
LAST_SUCCESS = Gauge(
    "ingest_last_success_timestamp_seconds", "When a poll was last forwarded whole.", ["source"]
)
