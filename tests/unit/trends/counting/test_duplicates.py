"""Duplicates depend only on the log: the same log gives the same counts, however it is read."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.posts import Record, posts_of
from trends.counting.batch import Posts
from trends.counting.duplicates import RecentIds, RecentPosts

SPAN = 10

Log = list[list[Record]]  # each partition's records in the order of their offsets


# How often each id counts, as a post that was read (False) and as one with hashtags (True).
Counted = Counter[tuple[str, bool]]


def oracle(log: Log) -> Counted:
    counted: Counted = Counter()
    for partition in log:
        newest, last = 0, dict[tuple[str, bool], int]()
        for record in partition:
            newest = max(newest, record.appended)
            for which in (record.id, False), (record.id, True):
                if record.tags or not which[1]:
                    counted[which] += newest - last.get(which, -SPAN) >= SPAN
                    last[which] = newest
    return +counted


@dataclass
class Counting:
    """Simulates a driver that counts batches and may restart between any two of them."""

    log: Log

    def __post_init__(self) -> None:
        self.done = [0] * len(self.log)
        self.times: dict[str, int] = {}
        self.counted: Counted = Counter()
        self.recent = RecentPosts(SPAN)

    def count(self, sizes: list[int]) -> None:
        """Count the next records of each partition."""
        end = [min(at + n, len(p)) for at, n, p in zip(self.done, sizes, self.log, strict=True)]
        posts, records, newest = self._read(self.done, end)
        duplicates = self.recent.add(posts)
        self.recent.advance(newest)
        columns = records, duplicates.read.tolist(), duplicates.tagged.tolist()
        for record, was_read, was_tagged in zip(*columns, strict=True):
            self.counted[record.id, False] += not was_read
            self.counted[record.id, True] += bool(record.tags) and not was_tagged
        self.done = end
        for partition, time in newest.items():
            self.times[partition] = max(time, self.times.get(partition, 0))

    def restart(self) -> None:
        """Forget everything but the progress, then read the ids that still matter again."""
        self.recent = RecentPosts(SPAN)
        start = []
        for number, partition in enumerate(self.log):
            since = self.times.get(str(number), 0) - SPAN
            later = (at for at, record in enumerate(partition) if record.appended >= since)
            start.append(min(next(later, len(partition)), self.done[number]))
        posts, _, _ = self._read(start, self.done)
        self.recent.add(posts)
        self.recent.advance(self.times)

    def _read(self, start: list[int], end: list[int]) -> tuple[Posts, list[Record], dict[str, int]]:
        """Read records as the executors do, without knowing earlier batches."""
        records: list[Record] = []
        newest: dict[str, int] = {}
        parts = zip(self.log, start, end, strict=True)
        for number, (partition, first, last) in enumerate(parts):
            for record in partition[first:last]:
                highest = max(newest.get(str(number), 0), record.appended)
                newest[str(number)] = highest
                records.append(Record(record.id, highest, number, record.tags))
        return posts_of(records), records, newest


ids = st.sampled_from("abcdefgh")
steps = st.lists(st.integers(-3, 14), min_size=0, max_size=25)


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Partitions whose times grow unless a clock is set back; copies share a partition."""
    log: Log = []
    for number in range(draw(st.integers(1, 3))):
        at = draw(st.integers(20, 60))
        partition = []
        for step in draw(steps):
            at = max(0, at + step)
            tags = draw(st.sampled_from([{}, {"a": "a"}]))
            partition.append(Record(f"{number}{draw(ids)}", at, number, tags))
        log.append(partition)
    return log


@pytest.mark.component
@settings(max_examples=1000)
@example(
    [[Record("0a", 20), Record("0a", 19), Record("0b", 19), Record("0b", 29)]],
    [([1, 0, 0], False)],
)
@given(
    logs(),
    st.lists(st.tuples(st.lists(st.integers(0, 9), min_size=3, max_size=3), st.booleans())),
)
def test_the_same_log_gives_the_same_counts(log: Log, story: list[tuple[list[int], bool]]) -> None:
    counting = Counting(log)
    for sizes, is_restarted in story:
        counting.count(sizes[: len(log)])
        if is_restarted:
            counting.restart()
    counting.count([len(partition) for partition in log])
    assert +counting.counted == oracle(log)


def find(recent: RecentIds, *records: Record) -> list[bool]:
    posts = posts_of(list(records))
    found = recent.add(posts).tolist()
    newest: dict[str, int] = {}
    for record in records:
        newest[str(record.partition)] = max(newest.get(str(record.partition), 0), record.appended)
    recent.advance(newest)
    return found


def test_a_copy_is_a_duplicate_until_the_span_has_passed_since_the_last_one() -> None:
    recent = RecentIds(SPAN)
    assert find(recent, Record("a", 100), Record("b", 100), Record("a", 100)) == [
        False,
        False,
        True,
    ]
    assert find(recent, Record("a", 109)) == [True]
    assert find(recent, Record("a", 118), Record("b", 118)) == [True, False]
    assert find(recent, Record("a", 128)) == [False]


def test_a_copy_on_a_partition_that_was_added_counts_once() -> None:
    recent = RecentIds(SPAN)
    assert find(recent, Record("a", 105, 0)) == [False]
    assert find(recent, Record("a", 100, 5), Record("a", 112, 5)) == [True, True]


def test_ids_that_share_a_half_are_different() -> None:
    recent = RecentIds(SPAN)
    first = posts_of([Record("a", 100), Record("b", 100), Record("c", 100)])
    same_half = np.array([7, 7, 7], np.uint64)
    first.hi[:] = same_half
    assert recent.add(first).tolist() == [False] * 3
    again = posts_of([Record("c", 101), Record("d", 101), Record("a", 101)])
    again.hi[:] = same_half
    assert recent.add(again).tolist() == [True, False, True]


@pytest.mark.component
def test_old_ids_are_dropped_and_an_idle_partition_keeps_its_own() -> None:
    """Memory holds the ids of one span, and those of an idle partition's last span."""
    recent = RecentIds(SPAN)
    find(recent, Record("idle", 50, 1))
    for start in range(0, 200_000, 200):
        recent.add(posts_of([Record(f"id {at}", at) for at in range(start, start + 200, 2)]))
        recent.advance({"0": start + 198})
        assert len(recent) < 11_000
    assert find(recent, Record("idle", 55, 1)) == [True]
