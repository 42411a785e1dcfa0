"""Kafka beside the stream: the topics themselves, where they begin and end, and the quarantine."""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from trends.batch import BadRecord
from trends.patience import patiently
from trends.progress import Offsets

log = logging.getLogger(__name__)

T = TypeVar("T")

TWEETS, QUARANTINE = "tweets", "tweets.quarantine"
SEND_SECONDS = 30


class Topics:
    """The broker, waited for as long as it takes; `stopping` ends the waiting."""

    def __init__(self, servers: str, stopping: threading.Event) -> None:
        self._servers = servers
        self._stopping = stopping

    def _call(self, action: Callable[..., T], *arguments: Any) -> T:
        def tell(number: int, error: Any) -> None:
            log.warning("Kafka at %s, try %d: %r", self._servers, number, error)

        retrying = patiently(self._stopping, (KafkaError, OSError), tell, 0.5, 10)
        return retrying(action, *arguments)

    def create(self, partitions: int, retention_hours: int) -> None:
        """Create the topics that are missing."""
        # Unlike the others, a producer that finds no broker leaves no thread behind.
        self._call(lambda: KafkaProducer(bootstrap_servers=self._servers).close())
        retention = {"retention.ms": str(retention_hours * 3_600_000)}
        stamped = {**retention, "message.timestamp.type": "LogAppendTime"}
        self._call(
            self._create,
            [
                NewTopic(TWEETS, partitions, 1, topic_configs=stamped),
                NewTopic(QUARANTINE, 1, 1, topic_configs=retention),
            ],
        )

    def _create(self, topics: Sequence[NewTopic]) -> None:
        admin = KafkaAdminClient(bootstrap_servers=self._servers)
        try:
            existing = set(admin.list_topics())
            for topic in topics:
                if topic.name not in existing:
                    try:
                        admin.create_topics([topic])
                    except TopicAlreadyExistsError:  # ingest was quicker
                        continue
                    log.info("created the topic %s", topic.name)
        finally:
            admin.close()

    def beginning(self) -> Offsets:
        """The first offset of each partition of `tweets`."""
        return self._call(self._beginning)

    def _beginning(self) -> Offsets:
        consumer = KafkaConsumer(bootstrap_servers=self._servers)
        try:
            partitions = [
                TopicPartition(TWEETS, p) for p in consumer.partitions_for_topic(TWEETS) or ()
            ]
            found = consumer.beginning_offsets(partitions)
            return {str(partition.partition): offset for partition, offset in found.items()}
        finally:
            consumer.close()

    def quarantine(self, records: Sequence[BadRecord]) -> None:
        """Set records aside (docs/contracts/quarantine.schema.json), acknowledged by the broker.

        A batch that is run again sets its records aside again; `origin` tells them apart.
        """
        if records:
            self._call(self._quarantine, records)

    def _quarantine(self, records: Sequence[BadRecord]) -> None:
        producer = KafkaProducer(bootstrap_servers=self._servers, acks="all", linger_ms=20)
        try:
            futures = [
                producer.send(QUARANTINE, key=bad.origin.encode(), value=_document(bad))
                for bad in records
            ]
            producer.flush(timeout=SEND_SECONDS)
            for future in futures:
                future.get(timeout=SEND_SECONDS)
        finally:
            producer.close(timeout=SEND_SECONDS)


def _document(bad: BadRecord) -> bytes:
    document = {
        "stage": "trends",
        "reason": bad.reason,
        "origin": bad.origin,
        "record": bad.record or "",
    }
    return json.dumps(document, ensure_ascii=False).encode(errors="replace")
