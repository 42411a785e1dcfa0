"""Drivers replace each other at any point, and every post still counts once.

Each call to HBase is a step; which driver makes the next one is drawn by lot. A driver may be left
hanging, go on when others have counted further, or die. Calls are carried out late, or their
answers are lost, and the drivers' clocks differ by minutes.
"""

import json
import random
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import happybase
import pyarrow as pa
import pytest

from fakes.hbase import FakeHBase
from support.driver import check, stream
from support.oracle import Oracle
from support.stepping import KilledError, SteppedClient, Turns
from trends.counting.batch import Batch, Offsets
from trends.counting.progress import ProgressError
from trends.extract.columns import extract, unpack
from trends.hbase import progress_row
from trends.hbase.boards_table import BoardsTable
from trends.hbase.hashtags_table import HashtagsTable
from trends.hbase.progress_row import ProgressRow
from trends.hbase.totals_table import TotalsTable
from trends.kafka.offsets import Topic
from trends.recovery import Recovery
from trends.sink import Sink

POSTS, BATCH = 80, 16
HOUR = 3_600_000


class Log:
    """The topic, and what executors make of its records."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self._values = [json.dumps(each).encode() for each in messages]
        self._appended = time.time_ns() // 1_000_000
        self.end = len(messages)

    def tweets(self) -> Topic:
        return Topic("topic", {"0": 0}, {"0": self.end})

    def offsets_at(self, times: Offsets) -> Offsets:
        return dict.fromkeys(times, 0)

    def read(self, topic: Topic, start: Offsets, end: Offsets) -> Batch:
        first, last = start.get("0", 0), end["0"]
        records = pa.RecordBatch.from_pydict(
            {
                "value": self._values[first:last],
                "partition": pa.array([0] * (last - first), pa.int32()),
                "offset": pa.array(range(first, last), pa.int64()),
                "appended": pa.array([self._appended + n for n in range(first, last)], pa.int64()),
            }
        )
        cells = [cell for each in extract([records]) for cell in each["chunk"].to_pylist()]
        return Batch.from_chunks(map(unpack, cells), "tweets")


class Driver:
    """The product's driver, without Spark and Kafka, in a thread of its own."""

    def __init__(self, hbase: FakeHBase, log: Log, chance: random.Random, faults: float) -> None:
        self.turns = Turns()
        self.client = SteppedClient(hbase.port, self.turns, chance, faults)
        self.clock_ahead = chance.randint(-HOUR, HOUR)
        self.sink: Sink | None = None
        self.has_counted_all = False
        self._log, self._size = log, chance.choice([BATCH // 2, BATCH, 2 * BATCH])
        threading.Thread(target=self._run, name=f"ahead {self.clock_ahead}", daemon=True).start()

    def _run(self) -> None:
        try:
            self._count()
            self.has_counted_all = True
        except (ProgressError, KilledError):
            pass
        finally:
            self.turns.end(killed=self.turns.is_killed)

    def _count(self) -> None:
        progress = ProgressRow(self.client, f"host/{id(self)}")
        while not progress.take_over(progress.read_lease()):
            pass
        hashtags, totals = HashtagsTable(self.client), TotalsTable(self.client)
        quarantine: Any = SimpleNamespace(send=lambda _: None)
        sink = self.sink = Sink(hashtags, BoardsTable(self.client), progress, totals, quarantine)
        topics: Any = self._log
        recovery = Recovery(topics, self.client, progress, span=HOUR, count_topic="")
        recovery.adopt_topic()
        sink.load()
        topic = recovery.run(sink, topics)
        while (begin := sink.done.end.get("0", 0)) < self._log.end:
            end = min(begin + self._size, self._log.end)
            sink.apply(self._log.read(topic, {"0": begin}, {"0": end}))
            progress.beat()
            sink.refresh()
        sink.refresh()


@pytest.fixture
def hbase(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHBase]:
    def time_ns() -> int:
        word, _, ahead = threading.current_thread().name.partition(" ")
        return time.time_ns() + (int(ahead) * 1_000_000 if word == "ahead" else 0)

    monkeypatch.setattr(progress_row, "time", SimpleNamespace(time_ns=time_ns))
    monkeypatch.setattr(progress_row, "RESERVED_MS", 20)  # so that most boards need more
    with FakeHBase() as found:
        connection = happybase.Connection("127.0.0.1", found.port)
        for name, families in (("boards", "b"), ("hashtags", "nsm"), ("totals", "nm")):
            connection.create_table(name, {family: {} for family in families})
        yield found


class Reader:
    """Somebody who looks at the progress and a board after each step: neither may go back."""

    def __init__(self, hbase: FakeHBase) -> None:
        self._hbase = hbase
        self._last = (0, 0)

    def look(self) -> None:
        done = json.loads(self._hbase.get("boards", "_progress", "b:done") or b'{"fence": 0}')
        board = json.loads(self._hbase.get("boards", "all", "b:board") or b'{"tweets_read": 0}')
        found = done["fence"], board["tweets_read"]
        assert found >= self._last and found[1] >= self._last[1]
        self._last = found


@pytest.mark.parametrize("seed", range(40))
def test_drivers_that_replace_each_other_count_every_post_once(hbase: FakeHBase, seed: int) -> None:
    chance = random.Random(seed)
    messages = stream(seed, POSTS)
    if chance.random() < 0.3:  # the first real posts clear what the demo has counted
        demo = [{**each, "source": "demo", "id": f"demo:{each['id']}"} for each in messages]
        messages = demo[: POSTS // 2] + messages[POSTS // 2 :]
    log, reader = Log(messages), Reader(hbase)
    drivers = [Driver(hbase, log, chance, faults=0.04)]
    for _ in range(chance.randint(50, 400)):
        if chance.random() < 0.02 and len(drivers) < 5:
            drivers.append(Driver(hbase, log, chance, faults=0.04))
        elif chance.random() < 0.01:
            chance.choice(drivers).turns.end(killed=True)
        # Whoever has come last moves most, the others hang most of the time.
        weights = [1] * (len(drivers) - 1) + [chance.choice([0, 5, 50])]
        if any(weights):
            chance.choices(drivers, weights)[0].turns.step()
            reader.look()
    last = Driver(hbase, log, chance, faults=0)
    while last.turns.step():
        reader.look()
    assert last.has_counted_all
    for driver in drivers:  # the others wake up
        while driver.turns.step():
            reader.look()
        driver.client.deliver()
        reader.look()
    expected = Oracle([each for each in messages if each["source"] == "x"])
    expected.read = POSTS
    assert last.sink
    check(happybase.Connection("127.0.0.1", hbase.port), expected, last.sink)
