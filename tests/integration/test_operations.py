"""Restores, new topics, data loss and upgrades: counts stay exact, or the driver stops."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import happybase
import pytest
from kafka import KafkaAdminClient, TopicPartition
from pyspark.errors import StreamingQueryException

from integration.conftest import create_tables
from support.driver import (
    Driver,
    Parts,
    Sabotage,
    check,
    dying_at,
    dying_half_way,
    stream,
    take_over,
)
from support.integration_support import awake, consumed, counts_in_hbase, delete_topics, send
from support.oracle import Oracle
from support.waiting import eventually
from trends.counting.progress import TopicError
from trends.driver import ALIVE
from trends.hbase.client import Client
from trends.kafka.topics import TWEETS, Topics

TRENDS = Path(__file__).parents[2] / "services/spark"


def renewed(admin: KafkaAdminClient, topics: Topics) -> str:
    """Replace the topic with a new one, created as the driver does; return its id."""
    delete_topics(admin)
    topics.create(partitions=4, retention_hours=1)
    return topics.tweets().id


def counting(driver: Driver, topic: str) -> Driver:
    """Return the driver with COUNT_TOPIC set to `topic`."""
    settings = replace(driver.settings, count_topic=topic)
    return Driver(driver.spark, settings, driver.topics, driver.client)


def meanwhile(action: Callable[[], None]) -> Sabotage:
    """Run an action once the first batch is written, while the query is running."""

    def sabotage(parts: Parts) -> None:
        written, actions = parts.boards.write, [action]

        def write(boards: Mapping[str, bytes], at: int) -> None:
            written(boards, at)
            if actions:
                actions.pop()()

        parts.boards.write = write  # type: ignore[method-assign]

    return sabotage


Cells = dict[bytes, dict[bytes, tuple[bytes, int]]]


def copy_of(hbase: happybase.Connection) -> dict[str, Cells]:
    tables = {name: awake(hbase).table(name) for name in ("hashtags", "boards", "totals")}
    return {name: dict(table.scan(include_timestamp=True)) for name, table in tables.items()}


def restore(hbase: happybase.Connection, client: Client, copy: dict[str, Cells]) -> None:
    for name in copy:  # deleted rows would hide cells that are older than the deletion
        awake(hbase).delete_table(name, disable=True)
    create_tables(client)
    for name, rows in copy.items():
        by_time: dict[int, dict[bytes, dict[bytes, bytes]]] = defaultdict(dict)
        for key, cells in rows.items():
            for column, (value, at) in cells.items():
                by_time[at].setdefault(key, {})[column] = value
        for at, puts in by_time.items():
            with hbase.table(name).batch(timestamp=at) as batch:
                for key, put in puts.items():
                    batch.put(key, put)


def test_hbase_restored_from_an_older_copy(
    driver: Driver, hbase: happybase.Connection, client: Client
) -> None:
    """Kafka has newer records than the restored tables."""
    first, second = stream(22), stream(23)
    send(first)
    driver.run(len(first))
    copy = copy_of(hbase)
    send(second)
    driver.run(len(first + second))
    restore(hbase, client, copy)
    third = first[:50] + second[:50] + stream(24, 100)
    send(third)
    sink = driver.run(len(first + second + third))
    check(hbase, Oracle(first + second + third), sink)


def test_a_clock_that_was_set_back(
    driver: Driver, hbase: happybase.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written in that hour must not be hidden by what was written before it."""
    first, second, third = stream(31), stream(32), stream(33)
    send(first)
    driver.run(len(first))
    with monkeypatch.context() as patch:
        clock = SimpleNamespace(
            time_ns=lambda: time.time_ns() - 3600 * 10**9, monotonic=time.monotonic
        )
        for module in ("sink", "hbase.progress_row"):
            patch.setattr(f"trends.{module}.time", clock)
        send(second)
        driver.run(len(first + second))
    send(third)
    sink = driver.run(len(first + second + third))
    check(hbase, Oracle(first + second + third), sink)


def test_another_topic_is_counted_only_when_told_so(
    driver: Driver, hbase: happybase.Connection, admin: KafkaAdminClient, topics: Topics
) -> None:
    first, second, third = stream(25, 500), stream(26, 700), stream(27, 300)
    send(first)
    driver.run(len(first))
    topic = renewed(admin, topics)
    send(second)  # more than was counted, so the offsets alone do not reveal the new topic
    for wanted in "", "00000000-0000-0000-0000-000000000000":
        with pytest.raises(TopicError, match=f"set COUNT_TOPIC={topic} in .env"):
            counting(driver, wanted).run(1)
    sink = counting(driver, topic).run(len(first + second))
    check(hbase, Oracle(first + second), sink)
    send(third + second[::5])
    sink = driver.run(len(first + second + third + second[::5]))
    check(hbase, Oracle(first + second + third + second[::5]), sink)


def test_a_batch_that_lost_its_topic_is_over(
    driver: Driver,
    hbase: happybase.Connection,
    client: Client,
    admin: KafkaAdminClient,
    topics: Topics,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = stream(28), stream(29)
    send(first)
    with monkeypatch.context() as patch:
        driver.die(len(first), dying_half_way(patch))
    before, read = counts_in_hbase(hbase), take_over(client).read()[0].read
    topic = renewed(admin, topics)
    send(second)
    sink = counting(driver, topic).run(read + len(second))
    assert "may be counted in part" in caplog.text
    oracle = Oracle(second)
    expected = {key: row["count"] for key, row in before.items()}
    for key, count in oracle.counts.items():
        expected[key] = expected.get(key, 0) + count
    assert {key: row["count"] for key, row in counts_in_hbase(hbase).items()} == expected
    assert sink.done.topic == topic


def test_a_topic_deleted_under_the_query_stops_it(
    driver: Driver,
    admin: KafkaAdminClient,
    topics: Topics,
    tmp_path: Path,
) -> None:
    """After a restart the driver says what to do and waits: another restart would not help."""
    messages = stream(30, 300)
    send(messages)
    with pytest.raises(StreamingQueryException):
        driver.run(len(messages) + 1, meanwhile(lambda: delete_topics(admin)))
    log = tmp_path / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "trends"], stderr=stderr, env=os.environ, cwd=TRENDS
        )
    eventually(lambda: "COUNT_TOPIC=" in log.read_text())
    refused = time.time()
    assert topics.tweets().id in log.read_text()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 2
    # It was healthy while it waited for the lease of the driver before.
    assert ALIVE.stat().st_mtime < refused


def test_more_partitions(
    driver: Driver, hbase: happybase.Connection, admin: KafkaAdminClient
) -> None:
    """Partitions are added while the query is running, and while it is not."""
    first, second, third = stream(31, 500), stream(32, 500), stream(33, 500)
    third += first[::5] + second[::5]
    send(first)

    def more() -> None:
        admin.create_partitions({TWEETS: 6})
        send(second)

    driver.run(len(first + second), meanwhile(more))
    admin.create_partitions({TWEETS: 7})
    send(third)
    sink = driver.run(len(first + second + third))
    assert {record.partition for record in consumed(TWEETS)} == set(range(7))
    check(hbase, Oracle(first + second + third), sink)


@pytest.mark.parametrize("announced", [False, True])
def test_records_that_retention_removes_uncounted_are_lost_with_a_warning(
    driver: Driver,
    hbase: happybase.Connection,
    client: Client,
    admin: KafkaAdminClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    announced: bool,
) -> None:
    """Covers records of the next batch, and of a batch that was announced but not applied."""
    messages = list({message["id"]: message for message in stream(34, 1000)}.values())
    send(messages)
    with monkeypatch.context() as patch:
        driver.die(len(messages), dying_at(patch, "progress", "announce", 2, after=announced))
    sent, counted = consumed(TWEETS), take_over(client).read()[0].end
    gone = {"0": counted["0"] + 40, "1": counted["1"]}
    admin.delete_records({TopicPartition(TWEETS, int(p)): end for p, end in gone.items()})
    lost = [r for r in sent if r.partition == 0 and counted["0"] <= r.offset < gone["0"]]
    assert len(lost) == 40
    kept = [json.loads(record.value) for record in sent if record not in lost]
    # Not from the other partitions: Kafka no longer has all of their ids.
    again = [json.loads(record.value) for record in sent[::9] if record.partition > 1]
    send(again)
    oracle = Oracle(kept + again)
    sink = driver.run(oracle.read)
    assert "Kafka has removed 40 records (40 of partition 0)" in caplog.text
    check(hbase, oracle, sink)


def test_counted_records_that_kafka_loses_stay_counted(
    driver: Driver, hbase: happybase.Connection, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """New records at the same offsets are counted as well."""
    first, second = stream(35, 500), stream(36, 500)
    send(first)
    done = driver.run(len(first)).done
    # Pretend that seven more records had been counted.
    progress = take_over(client)
    progress.read()
    progress.record(replace(done, end={**done.end, "2": done.end["2"] + 7}))
    driver.run(len(first))
    assert "Kafka has lost 7 records (7 of partition 2)" in caplog.text
    send(second)
    check(hbase, Oracle(first + second), driver.run(len(first + second)))


FIRST_EDITION = Path(__file__).parent / "data/first-edition.json.gz"


def first_edition() -> tuple[list[dict[str, Any]], dict[str, Cells]]:
    """Load messages and the tables that the first edition made from them, with recent times.

    The tables were dumped from its HBase. Cells expire, so all times are moved by whole days.
    """
    given = json.loads(gzip.decompress(FIRST_EDITION.read_bytes()))
    days = (time.time() * 1000 - given["taken"]) // 86_400_000
    moved = int(days) * 86_400_000
    for message in given["messages"]:
        created = datetime.fromisoformat(message["created_at"]) + timedelta(milliseconds=moved)
        message["created_at"] = created.isoformat(timespec="milliseconds")

    def move(column: str, value: str) -> tuple[str, str]:
        family, qualifier = column[0], column[2:]
        if family == "m":
            return f"m:{int(qualifier) + moved // 60_000:08d}", value
        if column.startswith("n:d"):
            return f"n:d{int(qualifier[1:]) + int(days):08d}", value
        if column == "n:count":
            count, *times = map(int, value.split())
            return column, " ".join(map(str, (count, *(at + moved for at in times))))
        return column, value

    tables: dict[str, Cells] = {}
    for name, rows in given["tables"].items():
        tables[name] = {}
        for key, cells in rows.items():
            row = tables[name][key.encode()] = {}
            for column, (value, at) in cells.items():
                new_column, new_value = move(column, value)
                row[new_column.encode()] = new_value.encode(), at + moved
    return given["messages"], tables


@pytest.mark.parametrize("younger", ["", "2"], ids=["as-it-was", "a-younger-partition"])
def test_the_counts_of_the_first_edition_are_kept(
    driver: Driver, hbase: happybase.Connection, client: Client, topics: Topics, younger: str
) -> None:
    """Later copies of posts from before the upgrade do not count, whichever partition has them."""
    messages, tables = first_edition()
    send(messages)
    progress = tables["boards"][b"_progress"]
    done, at = progress[b"b:done"]
    document = json.loads(done) | {"topic": topics.tweets().id}
    for _, offsets in document["trail"]:
        offsets.pop(younger, None)
    progress[b"b:done"] = json.dumps(document).encode(), at
    restore(hbase, client, tables)
    later = messages[::3] + stream(43, 500)
    send(later)
    sink = driver.run(len(messages + later))
    check(hbase, Oracle(messages + later), sink, has_totals=False)


def test_an_upgrade_from_a_version_without_totals(
    driver: Driver, hbase: happybase.Connection, client: Client
) -> None:
    """The totals of a window are missing until all of it has been counted."""
    before, after = stream(44, 500), stream(45, 500)
    send(before)
    driver.run(len(before))
    awake(hbase).delete_table("totals", disable=True)
    create_tables(client)
    send(after)
    for _ in range(2):  # the row remembers since when it has been complete
        sink = driver.run(len(before + after))
        sink.refresh()
        check(hbase, Oracle(before + after), sink, has_totals=False)
