"""The lag behind Kafka, with a consumer that answers from memory."""

import math
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError
from prometheus_client import REGISTRY

from support.waiting import eventually
from trends import metrics
from trends.kafka import lag
from trends.kafka.access import Access
from trends.kafka.lag import LagMonitor


class Consumer:
    """Partitions that begin and end somewhere; a record was appended `offset` seconds ago."""

    def __init__(self, begin: dict[int, int], end: dict[int, int]) -> None:
        self.begin, self.end = begin, end
        self.failure: Exception | None = None
        self.fetched: list[tuple[int, int]] = []
        self.answers = True

    def partitions_for_topic(self, topic: str) -> set[int]:
        return set(self.end)

    def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        if self.failure:
            raise self.failure
        return {place: self.end[place.partition] for place in places}

    def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: self.begin[place.partition] for place in places}

    def assign(self, places: list[TopicPartition]) -> None:
        (self.place,) = places

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.fetched.append((place.partition, offset))

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        _, offset = self.fetched[-1]
        record = SimpleNamespace(timestamp=(time.time() - offset) * 1000)
        return {self.place: [record]} if self.answers else {}

    def close(self) -> None:
        pass


def measured() -> tuple[float, float]:
    """The records and the seconds, as they are served."""
    found = [REGISTRY.get_sample_value(f"trends_lag_{unit}") for unit in ("records", "seconds")]
    assert found[0] is not None and found[1] is not None
    return found[0], found[1]


def monitor(consumer: Consumer, counted: dict[str, int]) -> LagMonitor:
    found = LagMonitor(Access(("nowhere:9092",)), lambda: counted, threading.Event())
    found._consumer = consumer
    return found


@pytest.fixture(autouse=True)
def unknown() -> None:
    metrics.lag(math.nan, math.nan)


def test_without_uncounted_records_the_lag_is_0_and_nothing_is_fetched() -> None:
    consumer = Consumer({0: 0, 1: 0}, {0: 7, 1: 0})
    monitor(consumer, {"0": 7}).measure()
    assert measured() == (0, 0)
    assert consumer.fetched == []


def test_the_lag_is_the_sum_of_all_partitions_and_the_age_of_the_oldest_record() -> None:
    consumer = Consumer({0: 0, 1: 0, 2: 0}, {0: 10, 1: 20, 2: 5})
    monitor(consumer, {"0": 4, "1": 19, "2": 5}).measure()
    records, seconds = measured()
    assert records == 6 + 1
    assert seconds == pytest.approx(19, abs=1)
    assert sorted(consumer.fetched) == [(0, 4), (1, 19)]


def test_what_retention_has_removed_is_not_behind() -> None:
    consumer = Consumer({0: 100, 1: 50}, {0: 110, 1: 60})
    monitor(consumer, {"0": 90}).measure()
    assert measured()[0] == 10 + 10
    assert sorted(consumer.fetched) == [(0, 100), (1, 50)]


def test_counted_records_that_kafka_has_lost_are_no_lag() -> None:
    monitor(Consumer({0: 0}, {0: 5}), {"0": 9}).measure()
    assert measured() == (0, 0)


def test_an_age_that_kafka_does_not_tell_is_unknown() -> None:
    consumer = Consumer({0: 0}, {0: 5})
    consumer.answers = False
    monitor(consumer, {}).measure()
    records, seconds = measured()
    assert records == 5 and math.isnan(seconds)


def test_a_broker_s_clock_ahead_makes_no_negative_age() -> None:
    consumer = Consumer({0: -60}, {0: 5})
    monitor(consumer, {"0": -60}).measure()
    assert measured() == (65, 0)


def test_while_kafka_is_away_the_lag_is_unknown_and_later_known_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lag, "MEASURE_SECONDS", 0.01)
    consumer = Consumer({0: 0}, {0: 5})
    found = monitor(consumer, {"0": 5})
    found.start()
    try:
        eventually(lambda: measured() == (0, 0), within=5)
        consumer.failure = KafkaTimeoutError("no answer")
        eventually(lambda: all(map(math.isnan, measured())), within=5)
        consumer.failure = None
        eventually(lambda: measured() == (0, 0), within=5)
    finally:
        found._stopping.set()
        found.join(5)
    assert not found.is_alive()
