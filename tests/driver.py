"""The driver for the tests: tweets to count, places to die, and the oracle's check."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import happybase
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException, StreamingQueryException
from pyspark.sql import SparkSession

from integration_support import counts_in_hbase, counts_of
from oracle import Oracle
from trends.counting.ranking import LONGEST
from trends.hbase.hashtags_table import Store
from trends.kafka.topics import Topics
from trends.settings import Settings
from trends.sink import Sink
from trends.stream import Trends, recognise
from waiting import eventually

# What a query can end with.
SPARK_ERRORS = (PySparkException, Py4JJavaError)


class KilledError(Exception):
    """The driver dies here."""


def stream(seed: int, n: int = 1500) -> list[dict[str, Any]]:
    """Tweets of the last hours with tags in several scripts, one in ten a duplicate."""
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


class Driver:
    """The product's driver, which can be told where to die."""

    def __init__(
        self, spark: SparkSession, settings: Settings, topics: Topics, store: Store
    ) -> None:
        self.parts = (spark, settings, topics, store)

    def run(self, until: int, sabotage: Callable[[Store, Sink], None] | None = None) -> Sink:
        """Count until `until` records are read, or die of `sabotage`."""
        spark, settings, topics, store = self.parts
        store.forget()  # a new process knows nothing
        recognise(topics, store, settings.count_topic)
        sink = Sink(store, topics, settings.deduplicate_minutes * 60_000)
        if sabotage:
            sabotage(store, sink)
        trends = Trends(spark, settings, topics, store, sink)
        try:
            query = trends.start()
            eventually(lambda: sink.done.read >= until or not query.isActive, within=120)
            if not query.isActive:
                query.awaitTermination()
            eventually(lambda: not query.status["isTriggerActive"])
        except SPARK_ERRORS:
            trends.failed()
            raise
        finally:
            for query in spark.streams.active:
                query.stop()
            spark.catalog.clearCache()
        return sink

    def die(self, until: int, sabotage: Callable[[Store, Sink], None]) -> None:
        with pytest.raises(StreamingQueryException, match="KilledError"):
            self.run(until, sabotage)


def dying_at(
    monkeypatch: pytest.MonkeyPatch, method: str, call: int, *, after: bool
) -> Callable[[Store, Sink], None]:
    """Die before or after the given call of a method of the store."""

    def sabotage(store: Store, sink: Sink) -> None:
        original, calls = getattr(store, method), iter(range(1, 10_000))

        def fatal(*arguments: Any, **keywords: Any) -> Any:
            last = next(calls) >= call
            if last and not after:
                raise KilledError
            result = original(*arguments, **keywords)
            if last:
                raise KilledError
            return result

        monkeypatch.setattr(store, method, fatal)

    return sabotage


def dying_half_way(monkeypatch: pytest.MonkeyPatch) -> Callable[[Store, Sink], None]:
    """Die in the third batch with only some of its rows written."""

    def sabotage(store: Store, sink: Sink) -> None:
        original, calls = store.apply, iter(range(1, 10_000))

        def fatal(deltas: dict[str, Any], fence: int) -> Any:
            if next(calls) < 3:
                return original(deltas, fence)
            list(original({key: deltas[key] for key in sorted(deltas)[::2]}, fence))
            raise KilledError

        monkeypatch.setattr(store, "apply", fatal)

    return sabotage


def check(hbase: happybase.Connection, oracle: Oracle, sink: Sink) -> None:
    """Every cell, every total, every board."""
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
            {field: value for field, value in place.items() if field != "rank"}
            for place in board["hashtags"]
        ]
        if name == "rising":
            explained = ("key", "observed", "expected", "score", "change")
            rises = [{field: place[field] for field in explained} for place in places]
            assert (board["warming_up"], rises) == oracle.rising(as_of, size=100)
        else:
            assert places == oracle.board(name, as_of, 100, board["rank_by"]), row
    windows = ("1h", "24h", "7d")
    assert boards.keys() == {"all", "rising", *windows, *(f"{name}.people" for name in windows)}
