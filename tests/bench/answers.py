"""Prints the counts of the oracle, of HBase or of a peer's changelogs.

    python -m bench.answers oracle|hbase|streams|quix

It runs in a container of the stack's network and prints JSON: tweets by `tags` (key), and by
`minutes` (key, a space, the minute since 1970).
"""

import json
import os
import struct
import sys
from collections.abc import Iterator

import happybase
from kafka import KafkaConsumer, TopicPartition

from support.oracle import Oracle

KAFKA = os.environ.get("KAFKA", "kafka:9092")
TOPIC = "tweets"
STREAMS = "bench-streams-{}-changelog"
QUIX = "changelog__bench-quix--repartition.tweets.tag--default"

Counts = dict[str, dict[str, int]]


def records(topic: str) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Keys and values of all committed records of a topic, in order within each partition."""
    consumer = KafkaConsumer(
        bootstrap_servers=KAFKA, enable_auto_commit=False, isolation_level="read_committed"
    )
    partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for batch in consumer.poll(timeout_ms=1000, max_records=10_000).values():
            yield from ((record.key, record.value) for record in batch)
    consumer.close()


def of_oracle() -> Counts:
    """The correct counts. Demo posts do not count beside real ones."""
    messages = (json.loads(value) for _, value in records(TOPIC) if value)
    oracle = Oracle(message for message in messages if message["source"] != "demo")
    minutes = {f"{key} {when}": n for key, of in oracle.minutes.items() for when, n in of.items()}
    return {"tags": dict(oracle.counts), "minutes": minutes}


def of_hbase() -> Counts:
    """The counts in HBase (docs/contracts/hbase.md)."""
    counts: Counts = {"tags": {}, "minutes": {}}
    table = happybase.Connection("hbase-thrift", timeout=120_000).table("hashtags")
    for row, cells in table.scan(columns=[b"n:count", b"m"]):
        key = row.decode()
        for column, value in cells.items():
            if column == b"n:count":
                counts["tags"][key] = int(value.split()[0])
            else:
                counts["minutes"][f"{key} {int(column[2:])}"] = int(value.split()[0])
    return counts


def of_streams() -> Counts:
    """The last value of each key in the changelogs of Kafka Streams' two stores."""
    unpack = struct.Struct(">q").unpack
    return {
        store: {
            key.decode(): unpack(value)[0]
            for key, value in records(STREAMS.format(store))
            if key and value
        }
        for store in ("tags", "minutes")
    }


def of_quix() -> Counts:
    """The last value of each key in the changelog of Quix Streams' state.

    Its keys are `"TAG"|"all"` or `"TAG"|MINUTE`; both parts are JSON, as the value is.
    """
    counts: Counts = {"tags": {}, "minutes": {}}
    for state, value in records(QUIX):
        if state and value:
            tag, part = (json.loads(text) for text in state.split(b"|"))
            place = (counts["tags"], tag) if part == "all" else (counts["minutes"], f"{tag} {part}")
            place[0][place[1]] = json.loads(value)
    return counts


ANSWERS = {"oracle": of_oracle, "hbase": of_hbase, "streams": of_streams, "quix": of_quix}

if __name__ == "__main__":
    json.dump(ANSWERS[sys.argv[1]](), sys.stdout)
