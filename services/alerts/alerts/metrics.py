"""Prometheus metrics of the alerts service."""

from prometheus_client import Counter, Gauge

_RECEIVER = ["receiver", "service"]

SENT = Counter("alerts_sent_total", "Messages that a receiver has taken.", _RECEIVER)
FAILURES = Counter("alerts_delivery_failures_total", "Failed tries to send a message.", _RECEIVER)
LAST_SUCCESS = Gauge(
    "alerts_last_success_timestamp_seconds", "When a receiver last took a message.", _RECEIVER
)
WAITING = Gauge("alerts_waiting", "Messages that are still to be sent, for each receiver.")
DROPPED = Counter("alerts_dropped_total", "Messages that were given up, for each receiver.")
ANNOUNCED = Counter("alerts_announced_hashtags_total", "Hashtags that were put into a message.")
SUPPRESSED = Counter(
    "alerts_suppressed_hashtags_total", "Hashtags that entered again within their quiet time."
)
