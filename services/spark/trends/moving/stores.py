"""Kafka and HBase of the settings, as the export reads them and the import writes them."""

import os
import threading
from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from trends.hbase.client import Client
from trends.kafka.topics import Topics
from trends.settings import Settings

CURSORS = "ingest.cursors"
# What the services keep. `status` is left out: ingest writes it anew.
TABLES = ("hashtags", "totals", "boards", "alerts")
FORMAT = 1
ROWS_AT_ONCE = 1_000


class MoveError(Exception):
    """The export or the import cannot be done; the message says what to do."""


class Stores:
    """Where the product's settings say that posts and counts are."""

    def __init__(self, settings: Settings) -> None:
        stopping = threading.Event()
        self.settings = settings
        self.topics = Topics(settings.kafka, stopping)
        self.client = Client(settings.hbase, stopping)

    @classmethod
    def from_environment(cls) -> "Stores":
        """Read the settings; raises SettingsError."""
        return cls(Settings.from_environment(os.environ))

    def consumer(self) -> KafkaConsumer:
        """Return a consumer that belongs to no group."""
        return KafkaConsumer(**self.settings.kafka.client(), enable_auto_commit=False)


def records(consumer: KafkaConsumer, place: TopicPartition, start: int, end: int) -> Iterator[Any]:
    """Yield the records of a partition from `start` to `end` (exclusive)."""
    consumer.assign([place])
    consumer.seek(place, start)
    while consumer.position(place) < end:
        for record in consumer.poll(timeout_ms=1000).get(place, ()):
            if record.offset < end:
                yield record


def to_text(value: bytes) -> str:
    """Any bytes, as JSON can have them: a character for each."""
    return value.decode("latin-1")


def to_bytes(text: str | None) -> bytes | None:
    """The inverse of `to_text`; a record may have no key."""
    return None if text is None else text.encode("latin-1")
