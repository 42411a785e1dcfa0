"""Measures the memory of what the driver keeps: tags, people, cached rows and ids.

Each figure comes from a process of its own, with the driver's own classes and an HBase that has
nothing.
"""

import ctypes
import gc
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from bench.report import say
from trends.counting.batch import Batch
from trends.counting.duplicates import RecentIds, RecentPosts
from trends.counting.leaderboard import Leaderboard
from trends.counting.stored_tag import StoredTag
from trends.counting.tally import tally
from trends.extract.columns import extract, unpack
from trends.hbase.hashtags_table import CACHED_ROWS, HashtagsTable
from trends.kafka.topics import TWEETS

NUMBER = 200_000
PEOPLE = 5_000
KEPT_IDS, SMALL_BATCHES = 4_000_000, 10
NOW = int(time.time() * 1000)
MINUTE = NOW // 60_000


@dataclass(frozen=True)
class Memory:
    """Bytes in the driver's Python process.

    Of a tag that was used long ago, in the last four weeks, or in the last 8 days; of another
    person who uses a tag in the last 8 days; of a tag that is being loaded at a start; of a cached
    row; and of an id of a post. `insertion` is the processor time of adding a small batch, in
    seconds for each id that is kept.
    """

    old_tag: float
    four_weeks: float
    eight_days: float
    person: float
    loading: float
    row: float
    post: float
    insertion: float


class NoStore:
    """HBase without a row, which forgets what is written."""

    def call(self, action: Callable[[Any], Any]) -> Any:
        return action(self)

    def table(self, _: str) -> "NoStore":
        return self

    def scan(self, **_: Any) -> list[Any]:
        return []

    def rows(self, *_: Any, **__: Any) -> list[Any]:
        return []

    @contextmanager
    def batch(self, **_: Any) -> Iterator["NoStore"]:
        yield self

    def put(self, *_: Any) -> None:
        pass


def measure_memory() -> Memory:
    """Measure everything, one process after the other."""
    say("memory of the driver")
    old, four_weeks, eight_days, people = (
        grown(tags, *arguments) / NUMBER for arguments in ((0, 0), (0, 1), (1, 1), (3, 1))
    )
    return Memory(
        old_tag=old,
        four_weeks=four_weeks,
        eight_days=eight_days,
        person=(people - eight_days) / 2,
        loading=grown(loaded) / NUMBER,
        row=grown(rows) / CACHED_ROWS,
        post=grown(ids) / NUMBER,
        insertion=insertion(),
    )


def tags(people: int, hours: int) -> Leaderboard:
    """The boards with tags that so many people have used, in an hour of late or long ago."""
    boards = Leaderboard(MINUTE)
    boards.load(stored(people, hours))
    boards.rankings(NOW)
    return boards


def stored(people: int, hours: int) -> Iterator[StoredTag]:
    """Tags as they are read from HBase."""
    for number in range(NUMBER):
        yield StoredTag(
            key=f"tag{number}",
            count=1,
            last=NOW,
            minutes={MINUTE - number % 10_000: (people, authors(number, people))} if people else {},
            hours={MINUTE // 60 - number % 600: 1} if hours else {},
        )


def loaded() -> list[StoredTag]:
    """All tags, as a start holds them until the boards have them."""
    return list(stored(1, 1))


def authors(tag: int, people: int) -> list[int]:
    """Different people, of as many as an account may follow."""
    return [(tag * 31 + each * 7919) % PEOPLE + (1 << 60) for each in range(people)]


def rows() -> HashtagsTable:
    """The table's cache when it is full of tags that were used once."""
    table = HashtagsTable(NoStore())  # type: ignore[arg-type]
    table.read_all(MINUTE)
    batch = Batch.from_chunks(map(unpack, chunks(CACHED_ROWS)), TWEETS)
    added = tally(batch.posts, RecentPosts(0).add(batch.posts), True)
    table.start_writing(added, NOW).wait()
    return table


def chunks(number: int) -> list[bytes]:
    """What the executors make of so many posts, each with a tag of its own."""
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW / 1000))
    values = [
        json.dumps(
            {
                "id": str(each),
                "source": "x",
                "created_at": created,
                "author": f"{each % PEOPLE:016x}",
                "text": f"#Tag{each}",
            }
        ).encode()
        for each in range(number)
    ]
    columns = {
        "value": values,
        "partition": pa.array([0] * number, pa.int32()),
        "offset": pa.array(range(number), pa.int64()),
        "appended": pa.array([NOW] * number, pa.int64()),
    }
    found = extract(iter([pa.RecordBatch.from_pydict(columns)]))
    return [cell for batch in found for cell in batch["chunk"].to_pylist()]


def ids() -> RecentIds:
    """The ids of posts within the window for duplicates."""
    recent, rng = RecentIds(3_600_000), np.random.default_rng(1)
    for _ in range(10):
        recent.add(Posts(NUMBER // 10, rng))  # type: ignore[arg-type]
    return recent


def insertion() -> float:
    """The processor time of adding a small batch, divided by how many ids there are."""
    recent, rng = RecentIds(3_600_000), np.random.default_rng(1)
    recent.add(Posts(KEPT_IDS, rng))  # type: ignore[arg-type]
    began = time.process_time()
    for _ in range(SMALL_BATCHES):
        recent.add(Posts(4_000, rng))  # type: ignore[arg-type]
    return (time.process_time() - began) / SMALL_BATCHES / len(recent)


class Posts:
    """The columns that `RecentIds` reads."""

    def __init__(self, number: int, rng: np.random.Generator) -> None:
        self.hi, self.lo = rng.integers(0, 1 << 63, (2, number), np.uint64)
        self.appended = np.full(number, NOW)
        self.partition = np.zeros(number, np.int32)


def grown(make: Callable[..., Any], *arguments: int) -> int:
    """How many bytes a process has more for what `make` returns."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_grown, (make, *arguments))


def _grown(make: Callable[..., Any], *arguments: int) -> int:
    kept = [make(*arguments)]  # with what is made once in a process, and is used again
    before = _resident()
    kept.append(make(*arguments))
    return _resident() - before


def _resident() -> int:
    """The process' memory, without what it has freed."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 -- a file of the kernel
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(measure_memory())
