"""Publishes posts and cursors to Kafka, and checks every acknowledgement.

A batch is delivered at least once: if any part of it fails, all of it is sent again, and the reader
drops duplicates by id. The cursor is written only after the batch's last acknowledgement.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from ingest import metrics
from ingest.fields import Message
from ingest.kafka.access import Access, explain
from ingest.kafka.topic_setup import set_up_topics
from ingest.kafka.topics import CURSORS, QUARANTINE, TWEETS, Topic
from ingest.lifecycle import Shutdown
from ingest.reports import KafkaReport
from ingest.sources.base import Cursor

log = logging.getLogger(__name__)

Record = tuple[str, bytes | None, bytes]
"""Topic, key, value."""

# kafka-python lets socket errors through, and raises RuntimeError for a lost controller.
FAILURES = (KafkaError, OSError, RuntimeError)
BLOCK_MS = 10_000
REQUEST_MS = 10_000
DELIVERY_MS = 20_000
READ_MS = 30_000
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 10.0


class Publisher:
    """One producer for all sources; cursor() and publish() retry until Kafka responds.

    Only a stop ends the retries: both then raise ShutdownRequested.
    """

    def __init__(self, access: Access, topics: tuple[Topic, ...], shutdown: Shutdown) -> None:
        self._access = access
        self._servers = ",".join(access.servers)
        self._topics = topics
        self._shutdown = shutdown
        self._lock = RLock()
        self._producer: Any = None
        self.report = KafkaReport()
        self._retry = Retrying(
            retry=retry_if_exception_type(FAILURES),
            wait=wait_exponential_jitter(max=LONGEST_WAIT_SECONDS, multiplier=FIRST_WAIT_SECONDS),
            sleep=shutdown.sleep,
            before_sleep=self._log_failure,
        )

    def cursor(self, key: str) -> Cursor | None:
        """Return the last cursor written under a key, or None."""
        value: Cursor | None = self._retry(self._read_cursor, key)
        return value

    def publish(
        self, messages: list[Message], rejected: list[dict[str, str]], cursor: Cursor, key: str
    ) -> None:
        """Publish posts and rejected records, then the cursor; return once all are acknowledged."""
        records: list[Record] = [
            (TWEETS, message["id"].encode(), encode(message)) for message in messages
        ]
        records += [(QUARANTINE, None, encode(entry)) for entry in rejected]
        last: list[Record] = [(CURSORS, key.encode(), encode(cursor))]
        self._retry(self._deliver, records, last)

    def close(self, seconds: float = 1.0) -> None:
        """Close the producer; records in flight get up to `seconds` to arrive."""
        with self._lock:
            self._drop(seconds)

    def _deliver(self, records: list[Record], cursor: list[Record]) -> None:
        self._send(records)
        self._send(cursor)

    def _send(self, records: list[Record]) -> None:
        """Send in this order, and wait for the acknowledgement of each record."""
        with self._lock, self._connection() as producer:
            futures: list[Any] = []
            try:
                for topic, key, value in records:
                    futures.append(producer.send(topic, value, key))
            finally:
                # Even after an exception: a producer with records in flight cannot be closed.
                failures = _failures(futures)
            if failures:
                raise failures[0]

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        """Yield a connected producer whose topics exist; drop it after any failure."""
        try:
            if self._producer is None:
                # The producer first, to prove that Kafka responds: all other clients of
                # kafka-python 3.0.12 leak a thread if they cannot connect.
                self._producer = self._connect()
                self._ensure_topics()
                log.info("event=kafka_connected servers=%s", self._servers)
            yield self._producer
            self.report.succeeded()
        except FAILURES:
            self._drop(1.0)
            raise

    def _connect(self) -> Any:
        return KafkaProducer(
            **self._access.client(),
            acks="all",
            enable_idempotence=True,
            compression_type="gzip",
            batch_size=128 * 1024,
            linger_ms=5,
            max_block_ms=BLOCK_MS,
            request_timeout_ms=REQUEST_MS,
            delivery_timeout_ms=DELIVERY_MS,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def _drop(self, seconds: float) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(*FAILURES):
                producer.close(timeout=seconds)

    def _ensure_topics(self) -> None:
        """Create missing topics and correct the settings of existing ones."""
        with KafkaAdminClient(
            **self._access.client(),
            request_timeout_ms=REQUEST_MS,
        ) as admin:
            set_up_topics(admin, self._access, self._topics)

    def _read_cursor(self, key: str) -> Cursor | None:
        """Read the compacted topic from its beginning to its current end."""
        with self._lock, self._connection():
            pass
        partition = TopicPartition(CURSORS, 0)
        with KafkaConsumer(
            **self._access.client(),
            request_timeout_ms=REQUEST_MS,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            group_id=None,
        ) as consumer:
            consumer.assign([partition])
            end = consumer.end_offsets([partition], timeout_ms=READ_MS)[partition]
            return self._last_value(consumer, partition, end, key.encode())

    def _last_value(self, consumer: Any, partition: Any, end: int, key: bytes) -> Cursor | None:
        value: bytes | None = None
        consumer.seek_to_beginning(partition)
        rounds = READ_MS // 1000
        while consumer.position(partition, timeout_ms=READ_MS) < end:
            self._shutdown.sleep(0)
            records = consumer.poll(timeout_ms=1000).get(partition, [])
            value = next((each.value for each in reversed(records) if each.key == key), value)
            rounds -= not records
            if rounds <= 0:
                raise KafkaTimeoutError(f"no end of {CURSORS} within {READ_MS} ms")
        return json.loads(value) if value else None

    def _log_failure(self, state: RetryCallState) -> None:
        metrics.KAFKA_FAILURES.inc()
        error = state.outcome.exception() if state.outcome else None
        reason = explain(self._access, error)
        self.report.failed(reason, state.attempt_number)
        form = "event=kafka_failed servers=%s failures=%d error=%s: %s"
        log.warning(form, self._servers, state.attempt_number, error, reason)


def _failures(futures: list[Any]) -> list[KafkaError]:
    """Wait for every acknowledgement, and return the errors of those that failed."""
    deadline = time.monotonic() + DELIVERY_MS / 1000 + 1
    failures = []
    for future in futures:
        try:
            future.get(timeout=max(0.0, deadline - time.monotonic()))
        except KafkaError as error:
            failures.append(error)
    return failures


def encode(value: object) -> bytes:
    """Encode a value as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
