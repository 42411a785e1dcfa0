"""What is done to a stack, and what befalls it: the counts go on exactly, or the driver stops."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import happybase
import pytest
from kafka import KafkaAdminClient, TopicPartition
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession

from driver import SPARK_ERRORS, Driver, check, dying_at, dying_half_way, stream
from integration_support import awake, consumed, counts_in_hbase, delete_topics, send
from oracle import Oracle
from trends.checkpoint import FAILURES
from trends.hbase.hashtags_table import Store
from trends.hbase.progress import Done, TopicError
from trends.kafka.topics import TWEETS, Topics
from trends.sink import Sink
from waiting import eventually

TRENDS = Path(__file__).parents[2] / "services/spark"


def renewed(admin: KafkaAdminClient, topics: Topics) -> str:
    """Another topic with the same name, as the driver finds or makes it; its id."""
    delete_topics(admin)
    topics.create(partitions=4, retention_hours=1)
    return topics.tweets().id


def counting(driver: Driver, topic: str) -> Driver:
    """The driver, told to count the topic."""
    spark, settings, topics, store = driver.parts
    return Driver(spark, replace(settings, count_topic=topic), topics, store)


def meanwhile(
    patch: pytest.MonkeyPatch, action: Callable[[], None]
) -> Callable[[Store, Sink], None]:
    """Do something when the first batch is written, while the query runs."""

    def sabotage(store: Store, sink: Sink) -> None:
        written, actions = store.write_boards, [action]

        def write(boards: dict[str, bytes], done: Done | None) -> None:
            written(boards, done)
            if boards and actions:
                actions.pop()()

        patch.setattr(store, "write_boards", write)

    return sabotage


def test_a_changed_plan_begins_a_new_checkpoint(
    driver: Driver,
    hbase: happybase.Connection,
    spark: SparkSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Spark would go on with the shuffle partitions of the old one without a word."""
    first = stream(20, 600)
    send(first)
    driver.run(len(first))
    (earlier,) = tmp_path.glob("*/*")
    flat = tmp_path / earlier.name  # as the first versions had it
    shutil.copytree(earlier, flat)
    (tmp_path / "notes").mkdir()
    second = stream(21, 600) + first[::5]
    send(second)
    spark.conf.set("spark.sql.shuffle.partitions", 4)
    try:
        sink = driver.run(len(first + second))
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", 2)
    check(hbase, Oracle(first + second), sink)
    assert "the checkpoint of another version of the job is given up" in caplog.text
    assert not earlier.parent.exists()
    assert not flat.exists()
    assert (tmp_path / "notes").exists()
    assert len(list(tmp_path.glob("*/*/state/0/[0-9]"))) == 4


def until_it_runs(driver: Driver, records: int) -> Sink:
    """Start the driver as the engine does, again and again, but not for ever."""
    for _ in range(FAILURES):
        with suppress(*SPARK_ERRORS):
            return driver.run(records)
    return driver.run(records)


@pytest.mark.parametrize(
    ("files", "remains", "reason"),
    [
        ("metadata", b"", "has only failed of late"),
        ("offsets/*", b"", "does not go with HBase"),
        ("offsets/*", None, "has only failed of late"),
        ("commits/*", b"", "has only failed of late"),
        ("state/0/*/*", None, "has only failed of late"),
    ],
)
def test_a_damaged_checkpoint_is_given_up(
    driver: Driver,
    hbase: happybase.Connection,
    spark: SparkSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    files: str,
    remains: bytes | None,
    reason: str,
) -> None:
    """As after a loss of power: files are gone, or there and empty. Nobody has to mend it."""
    first, second = stream(37, 500), stream(38, 500)
    send(first)
    driver.run(len(first))
    # What executors remember would hide the damage.
    spark._jvm.org.apache.spark.sql.execution.streaming.state.StateStore.stop()
    found = [file for file in tmp_path.glob(f"*/*/{files}") if file.is_file()]
    assert found
    for file in found:
        file.unlink() if remains is None else file.write_bytes(remains)
    send(second + first[::5])
    sink = until_it_runs(driver, len(first + second + first[::5]))
    check(hbase, Oracle(first + second + first[::5]), sink)
    assert f"{reason}: a new one is begun" in caplog.text


Cells = dict[bytes, dict[bytes, tuple[bytes, int]]]


def copy_of(hbase: happybase.Connection) -> dict[str, Cells]:
    tables = {name: awake(hbase).table(name) for name in ("hashtags", "boards")}
    return {name: dict(table.scan(include_timestamp=True)) for name, table in tables.items()}


def restore(hbase: happybase.Connection, store: Store, copy: dict[str, Cells]) -> None:
    for name in copy:  # deleted rows would hide cells that are older than the deletion
        awake(hbase).delete_table(name, disable=True)
    store.create_tables()
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
    driver: Driver, hbase: happybase.Connection, store: Store
) -> None:
    """The checkpoint and Kafka are newer."""
    first, second = stream(22), stream(23)
    send(first)
    driver.run(len(first))
    copy = copy_of(hbase)
    send(second)
    driver.run(len(first + second))
    restore(hbase, store, copy)
    check(hbase, Oracle(first), Sink(store, driver.parts[2], 0))
    third = first[:50] + second[:50] + stream(24, 100)
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
    send(second)  # more than was counted: the offsets alone would not tell
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
    store: Store,
    admin: KafkaAdminClient,
    topics: Topics,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = stream(28), stream(29)
    send(first)
    with monkeypatch.context() as patch:
        driver.die(len(first), dying_half_way(patch))
    before, read = counts_in_hbase(hbase), store.read_progress()[0].read
    topic = renewed(admin, topics)
    send(second)
    sink = counting(driver, topic).run(read + len(second))
    assert "may have been counted in part" in caplog.text
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
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Started again the driver says what to do, and stays down: a restart would not help."""
    messages = stream(30, 300)
    send(messages)
    with pytest.raises(StreamingQueryException):
        driver.run(len(messages) + 1, meanwhile(monkeypatch, lambda: delete_topics(admin)))
    log = tmp_path / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "trends"], stderr=stderr, env=os.environ, cwd=TRENDS
        )
    eventually(lambda: "COUNT_TOPIC=" in log.read_text())
    assert topics.tweets().id in log.read_text()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 2
    assert not Path("/tmp/alive").exists()


def test_more_partitions(
    driver: Driver,
    hbase: happybase.Connection,
    admin: KafkaAdminClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the query runs, and while it does not, with the checkpoint lost as well."""
    first, second, third = stream(31, 500), stream(32, 500), stream(33, 500)
    third += first[::5] + second[::5]
    send(first)

    def more() -> None:
        admin.create_partitions({TWEETS: 6})
        send(second)

    with monkeypatch.context() as patch:
        driver.run(len(first + second), meanwhile(patch, more))
    for folder in tmp_path.iterdir():
        shutil.rmtree(folder)
    admin.create_partitions({TWEETS: 7})
    send(third)
    sink = driver.run(len(first + second + third))
    assert {record.partition for record in consumed(TWEETS)} == set(range(7))
    check(hbase, Oracle(first + second + third), sink)


@pytest.mark.parametrize("announced", [False, True])
def test_records_that_retention_removes_uncounted_are_lost_with_a_warning(
    driver: Driver,
    hbase: happybase.Connection,
    store: Store,
    admin: KafkaAdminClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    announced: bool,
) -> None:
    """Those of the next batch, and those of one that was announced and not applied."""
    messages = list({message["id"]: message for message in stream(34, 1000)}.values())
    send(messages)
    with monkeypatch.context() as patch:
        driver.die(len(messages), dying_at(patch, "write_intent", 2, after=announced))
    sent, counted = consumed(TWEETS), store.read_progress()[0].end
    gone = {"0": counted["0"] + 40, "1": counted["1"]}
    admin.delete_records({TopicPartition(TWEETS, int(p)): end for p, end in gone.items()})
    lost = [r for r in sent if r.partition == 0 and counted["0"] <= r.offset < gone["0"]]
    assert len(lost) == 40
    kept = [json.loads(record.value) for record in sent if record not in lost]
    # The ids of the others are on Kafka no longer.
    again = [json.loads(record.value) for record in sent[::9] if record.partition > 1]
    send(again)
    oracle = Oracle(kept + again)
    if announced:  # what a batch has read is told by its offsets, of which some are gone
        oracle.read += len(lost)
    sink = driver.run(oracle.read)
    assert "Kafka has removed 40 records (40 of partition 0)" in caplog.text
    check(hbase, oracle, sink)


def test_counted_records_that_kafka_loses_stay_counted(
    driver: Driver, hbase: happybase.Connection, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """What comes in their places afterwards is counted as well."""
    first, second = stream(35, 500), stream(36, 500)
    send(first)
    done = driver.run(len(first)).done
    # As if another seven had been there.
    store.write_boards({}, replace(done, end={**done.end, "2": done.end["2"] + 7}))
    driver.run(len(first))
    assert "Kafka has lost 7 records (7 of partition 2)" in caplog.text
    send(second)
    check(hbase, Oracle(first + second), driver.run(len(first + second)))
