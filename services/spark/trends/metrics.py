"""The driver's Prometheus metrics, served on the internal network."""

from prometheus_client import Counter, Gauge, Histogram

from trends.counting.batch import Batch
from trends.counting.progress import Done

_READ = Gauge("trends_tweets_read", "Kafka records applied so far, duplicates included.")
_TAGGED = Gauge("trends_tweets_tagged", "Distinct posts with at least one hashtag.")
_QUARANTINED = Counter("trends_records_quarantined", "Records that break the contract.", ["reason"])
_IGNORED = Counter("trends_hashtags_ignored", "Hashtags too long, or too many in one post.")
_SECONDS = Histogram("trends_batch_apply_seconds", "From a batch's columns to its boards in HBase.")
_END = Gauge("trends_applied_offset", "The offset that comes next.", ["partition"])


def applied(done: Done, batch: Batch, seconds: float) -> None:
    """Record a batch that took `seconds` to apply."""
    _READ.set(done.read)
    _TAGGED.set(done.tagged)
    for record in batch.quarantined:
        _QUARANTINED.labels(record.reason).inc()
    _IGNORED.inc(batch.ignored_tags)
    _SECONDS.observe(seconds)
    for partition, offset in done.end.items():
        _END.labels(partition).set(offset)
