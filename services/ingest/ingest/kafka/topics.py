"""Definitions of the Kafka topics that this service writes to."""

from dataclasses import dataclass

TWEETS, QUARANTINE, CURSORS = "tweets", "tweets.quarantine", "ingest.cursors"
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Topic:
    """A topic's name, its number of partitions, and overrides of the broker's defaults."""

    name: str
    partitions: int
    configs: dict[str, str]


def topics(tweet_partitions: int, retention_hours: int) -> tuple[Topic, ...]:
    """Return all topics; only the one for posts can have several partitions."""
    kept = {"retention.ms": str(retention_hours * HOUR_MS)}
    # The reader's watermark is the arrival time, so it must come from the broker, not the sender.
    tweets = Topic(TWEETS, tweet_partitions, kept | {"message.timestamp.type": "LogAppendTime"})
    # Small segments, compacted early, because startup reads the whole topic for its cursor.
    compacted = {
        "cleanup.policy": "compact",
        "segment.bytes": str(1024 * 1024),
        "min.cleanable.dirty.ratio": "0.1",
    }
    return tweets, Topic(QUARANTINE, 1, kept), Topic(CURSORS, 1, compacted)
