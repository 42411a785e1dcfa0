"""The driver's Prometheus metrics, served on the internal network."""

import math
import time

from prometheus_client import Counter, Gauge, Histogram

from trends.counting.batch import Batch
from trends.counting.progress import Done

_READ = Gauge("trends_tweets_read", "Kafka records applied so far, duplicates included.")
_TAGGED = Gauge("trends_tweets_tagged", "Distinct posts with at least one hashtag.")
_QUARANTINED = Counter("trends_records_quarantined", "Records that break the contract.", ["reason"])
_IGNORED = Counter("trends_hashtags_ignored", "Hashtags too long, or too many in one post.")
_SECONDS = Histogram("trends_batch_apply_seconds", "From a batch's columns to its boards in HBase.")
_STEP_SECONDS = Histogram(
    "trends_batch_step_seconds",
    "A batch's steps: compute (on the executors), tally, write, rank, publish.",
    ["step"],
)
_LEADER = Gauge("trends_leader", "1 in the driver that counts, 0 in one that stands by.")
_END = Gauge("trends_applied_offset", "The offset that comes next.", ["partition"])
_LAG_RECORDS = Gauge("trends_lag_records", "Records on Kafka that are not counted yet.")
_LAG_SECONDS = Gauge("trends_lag_seconds", "Age of the oldest of them; 0 if there is none.")


class Stopwatch:
    """Times the steps of applying a batch."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    def lap(self, step: str) -> None:
        """Record the time since the last lap as that of `step`."""
        now = time.monotonic()
        step_took(step, now - self._last)
        self._last = now

    def seconds(self) -> float:
        """The time since the start."""
        return time.monotonic() - self._began


def step_took(step: str, seconds: float) -> None:
    """Record the time of a batch's step."""
    _STEP_SECONDS.labels(step).observe(seconds)


def lag(records: float, seconds: float) -> None:
    """Record how far counting is behind Kafka; NaN if that is unknown."""
    _LAG_RECORDS.set(records)
    _LAG_SECONDS.set(seconds)


# Until it is measured; a driver that does not count must not report that it is not behind.
lag(math.nan, math.nan)


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


def leads(is_leader: bool) -> None:
    """Record whether this driver counts."""
    _LEADER.set(is_leader)
