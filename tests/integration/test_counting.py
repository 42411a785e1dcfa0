"""Kafka -> Spark -> HBase, with the driver dying wherever it hurts: the counts stay exact."""

import json
import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import happybase
import pytest
from pyspark.errors import StreamingQueryException

from driver import Driver, check, dying_at, dying_half_way, stream
from integration_support import awake, counts_in_hbase, records, send
from oracle import Oracle
from trends.counting.ranking import Place
from trends.counting.tally import DIGEST, Delta
from trends.hbase.hashtags_table import Store
from trends.hbase.progress import Done
from trends.kafka.topics import QUARANTINE
from trends.sink import Sink


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
    for name in awake(hbase).tables():
        hbase.delete_table(name, disable=True)
    store.create_tables()
    check(hbase, Oracle(messages), driver.run(len(messages)))


def test_a_second_driver_is_kept_out(
    driver: Driver,
    hbase: happybase.Connection,
    store: Store,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whichever announces a batch second stops, and says so."""
    messages = stream(7)
    send(messages)

    def rival(store: Store, sink: Sink) -> None:
        _, intent = store.read_progress()
        nothing, end = DIGEST.empty_table(), {"0": 0, "1": 0, "2": 0, "3": 0}
        sink.apply(nothing, {"0": 0}, end)  # but with a fence
        sink._intent = intent

    with pytest.raises(StreamingQueryException, match="another driver is counting"):
        driver.run(len(messages), rival)
    assert "stop one of the two `trends` containers" in caplog.text
    check(hbase, Oracle(messages), driver.run(len(messages)))


def test_what_hbase_loses_is_counted_anew(
    driver: Driver, hbase: happybase.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a disk does that lies: all that came after a batch's announcement is gone again."""
    messages = stream(41)
    send(messages)
    with monkeypatch.context() as patch:

        def forgetful(store: Store, sink: Sink) -> None:
            apply, write, batches = store.apply, store.write_boards, iter(range(1, 10_000))
            lost: list[int] = []

            def apply_but_not_the_second(tags: dict[str, Delta], fence: int) -> Iterable[Place]:
                if next(batches) != 2:
                    return apply(tags, fence)
                lost.append(fence)
                return []

            def write_but_not_the_second(boards: dict[str, bytes], done: Done | None) -> None:
                if not (done and done.fence in lost):
                    write(boards, done)

            patch.setattr(store, "apply", apply_but_not_the_second)
            patch.setattr(store, "write_boards", write_but_not_the_second)

        with pytest.raises(StreamingQueryException, match="HBase has lost what was written"):
            driver.run(len(messages), forgetful)
    check(hbase, Oracle(messages), driver.run(len(messages)))


def test_a_write_that_arrives_late_hides_no_later_one(
    store: Store, hbase: happybase.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a connection that was given up, when its network is there again."""
    late, call = [], store._call

    def remembered(action: Callable[[happybase.Connection], object]) -> object:
        late.append(action)
        return call(action)

    monkeypatch.setattr(store, "_call", remembered)
    store.write_boards({"all": b"first"}, Done(fence=1))
    store.write_boards({"all": b"second"}, Done(fence=2))
    call(late[0])
    assert awake(hbase).table("boards").row(b"all") == {b"b:board": b"second"}
    assert store.read_progress()[0].fence == 2


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
