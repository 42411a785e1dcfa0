"""Prometheus metrics of the ingest service."""

from prometheus_client import Counter, Gauge

from ingest.sources.base import SourceStats

FORWARDED = Counter("ingest_tweets_total", "Tweets acknowledged by Kafka.", ["source"])
QUARANTINED = Counter(
    "ingest_quarantined_total", "Records no message could be made of.", ["source"]
)
SKIPPED = Counter("ingest_skipped_total", "Posts skipped on purpose.", ["source", "reason"])
POLLS = Counter("ingest_polls_total", "Polls of a source, by outcome.", ["source", "outcome"])
KAFKA_FAILURES = Counter("ingest_kafka_failures_total", "Failed tries to reach or write Kafka.")
STATUS_FAILURES = Counter(
    "ingest_status_failures_total", "Failed tries to write the status to HBase."
)
FAILURES_IN_A_ROW = Gauge(
    "ingest_failures_in_a_row", "Failed polls since the last one that succeeded.", ["source"]
)
LAST_SUCCESS = Gauge(
    "ingest_last_success_timestamp_seconds", "When a poll was last forwarded whole.", ["source"]
)
RATE_LIMIT_LEFT = Gauge(
    "ingest_rate_limit_remaining", "Calls left, as the network last said.", ["source"]
)
BUDGET = Gauge("ingest_budget_posts", "Posts that may be read in a UTC day.", ["source"])
BUDGET_LEFT = Gauge(
    "ingest_budget_posts_left", "Posts that may still be read in this UTC day.", ["source"]
)
MONTH_POSTS = Gauge(
    "ingest_month_posts", "Posts that a network has billed in this UTC month.", ["source"]
)
MONTH_DOLLARS = Gauge(
    "ingest_month_cost_dollars", "What they cost at the price that is set.", ["source"]
)
PROGRESS = Gauge("ingest_progress_ratio", "How much of a file is read, from 0 to 1.", ["source"])


def publish_stats(source: str, stats: SourceStats) -> None:
    """Set the gauges for those stats that a source provides."""
    if stats.rate_limit and stats.rate_limit.remaining is not None:
        RATE_LIMIT_LEFT.labels(source).set(stats.rate_limit.remaining)
    if stats.budget:
        BUDGET.labels(source).set(stats.budget.limit)
        BUDGET_LEFT.labels(source).set(stats.budget.left)
        MONTH_POSTS.labels(source).set(stats.budget.month)
        MONTH_DOLLARS.labels(source).set(stats.budget.cost_month)
    if stats.progress:
        PROGRESS.labels(source).set(stats.progress.share)
