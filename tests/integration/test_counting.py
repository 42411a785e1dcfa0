"""Counts stay exact from Kafka through Spark to HBase, wherever the driver dies."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import happybase
import numpy as np
import pytest

from integration.conftest import create_tables
from support.driver import (
    Driver,
    Parts,
    check,
    dying_at,
    dying_half_way,
    dying_unawaited,
    stream,
    take_over,
)
from support.integration_support import awake, counts_in_hbase, records, send
from support.oracle import Oracle
from support.waiting import eventually
from trends.counting.batch import Batch
from trends.counting.hidden import NONE_HIDDEN, HiddenTags
from trends.counting.progress import Done, Intent, ProgressError
from trends.counting.tally import Tally
from trends.hbase.boards_table import BoardsTable
from trends.hbase.client import Client
from trends.hbase.hashtags_table import Written
from trends.kafka.topics import QUARANTINE


def test_counts_equal_the_oracles(driver: Driver, hbase: happybase.Connection) -> None:
    messages = stream(1)
    send(messages)
    sink = driver.run(len(messages))
    check(hbase, Oracle(messages), sink)


DEATHS = {
    "before the intent": lambda m: dying_at(m, "progress", "announce", 3, after=False),
    "after the intent": lambda m: dying_at(m, "progress", "announce", 3, after=True),
    "with half of the rows": dying_half_way,
    "before waiting for the rows": dying_unawaited,
    "before the boards": lambda m: dying_at(m, "boards", "write", 3, after=False),
    "before the progress": lambda m: dying_at(m, "progress", "record", 3, after=False),
    "after the progress": lambda m: dying_at(m, "progress", "record", 3, after=True),
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_killed_driver_leaves_the_counts_exact(
    driver: Driver, hbase: happybase.Connection, monkeypatch: pytest.MonkeyPatch, death: str
) -> None:
    """The next batch is already computed, and copies of earlier posts arrive after the crash."""
    messages = stream(2)
    send(messages)
    with monkeypatch.context() as patch:
        driver.die(len(messages), DEATHS[death](patch))
    again = messages[::7]
    send(again)
    sink = driver.run(len(messages) + len(again))
    check(hbase, Oracle(messages + again), sink)


def test_a_driver_that_dies_again_while_it_recovers(
    driver: Driver, hbase: happybase.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = stream(3)
    send(messages)
    with monkeypatch.context() as patch:
        driver.die(len(messages), dying_half_way(patch))
    for after in (False, True):
        with monkeypatch.context() as patch:
            driver.die(len(messages), dying_at(patch, "progress", "record", 1, after=after))
    check(hbase, Oracle(messages), driver.run(len(messages)))


def test_another_driver_that_counts_while_this_one_starts(
    driver: Driver, hbase: happybase.Connection
) -> None:
    """The one that starts has lost its lease, and counts nothing on top of what it has read."""
    messages = stream(4, 900)
    send(messages[:300])
    driver.run(300)

    def overtake(parts: Parts) -> None:
        load = parts.sink.load

        def load_and_be_overtaken() -> None:
            load()
            send(messages[300:600])
            driver.run(600)

        parts.sink.load = load_and_be_overtaken  # type: ignore[method-assign]

    with pytest.raises(ProgressError, match="has taken over"):
        driver.run(900, overtake)
    send(messages[600:])
    check(hbase, Oracle(messages), driver.run(900))


def test_hbase_emptied_means_counting_from_the_beginning(
    driver: Driver, hbase: happybase.Connection, client: Client
) -> None:
    messages = stream(6)
    send(messages)
    driver.run(len(messages))
    for name in awake(hbase).tables():
        hbase.delete_table(name, disable=True)
    create_tables(client)
    check(hbase, Oracle(messages), driver.run(len(messages)))


def test_a_driver_that_was_replaced_is_kept_out(
    driver: Driver, hbase: happybase.Connection, client: Client
) -> None:
    """Its next batch is not counted, and it names the driver that has taken over."""
    messages = stream(7)
    send(messages)
    names = []

    def replaced(parts: Parts) -> None:
        announce = parts.progress.announce

        def second(intent: Intent, done: Done) -> None:
            names.append(take_over(client).driver)
            announce(intent, done)

        parts.progress.announce = second  # type: ignore[method-assign]

    with pytest.raises(ProgressError) as raised:
        driver.run(len(messages), replaced)
    assert str(raised.value) == f"the driver {names[0]} has taken over: restarting"
    check(hbase, Oracle(messages), driver.run(len(messages)))


def test_what_hbase_loses_is_counted_again(driver: Driver, hbase: happybase.Connection) -> None:
    """Simulates a disk that lies: everything written after a batch's announcement is lost."""
    messages = stream(41)
    send(messages)

    def forgetful(parts: Parts) -> None:
        start, record, batches = parts.hashtags.start_writing, parts.progress.record, count(1)
        lost: list[int] = []

        def start_but_not_the_second(tally: Tally, fence: int) -> Any:
            if next(batches) != 2:
                return start(tally, fence)
            lost.append(fence)
            none = np.zeros(len(tally.counts), np.int64)
            return SimpleNamespace(wait=lambda: Written(none, none))

        def record_but_not_the_second(done: Done) -> None:
            if done.fence not in lost:
                record(done)

        parts.hashtags.start_writing = start_but_not_the_second  # type: ignore[method-assign]
        parts.progress.record = record_but_not_the_second  # type: ignore[method-assign]

    with pytest.raises(ProgressError, match="HBase has lost counts that it had acknowledged"):
        driver.run(len(messages), forgetful)
    check(hbase, Oracle(messages), driver.run(len(messages)))


def test_records_that_are_counted_already_are_refused(driver: Driver) -> None:
    messages = stream(42, 300)
    send(messages)

    def elsewhere(parts: Parts) -> None:
        apply = parts.applier._apply

        def counted(batch: Batch) -> None:
            apply(batch)
            apply(batch)

        parts.applier._apply = counted

    with pytest.raises(ProgressError, match="was counted to offset"):
        driver.run(len(messages), elsewhere)


def test_a_write_that_arrives_late_hides_no_later_one(
    client: Client, hbase: happybase.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulates an abandoned connection that delivers its writes once the network is back."""
    late, call = [], client.call

    def remembered(action: Callable[[happybase.Connection], object]) -> object:
        late.append(action)
        return call(action)

    boards, progress = BoardsTable(client), take_over(client)
    progress.read()
    monkeypatch.setattr(client, "call", remembered)
    boards.write({"all": b"first"}, progress.next_timestamp())
    progress.record(Done(fence=1))
    boards.write({"all": b"second"}, progress.next_timestamp())
    progress.record(Done(fence=2))
    for action in late[:2]:
        call(action)
    assert awake(hbase).table("boards").row(b"all") == {b"b:board": b"second"}
    assert progress.read()[0].fence == 2


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


def test_a_driver_that_dies_while_the_first_real_posts_take_the_place_of_the_demo(
    driver: Driver, hbase: happybase.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = [{**message, "source": "demo", "id": f"demo:{message['id']}"} for message in stream(11)]
    send(demo)
    driver.run(len(demo))
    real = stream(12)
    send(real)
    for _ in range(2):
        with monkeypatch.context() as patch:
            driver.die(len(demo + real), dying_half_way(patch, call=1))
    oracle = Oracle(real)
    oracle.read += len(demo)
    check(hbase, oracle, driver.run(len(demo + real)))


def test_tags_are_hidden_and_shown_again_while_the_driver_runs(
    driver: Driver, hbase: happybase.Connection, client: Client
) -> None:
    messages, boards = stream(11), BoardsTable(client)
    send(messages)
    sink = driver.run(len(messages))

    def shown() -> set[str]:
        sink.refresh()
        rows = awake(hbase).table("boards").scan(columns=[b"b:board"])
        found = [json.loads(cells[b"b:board"])["hashtags"] for _, cells in rows]
        return {each["key"] for entries in found for each in entries}

    assert {"café", "tag1", "tag10", "tag2"} <= shown()
    boards.write_hidden(HiddenTags.from_words(["#CAFÉ", "tag1*"]))
    eventually(lambda: "café" not in shown(), within=10, every=0.5)
    assert not any(key.startswith("tag1") for key in shown()) and "tag2" in shown()
    boards.write_hidden(NONE_HIDDEN)
    eventually(lambda: "café" in shown(), within=10, every=0.5)
    check(hbase, Oracle(messages), sink)


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
    assert sink.done.ignored_tags == 2000 - 140
    aside = [json.loads(value) for value in records(QUARANTINE)]
    assert len({entry["origin"] for entry in aside}) == len(bad)
    assert all(len(entry["record"]) <= 1024 and entry["reason"] for entry in aside)
    counts = counts_in_hbase(hbase)
    assert "bad" not in counts
    (minute,) = counts["later"]["minutes"]
    assert 0 <= minute - arrived.timestamp() // 60 <= 2
    assert sum(key.startswith("spam") for key in counts) == 140
    oracle = Oracle(good)
    assert {key: counts[key]["count"] for key in oracle.counts} == oracle.counts
