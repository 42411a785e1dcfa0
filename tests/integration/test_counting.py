"""Kafka -> Spark -> HBase, with the driver dying wherever it hurts: the counts stay exact."""

import json
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import happybase
import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession

from integration_support import counts_in_hbase, counts_of, records, send
from oracle import Oracle
from trends.boards import LONGEST
from trends.settings import Settings
from trends.sink import Sink
from trends.store import Store
from trends.stream import Trends
from trends.topics import QUARANTINE, Topics
from waiting import eventually


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
        sink = Sink(store, topics, settings.deduplicate_minutes * 60_000)
        if sabotage:
            sabotage(store, sink)
        query = Trends(spark, settings, topics, store, sink).start()
        try:
            eventually(lambda: sink.done.read >= until or not query.isActive, within=120)
            if not query.isActive:
                query.awaitTermination()
            eventually(lambda: not query.status["isTriggerActive"], within=30)
        finally:
            query.stop()
            spark.catalog.clearCache()
        return sink

    def die(self, until: int, sabotage: Callable[[Store, Sink], None]) -> None:
        with pytest.raises(StreamingQueryException, match="KilledError"):
            self.run(until, sabotage)


@pytest.fixture
def driver(spark: SparkSession, settings: Settings, topics: Topics, store: Store) -> Driver:
    return Driver(spark, settings, topics, store)


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
            original({key: deltas[key] for key in sorted(deltas)[::2]}, fence)
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


def test_counts_equal_the_oracles(driver: Driver, hbase: happybase.Connection) -> None:
    messages = stream(1)
    send(messages)
    sink = driver.run(len(messages))
    check(hbase, Oracle(messages), sink)


DEATHS = {
    "before the fence": lambda m: dying_at(m, "write_intent", 3, after=False),
    "after the fence": lambda m: dying_at(m, "write_intent", 3, after=True),
    "with half of the rows": dying_half_way,
    "before the boards": lambda m: dying_at(m, "write_boards", 3, after=False),
    "before Spark's commit": lambda m: dying_at(m, "write_boards", 3, after=True),
}


@pytest.mark.parametrize("checkpoint", ["kept", "lost"])
@pytest.mark.parametrize("death", DEATHS)
def test_a_killed_driver_leaves_the_counts_exact(
    driver: Driver,
    hbase: happybase.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    death: str,
    checkpoint: str,
) -> None:
    """Duplicates of tweets before the death come after it as well."""
    messages = stream(2)
    send(messages)
    with monkeypatch.context() as patch:
        driver.die(len(messages), DEATHS[death](patch))
    if checkpoint == "lost":
        for folder in tmp_path.iterdir():
            shutil.rmtree(folder)
    again = messages[::7]
    send(again)
    sink = driver.run(len(messages) + len(again))
    check(hbase, Oracle(messages + again), sink)


def test_a_checkpoint_from_a_backup_is_given_up(
    driver: Driver, hbase: happybase.Connection, tmp_path: Path
) -> None:
    first, second = stream(3), stream(4)
    send(first)
    driver.run(len(first))
    (folder,) = tmp_path.iterdir()
    shutil.copytree(folder, tmp_path / "backup")
    send(second)
    driver.run(len(first + second))
    shutil.rmtree(folder)
    (tmp_path / "backup").rename(folder)
    third = first[:50] + second[:50] + stream(5, 100)
    send(third)
    sink = driver.run(len(first + second + third))
    check(hbase, Oracle(first + second + third), sink)


def test_hbase_emptied_means_counting_anew(
    driver: Driver, hbase: happybase.Connection, store: Store
) -> None:
    messages = stream(6)
    send(messages)
    driver.run(len(messages))
    for name in hbase.tables():
        hbase.delete_table(name, disable=True)
    store.create_tables()
    check(hbase, Oracle(messages), driver.run(len(messages)))


def test_a_second_driver_is_kept_out(
    driver: Driver, hbase: happybase.Connection, store: Store
) -> None:
    """Whichever announces a batch second stops, and says so."""
    messages = stream(7)
    send(messages)

    def rival(store: Store, sink: Sink) -> None:
        _, intent = store.read_progress()
        sink.apply([], {"0": 0}, {"0": 0, "1": 0, "2": 0, "3": 0})  # nothing, but with a fence
        sink._intent = intent

    with pytest.raises(StreamingQueryException, match="another driver is counting"):
        driver.run(len(messages), rival)
    check(hbase, Oracle(messages), driver.run(len(messages)))


def test_real_tweets_clear_the_demo(driver: Driver, hbase: happybase.Connection) -> None:
    demo = [{**message, "source": "demo", "id": f"demo:{message['id']}"} for message in stream(8)]
    send(demo)
    sink = driver.run(len(demo))
    assert sink.done.demo
    check(hbase, Oracle(demo), sink)
    real = stream(9)
    send(real)
    sink = driver.run(len(demo + real))
    oracle = Oracle(real)
    oracle.read += len(demo)
    assert not sink.done.demo
    check(hbase, oracle, sink)


def test_bad_records_are_set_aside_and_disturb_nothing(
    driver: Driver, hbase: happybase.Connection
) -> None:
    good = stream(10, 200)
    template = {"id": "b", "created_at": "2026-11-22T10:00:00Z", "text": "#bad"}
    bad: list[bytes] = [
        b"",
        b"not json",
        b'{"id": "b", "created_at": "2026-11-22T10:00:00Z", "te',
        b"[1, 2]",
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf" + json.dumps(template).encode(),
        json.dumps(template | {"text": 5}).encode(),
        json.dumps(template | {"text": {"deep": "#bad"}}).encode(),
        json.dumps(template | {"id": 17}).encode(),
        json.dumps(template | {"hashtags": "bad"}).encode(),
        json.dumps(template | {"created_at": "yesterday"}).encode(),
        json.dumps(template | {"text": "#bad \ud800"}).encode(),
        json.dumps({"id": "b", "text": "#bad"}).encode(),
        json.dumps(template | {"text": "#bad " + "x" * 1_000_000}).encode(),
    ]
    arrived = datetime.now(UTC)
    future = template | {"id": "2100", "created_at": "2100-01-01T00:00:00Z", "text": "#later"}
    spam = template | {"id": "spam", "text": " ".join(f"#spam{i}" for i in range(2000))}
    send([*good[:100], *bad, future, spam, *good[100:]])
    sink = driver.run(len(good) + len(bad) + 2)
    assert sink.done.quarantined == len(bad)
    assert sink.done.surplus == 2000 - 30
    aside = [json.loads(value) for value in records(QUARANTINE)]
    assert len({entry["origin"] for entry in aside}) == len(bad)
    assert all(len(entry["record"]) <= 1024 and entry["reason"] for entry in aside)
    counts = counts_in_hbase(hbase)
    assert "bad" not in counts
    (minute,) = counts["later"]["minutes"]
    assert 0 <= minute - arrived.timestamp() // 60 <= 2
    assert sum(key.startswith("spam") for key in counts) == 30
    oracle = Oracle(good)
    assert {key: counts[key]["count"] for key in oracle.counts} == oracle.counts
