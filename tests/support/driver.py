"""Test harness for the driver: sample posts, simulated crashes, and a check by the oracle."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import happybase
import pytest
from pyspark.sql import SparkSession

from support.integration_support import counts_in_hbase, counts_of
from support.oracle import Oracle
from support.waiting import eventually
from trends.applier import Applier
from trends.counting.spans import LONGEST
from trends.hbase.boards_table import BoardsTable
from trends.hbase.client import Client
from trends.hbase.hashtags_table import HashtagsTable
from trends.hbase.progress_row import ProgressRow, name_driver
from trends.hbase.totals_table import TotalsTable
from trends.kafka.quarantine import Quarantine
from trends.kafka.topics import Topics
from trends.recovery import Recovery
from trends.settings import Settings
from trends.sink import Sink
from trends.stream import Stream


class KilledError(Exception):
    """Simulates a crash of the driver."""


def stream(seed: int, n: int = 1500) -> list[dict[str, Any]]:
    """Generate posts up to nine days old, with tags in several scripts; one in ten is a copy."""
    rng = random.Random(seed)
    tags = [
        "Café",
        "CAFE\u0301",
        "東京",
        "ＴＯＫＹＯ",
        "tokyo",
        "مرحبا",
        "x_1",
        *(f"Tag{i}" for i in range(60)),
    ]
    now = datetime.now(UTC)
    made: list[dict[str, Any]] = []
    for i in range(n):
        if made and rng.random() < 0.1:
            made.append(rng.choice(made[-300:]))
            continue
        text = " ".join(f"#{rng.choice(tags)}" for _ in range(rng.choice([0, 0, 1, 1, 2, 3])))
        created = now - timedelta(minutes=rng.choice([0, 1, 5, 15, 70, 1500, 11_000, 12_000]))
        made.append(
            {
                "id": f"{seed}-{i}",
                "source": "x",
                "created_at": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "author": rng.choice([None, *(f"{author:016x}" for author in range(9))]),
                "text": f"words {text}",
                "hashtags": rng.choice([None, None, None, ["Handed", "over"]]),
            }
        )
    return made


@dataclass
class Parts:
    """The parts of a driver that a test may patch before it starts."""

    hashtags: HashtagsTable
    boards: BoardsTable
    progress: ProgressRow
    sink: Sink
    applier: Applier


Sabotage = Callable[[Parts], None]


class Driver:
    """Runs the product's driver, which can be made to die at a given point."""

    def __init__(
        self, spark: SparkSession, settings: Settings, topics: Topics, client: Client
    ) -> None:
        self.spark, self.settings, self.topics, self.client = spark, settings, topics, client

    def run(self, until: int, sabotage: Sabotage | None = None) -> Sink:
        """Count until `until` records have been read, or until `sabotage` kills the driver."""
        settings = self.settings
        hashtags, boards = HashtagsTable(self.client, writers=2), BoardsTable(self.client)
        totals, progress = TotalsTable(self.client), take_over(self.client)
        quarantine = Quarantine(settings.kafka, self.topics)
        sink = Sink(hashtags, boards, progress, totals, quarantine)
        applier = Applier(sink.apply)
        if sabotage:
            sabotage(Parts(hashtags, boards, progress, sink, applier))
        stream = Stream(self.spark, settings, applier)
        span = settings.deduplicate_minutes * 60_000
        recovery = Recovery(
            self.topics, self.client, progress, span=span, count_topic=settings.count_topic
        )
        recovery.adopt_topic()
        sink.load()
        topic = recovery.run(sink, stream)
        query = stream.start(topic, sink.done.end)
        try:
            eventually(
                lambda: sink.done.read >= until or not query.isActive or applier.failure(),
                within=120,
            )
            if failure := applier.failure():
                raise failure
            if not query.isActive:
                query.awaitTermination()
            eventually(lambda: not query.status["isTriggerActive"])
        finally:
            query.stop()
        applier.wait()
        return sink

    def die(self, until: int, sabotage: Sabotage) -> None:
        with pytest.raises(KilledError):
            self.run(until, sabotage)


def take_over(client: Client) -> ProgressRow:
    """Become the driver that counts, at once, whoever was."""
    progress = ProgressRow(client, name_driver())
    eventually(lambda: progress.take_over(progress.read_lease()))
    return progress


class Death:
    """Kills the driver the `call`th time it reaches a point.

    Between `is_due` and `strike`, callers wait until the next batch has been computed.
    """

    def __init__(self, call: int) -> None:
        self._call = call
        self._passed = 0

    def is_due(self) -> bool:
        """Count a visit to the point; return whether the driver has to die."""
        self._passed += 1
        return self._passed >= self._call

    def strike(self) -> NoReturn:
        raise KilledError


def await_next_batch(patch: pytest.MonkeyPatch, parts: Parts) -> Callable[[], None]:
    """Return a function that waits until the batch after the one being applied is computed.

    It does not wait during recovery, before the query runs.
    """
    submit, submitted, applied = parts.applier.submit, [0], [0]
    apply = parts.applier._apply

    def counting_submit(batch: Any) -> None:
        submitted[0] += 1
        submit(batch)

    def counting_apply(batch: Any) -> None:
        applied[0] += 1
        apply(batch)

    patch.setattr(parts.applier, "submit", counting_submit)
    patch.setattr(parts.applier, "_apply", counting_apply)

    def wait() -> None:
        if applied[0]:
            eventually(lambda: submitted[0] > applied[0])

    return wait


def dying_at(
    patch: pytest.MonkeyPatch, part: str, method: str, call: int, *, after: bool
) -> Sabotage:
    """Die before or after the given call of a method, with the next batch already computed."""

    def sabotage(parts: Parts) -> None:
        owner, death = getattr(parts, part), Death(call)
        original, await_next = getattr(owner, method), await_next_batch(patch, parts)

        def fatal(*arguments: Any, **keywords: Any) -> Any:
            due = death.is_due()
            if due:
                await_next()
            if due and not after:
                death.strike()
            result = original(*arguments, **keywords)
            if due:
                death.strike()
            return result

        patch.setattr(owner, method, fatal)

    return sabotage


def dying_half_way(patch: pytest.MonkeyPatch, call: int = 3) -> Sabotage:
    """Die in the given batch with only some of its rows written."""

    def sabotage(parts: Parts) -> None:
        start, write, death = parts.hashtags.start_writing, parts.hashtags._write, Death(call)
        await_next = await_next_batch(patch, parts)

        def write_half(keys: list[str], changes: list[Any], fence: int) -> Any:
            write(keys[::2], changes[::2], fence)
            death.strike()

        def fatal(*arguments: Any) -> Any:
            if death.is_due():
                await_next()
                patch.setattr(parts.hashtags, "_write", write_half)
            return start(*arguments)

        patch.setattr(parts.hashtags, "start_writing", fatal)

    return sabotage


def dying_unawaited(patch: pytest.MonkeyPatch) -> Sabotage:
    """Die in the third batch while its rows are being written, before waiting for any of them."""

    def sabotage(parts: Parts) -> None:
        start, death = parts.hashtags.start_writing, Death(3)
        await_next = await_next_batch(patch, parts)

        def fatal(*arguments: Any) -> Any:
            writing = start(*arguments)
            if death.is_due():
                await_next()
                death.strike()
            return writing

        patch.setattr(parts.hashtags, "start_writing", fatal)

    return sabotage


def check(
    hbase: happybase.Connection, oracle: Oracle, sink: Sink, *, has_totals: bool = True
) -> None:
    """Compare every cell, total and board with the oracle's.

    `has_totals` says whether all posts are known to be counted in the totals of the windows.
    """
    since = sink.done.fence // 60_000 - LONGEST
    assert counts_in_hbase(hbase) == counts_of(oracle, since)
    assert (sink.done.read, sink.done.tagged) == (oracle.read, oracle.tagged)
    boards = {
        row.decode(): json.loads(cells[b"b:board"])
        for row, cells in hbase.table("boards").scan(columns=[b"b:board"])
    }
    for row, board in boards.items():
        name, as_of = board["board"], datetime.fromisoformat(board["as_of"])
        places = [
            {field: value for field, value in place.items() if field not in ("rank", "points")}
            for place in board["hashtags"]
        ]
        window = "48h" if name == "rising" else board.get("window", name)
        for place in board["hashtags"]:
            assert place["points"] == oracle.points(place["key"], window, as_of)
        totals = board.get("window_posts"), board.get("window_tagged")
        is_known = has_totals and name != "all"
        assert totals == (oracle.totals(window, as_of) if is_known else (None, None))
        if name == "rising":
            assert places == oracle.rising(as_of, 100)
        elif name == "now":
            assert (board["window"], places) == oracle.now(as_of, 100)
        else:
            assert places == oracle.board(name, as_of, 100, board["rank_by"]), row
    windows = ("1h", "24h", "7d")
    assert boards.keys() == {
        "all",
        "rising",
        "now",
        *windows,
        *(f"{name}.people" for name in windows),
    }
