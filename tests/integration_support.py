"""What the integration tests put into Kafka and read back from it and from HBase."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import happybase
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

KAFKA = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")


def send(values: Sequence[bytes | dict[str, Any]]) -> None:
    """Put records on the topic, acknowledged; messages get their id as the key."""
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
    """All values of a topic."""
    consumer = KafkaConsumer(bootstrap_servers=KAFKA, auto_offset_reset="earliest")
    partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    found = []
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for batch in consumer.poll(timeout_ms=1000).values():
            found += [record.value for record in batch]
    consumer.close()
    return found


Counts = tuple[int, int, Counter[str], Counter[int]]


def counts_in_hbase(connection: happybase.Connection) -> dict[str, Counts]:
    """Key -> count, last use (milliseconds), tweets by spelling and by minute."""
    found = {}
    for key, cells in connection.table("hashtags").scan():
        text = {column.decode(): int(value) for column, value in cells.items()}
        spellings = Counter({c[2:]: n for c, n in text.items() if c.startswith("s:")})
        minutes = Counter({int(c[2:]): n for c, n in text.items() if c.startswith("m:")})
        found[key.decode()] = (text["n:count"], text["n:last"], spellings, minutes)
    return found
