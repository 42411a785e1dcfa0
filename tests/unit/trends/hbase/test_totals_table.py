"""The totals of all posts are exact, wherever the driver dies."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from trends.counting.post_totals import PostTotals, WindowTotals
from trends.counting.progress import Done, Intent
from trends.counting.tally import PostsByMinute
from trends.hbase.totals_table import TotalsTable

NOW = 30_000_000  # minutes since 1970
LENGTHS = [60, 120, 300, 720, 1440, 2880, 10_080]
AGES = [0, 0, 1, 59, 60, 61, 1439, 1440, 2880, 10_079, 10_080, 11_519, 11_520, 50_000, -1, -90]

Batch = dict[int, list[int]]  # minute -> posts, those with tags, and the same of the demo


class KilledError(Exception):
    """Simulates a crash of the driver."""


class FakeClient:
    """HBase with one row, whose cells keep the version with the highest timestamp."""

    def __init__(self) -> None:
        self.cells: dict[bytes, tuple[bytes, int]] = {}
        self.dies: str | None = None

    def call(self, action: Callable[[Any], Any]) -> Any:
        return action(self)

    def table(self, name: str) -> "FakeClient":
        assert name == "totals"
        return self

    def row(self, key: bytes, include_timestamp: bool) -> dict[bytes, tuple[bytes, int]]:
        assert key == b"posts" and include_timestamp
        return dict(self.cells)

    def put(self, key: bytes, cells: dict[bytes, bytes], timestamp: int) -> None:
        assert key == b"posts"
        if self.dies == "before":
            raise KilledError
        for column, value in cells.items():
            if timestamp >= self.cells.get(column, (b"", 0))[1]:
                self.cells[column] = value, timestamp
        if self.dies == "after":
            raise KilledError


def columns(batch: Batch) -> PostsByMinute:
    minutes = sorted(batch)
    counts = np.array([batch[minute] for minute in minutes], np.int64).reshape(-1, 4)
    return PostsByMinute(np.array(minutes, np.int64), counts)


class Driver:
    """Applies batches by the protocol, dies and recovers."""

    def __init__(self) -> None:
        self.hbase = FakeClient()
        self.done = Done()
        self.intent: Intent | None = None
        self.now = NOW
        self.start()

    def start(self) -> None:
        self.hbase.dies = None
        self.table = TotalsTable(self.hbase)
        self.totals = self.table.read(self.now, self.done, self.intent)

    def count(self, batch: Batch, dies: str | None = None) -> None:
        self.intent = intent = Intent(self.done.fence + 1, {}, {})
        self.hbase.dies = dies
        try:
            self._apply(batch, intent)
        except KilledError:
            self.start()
            self._apply(batch, intent)

    def _apply(self, batch: Batch, intent: Intent) -> None:
        self.totals.advance(self.now)
        self.table.add(columns(batch), self.totals, intent.fence)
        self.done = replace(self.done, fence=intent.fence)

    def windows(self, *, demo: bool = False) -> list[WindowTotals | None]:
        self.totals.advance(self.now)
        return [self.totals.window(length, demo=demo) for length in LENGTHS]


def recount(batches: list[Batch], now: int, *, demo: bool) -> list[WindowTotals]:
    first = 2 if demo else 0
    inside = [
        [counts for batch in batches for minute, counts in batch.items() if minute in window]
        for window in (range(now - length + 1, now + 1) for length in LENGTHS)
    ]
    return [
        WindowTotals(sum(each[first] for each in found), sum(each[first + 1] for each in found))
        for found in inside
    ]


@pytest.mark.parametrize("seed", range(6))
def test_windows_equal_a_recount_whatever_happens(seed: int) -> None:
    """Covers restarts, crashes before and after the write, old and future posts, clock jumps."""
    rng = random.Random(seed)
    driver, batches = Driver(), []
    for _ in range(120):
        minutes = {driver.now - rng.choice(AGES) for _ in range(rng.randrange(6))}
        batches.append({minute: [rng.randrange(9) for _ in range(4)] for minute in minutes})
        driver.count(batches[-1], rng.choice([None, None, "before", "after"]))
        for demo in (False, True):
            assert driver.windows(demo=demo) == recount(batches, driver.now, demo=demo)
        driver.now += rng.choice([0, 0, 1, 1, 7, 60, 500, 3000, 12_000])
        if rng.random() < 0.2:
            driver.start()


def test_after_an_upgrade_a_window_is_known_once_it_has_begun() -> None:
    driver = Driver()
    driver.done = replace(driver.done, fence=5)
    driver.start()
    driver.count({NOW: [4, 2, 0, 0]})
    assert driver.windows() == [None] * len(LENGTHS)
    driver.now = NOW + 60
    driver.count({NOW + 1: [3, 1, 0, 0], NOW: [9, 9, 0, 0]})
    assert driver.windows() == [(3, 1)] + [None] * 6
    driver.start()  # the row remembers since when it is complete
    assert driver.windows() == [(3, 1)] + [None] * 6
    driver.now = NOW + 1440
    assert driver.windows()[:5] == [(0, 0), (0, 0), (0, 0), (0, 0), (3, 1)]
    assert driver.windows()[5:] == [None, None]


def test_batches_that_an_earlier_version_counted_in_between_are_known_to_be_missing() -> None:
    driver = Driver()
    driver.count({NOW: [4, 2, 0, 0]})
    assert driver.windows()[0] == (4, 2)
    driver.done = replace(driver.done, fence=driver.done.fence + 7)
    driver.intent = Intent(driver.done.fence, {}, {})
    driver.start()
    assert driver.windows() == [None] * len(LENGTHS)


def test_a_batch_without_posts_leaves_the_totals_complete() -> None:
    driver = Driver()
    driver.count({NOW: [4, 2, 0, 0]})
    driver.count({})
    driver.start()
    assert driver.windows()[0] == (4, 2)


def test_a_clock_that_was_set_back_changes_nothing() -> None:
    totals = PostTotals(NOW)
    totals.add(np.array([NOW]), np.array([[4, 2, 0, 0]]))
    totals.advance(NOW - 5000)
    totals.advance(NOW)
    assert totals.window(60, demo=False) == (4, 2)


def test_the_row_has_a_cell_for_each_minute_and_all_of_them_the_fence() -> None:
    driver = Driver()
    driver.count({NOW: [4, 2, 0, 0], NOW - 1: [1, 0, 7, 3], NOW - 50_000: [1, 1, 0, 0]})
    assert driver.hbase.cells == {
        b"n:since": (b"0", 1), b"m:29999999": (b"1 0 7 3", 1), b"m:30000000": (b"4 2 0 0", 1)
    }  # fmt: skip
