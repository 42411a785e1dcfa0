"""Recovers after a start: completes a half-applied batch, and finds where to resume counting."""

import logging
from dataclasses import replace

from trends.counting.batch import Offsets
from trends.counting.duplicates import RecentPosts
from trends.counting.progress import Done, Intent
from trends.extract.key import key_of
from trends.hbase.client import Client
from trends.hbase.progress_row import ProgressRow
from trends.hbase.rekey import rekey
from trends.kafka.offsets import Topic, describe_lost_records
from trends.kafka.topics import Topics
from trends.sink import Sink
from trends.stream import Stream

log = logging.getLogger(__name__)

# The version of `trends.extract.key`. Raise it whenever a tag's key changes.
KEYS = 1


class Recovery:
    """Brings HBase and the sink to where counting can resume; only this moves progress at a start.

    `span` is how long ids are remembered, in milliseconds, and `count_topic` the id of a topic
    that is to be counted on top of another one.
    """

    def __init__(
        self, topics: Topics, client: Client, progress: ProgressRow, *, span: int, count_topic: str
    ) -> None:
        self._topics = topics
        self._client = client
        self._progress = progress
        self._span = span
        self._count_topic = count_topic
        self._found: tuple[int, Intent | None] | None = None

    def adopt_topic(self) -> None:
        """Check the progress against Kafka's topic, and adopt that topic if it may be counted.

        This needs no Spark. After it, and before `run`, the sink may load the tags from HBase.

        Raises:
            TopicError: Kafka's topic is not the one that was counted.
        """
        done, intent = self._progress.read()
        self._found = done.fence, intent
        adopted = done.adopt(self._topics.tweets(), intent, self._count_topic)
        if adopted == done:
            return
        if done.end and not adopted.end:
            log.warning("counting another topic on top of what HBase has: %s", adopted.topic)
            if not done.has(intent):
                log.warning("the last batch of the previous topic may be counted in part")
        self._progress.record(adopted)

    def run(self, sink: Sink, stream: Stream) -> Topic:
        """Recover, and return Kafka's topic. The query then starts at `sink.done.end`."""
        # 1. Read the progress.
        topic = self._topics.tweets()
        done, intent = self._progress.read()
        if self._found != (done.fence, intent):  # the driver before has finished its batch
            sink.move(done)
        half_applied = None if done.has(intent) else intent
        _log_losses(topic, done, half_applied)
        # 2. Read the ids of the last DEDUPLICATE_MINUTES before it.
        sink.resume(done, intent, self._read_recent_posts(topic, done, stream))
        # 3. Apply a half-applied batch again, over exactly its offsets and with its fence.
        if half_applied:
            log.info("applying the half-applied batch up to %s again", half_applied.end)
            sink.finish(stream.read(topic, half_applied.start, half_applied.end), half_applied)
        # 4. Move rows that another version wrote to the keys that they have now.
        if sink.done.keys != KEYS:
            rekey(self._client, key_of, sink.done.fence)
            self._move(sink, replace(sink.done, keys=KEYS))
        # 5. Move on to where Kafka has records. Records at the offsets of lost ones are new.
        if not topic.has(sink.done.end):
            self._move(sink, replace(sink.done, end=topic.nearest(sink.done.end)))
        return topic

    def _move(self, sink: Sink, done: Done) -> None:
        self._progress.record(done)
        sink.move(done)

    def _read_recent_posts(self, topic: Topic, done: Done, stream: Stream) -> RecentPosts:
        recent = RecentPosts(self._span)
        start = {**done.end, **self._start_of_ids(done)}
        if topic.nearest(start) != topic.nearest(done.end):
            batch = stream.read(topic, start, done.end)
            recent.add(batch.posts)
            log.info("read the ids of %d earlier posts", len(recent))
        recent.advance(done.times)
        return recent

    def _start_of_ids(self, done: Done) -> Offsets:
        """Find where the ids begin that may still recur; omits partitions without any.

        Kafka finds the first record at or after a time, so all records before it have lower times.
        From that record on, the highest time so far is therefore the same as when it was counted.
        """
        if done.offset_history:  # written by an early version, which did not record times
            return _early_start(done, self._span)
        return self._topics.offsets_at({p: time - self._span for p, time in done.times.items()})


def _early_start(done: Done, span: int) -> Offsets:
    """Find where the ids begin by `offset_history`, or 0 for a partition not counted by then."""
    start: Offsets = {}
    for at, offsets in done.offset_history:
        if start and at > done.fence - span:
            break
        start = offsets
    return {partition: start.get(partition, 0) for partition in done.end}


def _log_losses(topic: Topic, done: Done, intent: Intent | None) -> None:
    """Log which records Kafka no longer has; nothing can bring them back."""
    start = intent.start if intent else done.end
    if start and (removed := describe_lost_records(start, topic.begin)):
        log.warning(
            "Kafka has removed %s before they were counted: they are lost, and counting "
            "continues behind them. KAFKA_RETENTION_HOURS sets how long posts are kept",
            removed,
        )
    if lost := describe_lost_records(topic.end, (intent or done).end):
        log.warning("Kafka has lost %s that were counted: they stay counted", lost)
