"""Helpers for the integration tests that write to Kafka, and read from Kafka and HBase."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import happybase
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from support.oracle import Oracle
from support.waiting import eventually

KAFKA = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")


def delete_topics(admin: KafkaAdminClient) -> None:
    """Delete the driver's topics, if they exist."""
    stale = {"tweets", "tweets.quarantine"} & set(admin.list_topics())
    if stale:
        admin.delete_topics(sorted(stale))
        eventually(lambda: not stale & set(admin.list_topics()))


def send(values: Sequence[bytes | dict[str, Any]]) -> None:
    """Produce records and wait for the acknowledgements; the key of a message is its id."""
    producer = KafkaProducer(bootstrap_servers=KAFKA, acks="all", linger_ms=5)
    futures = []
    for value in values:
        if isinstance(value, dict):
            key = str(value["id"]).encode()
            futures.append(producer.send("tweets", key=key, value=json.dumps(value).encode()))
        else:
            futures.append(producer.send("tweets", value=value))
    producer.flush()
    for future in futures:
        future.get(timeout=10)
    producer.close()


def records(topic: str) -> list[bytes]:
    """Return the values of all records of a topic."""
    return [record.value for record in consumed(topic)]


def consumed(topic: str) -> list[Any]:
    """Return all records of a topic, with partition and offset."""
    consumer = KafkaConsumer(bootstrap_servers=KAFKA, auto_offset_reset="earliest")
    partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    found: list[Any] = []
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for batch in consumer.poll(timeout_ms=1000).values():
            found += batch
    consumer.close()
    return found


def awake(connection: happybase.Connection) -> happybase.Connection:
    """Reopen the connection: the server drops one that has been idle for a minute."""
    connection.close()
    connection.open()
    return connection


def counts_in_hbase(connection: happybase.Connection) -> dict[str, dict[str, Any]]:
    """Return all rows by key, parsed as docs/contracts/hbase.md describes."""
    return {key.decode(): _row(cells) for key, cells in awake(connection).table("hashtags").scan()}


def _row(cells: dict[bytes, bytes]) -> dict[str, Any]:
    text = {column.decode(): value.decode() for column, value in cells.items()}
    # Rows of the previous version end after the third field.
    count, first, last, *more = text.pop("n:count").split(" ", 5)
    day, hours, spelling = more or ("", "", "")
    row: dict[str, Any] = {"count": int(count), "first": int(first), "last": int(last)}
    row |= {"spellings": Counter(), "minutes": Counter(), "authors": {}, "hours": Counter()}
    for column, value in text.items():
        match column[:2], column[2:]:
            case "s:", each:
                row["spellings"][each] = int(value)
            case "m:", minute:
                posts, *authors = value.split()
                row["minutes"][int(minute)] = int(posts)
                row["authors"][int(minute)] = set(authors)
            case "n:", each if each.startswith("d") and (not day or int(each[1:]) != int(day)):
                row["hours"] |= _hours(int(each[1:]), value.split())
    if day:
        row["hours"] |= _hours(int(day), hours.split(","))
    if spelling:
        row["spellings"] |= Counter({spelling: int(count)})
    return row


def _hours(day: int, pairs: list[str]) -> Counter[int]:
    split = (pair.split(":") for pair in pairs)
    return Counter({24 * day + int(hour): int(posts) for hour, posts in split})


def counts_of(oracle: Oracle, since: int = 0) -> dict[str, dict[str, Any]]:
    """Return the rows that HBase should have, by key, without minutes up to `since`."""
    rows = {}
    for key, uses in oracle.uses.items():
        kept = [(minute, author) for minute, author in uses if minute > since]
        rows[key] = {
            "count": len(uses),
            "first": oracle.first[key],
            "last": oracle.last[key],
            "spellings": oracle.spellings[key],
            "minutes": Counter(minute for minute, _ in kept),
            "authors": {
                minute: {author for when, author in kept if when == minute and author}
                for minute, _ in kept
            },
            "hours": Counter(minute // 60 for minute, _ in uses),
        }
    return rows
