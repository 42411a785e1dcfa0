"""Counts move to other engines by an export, and counting goes on there, exact."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import happybase
import pytest
from kafka import KafkaAdminClient, KafkaProducer

from integration.conftest import THRIFT
from support.driver import Driver, check, stream
from support.integration_support import KAFKA, consumed, delete_topics, send
from support.oracle import Oracle
from support.waiting import eventually
from trends.counting.progress import TopicError
from trends.hbase.gateway import Gateway
from trends.moving.export import export
from trends.moving.load import load
from trends.moving.stores import CURSORS, MoveError, Stores
from trends.settings import Settings

PREFIX = "moved_"


def other_tables() -> happybase.Connection:
    return happybase.Connection(
        THRIFT, timeout=60_000, table_prefix=PREFIX, table_prefix_separator=""
    )


def drop_other_tables() -> None:
    connection = other_tables()
    for name in connection.tables():
        connection.delete_table(name, disable=True)


@pytest.fixture
def elsewhere(settings: Settings) -> Iterator[Settings]:
    """Other tables; and, once the topics are deleted, other topics, with fewer partitions."""
    drop_other_tables()
    gateway = Gateway(((THRIFT, 9090),), table_prefix=PREFIX)
    yield replace(settings, hbase=gateway, topic_partitions=3)
    drop_other_tables()


@pytest.fixture
def cursors(admin: KafkaAdminClient) -> Iterator[None]:
    """The topic of cursors, with some of two networks."""
    admin.create_topics({CURSORS: {"num_partitions": 1}})
    admin.wait_for_topics([CURSORS])
    producer = KafkaProducer(bootstrap_servers=KAFKA)
    for key, value in ((b"x", b"1"), (b"bluesky", "ü".encode()), (b"x", b"2")):
        producer.send(CURSORS, key=key, value=value)
    producer.close()
    yield
    admin.delete_topics([CURSORS])


def delete_all_topics(admin: KafkaAdminClient) -> None:
    delete_topics(admin)
    admin.delete_topics([CURSORS])
    eventually(lambda: CURSORS not in admin.list_topics())


def cut_off(lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield from lines[: len(lines) // 2]
    raise KeyboardInterrupt


@pytest.mark.usefixtures("cursors")
def test_an_export_is_counted_on_elsewhere(
    driver: Driver, settings: Settings, elsewhere: Settings, admin: KafkaAdminClient
) -> None:
    """The import is interrupted once; some of the posts arrive again behind it."""
    messages = stream(70)
    send(messages[:1000])
    driver.run(1000)
    lines = [json.loads(json.dumps(line)) for line in export(Stores(settings))]
    there = Stores(elsewhere)
    with pytest.raises(MoveError, match="has posts, whose copies would not be counted"):
        load(there, iter(lines))
    delete_all_topics(admin)
    next_driver = Driver(driver.spark, elsewhere, there.topics, there.client)
    with pytest.raises(KeyboardInterrupt):
        load(there, cut_off(lines))
    with pytest.raises(TopicError, match="an import was not finished"):
        next_driver.run(1000)
    load(there, iter(lines))
    assert {(each.key, each.value) for each in consumed(CURSORS)} == {
        (b"x", b"2"),
        (b"bluesky", "ü".encode()),
    }
    again = messages[800:]
    send(again)
    sink = next_driver.run(1000 + len(again))
    check(other_tables(), Oracle([*messages[:1000], *again]), sink)
    with pytest.raises(MoveError, match="counted here already"):
        load(there, iter(lines))


def test_nothing_is_exported_while_posts_are_not_counted(
    driver: Driver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trends.moving.export.COUNTED_WITHIN_SECONDS", 2.0)
    with pytest.raises(MoveError, match="nothing has been counted yet"):
        list(export(Stores(settings)))
    send(stream(71)[:100])
    driver.run(100)
    send(stream(72)[:100])
    with pytest.raises(MoveError, match="not all posts are counted"):
        list(export(Stores(settings)))


def test_something_else_is_not_imported(elsewhere: Settings) -> None:
    for lines in ([], [{"some": "thing"}], [{"tweet_trends": 2, "done": {}}]):
        with pytest.raises(MoveError, match="no export"):
            load(Stores(elsewhere), iter(lines))
    assert not other_tables().tables()
