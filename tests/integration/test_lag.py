"""The lag of counting, as Kafka has it."""

import math
import time
from collections.abc import Iterator
from threading import Event

import pytest
from prometheus_client import REGISTRY

from support.integration_support import KAFKA, consumed, send
from trends import metrics
from trends.counting.batch import Offsets
from trends.kafka.access import Access
from trends.kafka.lag import LagMonitor
from trends.kafka.topics import Topics

POST = {"source": "x", "created_at": "2026-11-22T10:00:00Z", "text": "x" * 20_000}


def lag() -> tuple[float | None, float | None]:
    """The records and the seconds, as they are served."""
    records, seconds = (f"trends_lag_{unit}" for unit in ("records", "seconds"))
    return REGISTRY.get_sample_value(records), REGISTRY.get_sample_value(seconds)


@pytest.fixture
def counted() -> Offsets:
    """What the driver has counted."""
    return {}


@pytest.fixture
def monitor(topics: Topics, counted: Offsets) -> Iterator[LagMonitor]:
    metrics.lag(math.nan, math.nan)
    found = LagMonitor(Access((KAFKA,)), lambda: counted, Event())
    yield found
    if found._consumer:
        found._consumer.close()


def test_the_lag_is_that_of_the_records_after_the_counted_ones(
    monitor: LagMonitor, counted: Offsets
) -> None:
    """Records larger than a fetch, on all partitions, so that none of them is skipped."""
    monitor.measure()
    assert lag() == (0, 0)
    began = time.time()
    send([{**POST, "id": str(number)} for number in range(40)])
    records = consumed("tweets")
    assert {record.partition for record in records} == {0, 1, 2, 3}
    monitor.measure()
    found, seconds = lag()
    assert found == 40 and seconds == pytest.approx(time.time() - began, abs=10)
    # All but the last one of each partition.
    counted |= {str(record.partition): record.offset for record in records}
    monitor.measure()
    assert lag()[0] == 4
    oldest = min(r.timestamp for r in records if r.offset == counted[str(r.partition)])
    assert lag()[1] == pytest.approx(time.time() - oldest / 1000, abs=1)
    counted |= {partition: offset + 1 for partition, offset in counted.items()}
    monitor.measure()
    assert lag() == (0, 0)
