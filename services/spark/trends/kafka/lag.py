"""Measures how far counting is behind Kafka."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from trends import metrics
from trends.counting.batch import Offsets
from trends.kafka.access import Access
from trends.kafka.topics import TWEETS

log = logging.getLogger(__name__)

MEASURE_SECONDS = 10
ANSWER_SECONDS = 10


class LagMonitor(threading.Thread):
    """A thread that keeps the lag's metrics up to date.

    `counted` returns the offsets up to which records are counted. While Kafka does not answer, the
    lag is unknown (NaN), and only this thread waits.
    """

    def __init__(
        self, access: Access, counted: Callable[[], Offsets], stopping: threading.Event
    ) -> None:
        super().__init__(name="lag", daemon=True)
        self._access = access
        self._counted = counted
        self._stopping = stopping
        self._consumer: KafkaConsumer | None = None

    def run(self) -> None:
        """Measure every ten seconds until the driver stops."""
        while not self._stopping.wait(MEASURE_SECONDS):
            try:
                self.measure()
            except Exception as error:  # an old value would look like a steady lag
                log.debug("the lag is unknown: %r", error)
                metrics.lag(math.nan, math.nan)
        if self._consumer is not None:
            self._consumer.close()

    def measure(self) -> None:
        """Measure once; raises what Kafka's client raises."""
        consumer = self._connect()
        partitions = consumer.partitions_for_topic(TWEETS)
        ends = consumer.end_offsets([TopicPartition(TWEETS, each) for each in partitions])
        # Read after the ends, so that an idle topic has a lag of 0.
        counted = self._counted()
        begins = {place: counted.get(str(place.partition), 0) for place in ends}
        behind = {place: begin for place, begin in begins.items() if begin < ends[place]}
        if not behind:
            metrics.lag(0, 0)
            return
        # Retention may have removed the first of them.
        first = consumer.beginning_offsets(list(behind))
        behind = {place: max(begin, first[place]) for place, begin in behind.items()}
        records = sum(ends[place] - begin for place, begin in behind.items())
        metrics.lag(records, self._age(consumer, behind))

    def _connect(self) -> KafkaConsumer:
        """Return the one consumer; it reconnects by itself."""
        if self._consumer is None:
            # A producer first: without a broker, other clients leave a thread behind.
            KafkaProducer(**self._access.client()).close()
            self._consumer = KafkaConsumer(
                **self._access.client(),
                enable_auto_commit=False,
                request_timeout_ms=ANSWER_SECONDS * 1000,
                max_poll_records=1,
                max_partition_fetch_bytes=16_384,  # one record is enough
            )
        return self._consumer

    def _age(self, consumer: KafkaConsumer, behind: Mapping[TopicPartition, int]) -> float:
        """The seconds since Kafka appended the oldest of the records that begin at `behind`."""
        times = []
        for place, offset in behind.items():
            # One at a time, because a broker that answers with more than the limit does so only for
            # the first partition.
            consumer.assign([place])
            consumer.seek(place, offset)
            found = consumer.poll(timeout_ms=ANSWER_SECONDS * 1000)
            times += [record.timestamp for record in found.get(place, ())]
        # The broker's clock may be ahead.
        return max(0.0, time.time() - min(times) / 1000) if times else math.nan
