"""Kafka beside the stream: the topics themselves, where they begin and end, and the quarantine."""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import NewTopic, OffsetSpec
from kafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from trends.counting.tally import BadRecord
from trends.hbase.progress import Offsets, Topic
from trends.retry import patiently

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

    def tweets(self) -> Topic:
        """The topic `tweets` as it is now."""
        return self._call(self._describe)

    def _describe(self) -> Topic:
        admin = KafkaAdminClient(bootstrap_servers=self._servers)
        try:
            (found,) = admin.describe_topics([TWEETS])
            if found["error_code"]:  # such as: just being made, or deleted
                raise for_code(found["error_code"])(TWEETS)
            places = [TopicPartition(TWEETS, p["partition_index"]) for p in found["partitions"]]

            def offsets(spec: OffsetSpec) -> Offsets:
                answer = admin.list_partition_offsets(dict.fromkeys(places, spec))
                return {str(place.partition): answer[place].offset for place in places}

            begin = offsets(OffsetSpec.EARLIEST)  # asked first: it never passes the end
            return Topic(str(found["topic_id"]), begin, offsets(OffsetSpec.LATEST))
        finally:
            admin.close()

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
