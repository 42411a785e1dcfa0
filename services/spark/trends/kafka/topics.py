"""Creates and describes the Kafka topics."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import NewTopic, OffsetSpec
from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError, for_code

from trends.counting.batch import Offsets
from trends.kafka.access import Access, explain, may_not_create
from trends.kafka.offsets import Topic
from trends.retry import retry_until_stopped

log = logging.getLogger(__name__)

T = TypeVar("T")

TWEETS, QUARANTINE = "tweets", "tweets.quarantine"


class Topics:
    """Calls the broker until it answers; `stopping` ends the retries with the last error."""

    def __init__(self, access: Access, stopping: threading.Event) -> None:
        self._access = access
        self._stopping = stopping

    def call(self, action: Callable[..., T], *arguments: Any) -> T:
        """Run an action that talks to the broker, which must be safe to repeat."""

        def log_failure(number: int, error: Any) -> None:
            log.warning(
                "Kafka at %s fails (attempt %d, retrying): %s",
                ",".join(self._access.servers),
                number,
                explain(self._access, error),
            )

        retrying = retry_until_stopped(self._stopping, (KafkaError, OSError), log_failure, 0.5, 10)
        return retrying(action, *arguments)

    def create(self, partitions: int, retention_hours: int) -> None:
        """Create the topics that are missing, with the broker's default of replicas."""
        # First try a producer: unlike other clients, it leaves no thread behind without a broker.
        self.call(lambda: KafkaProducer(**self._access.client()).close())
        retention = {"retention.ms": str(retention_hours * 3_600_000)}
        # Duplicates are detected by the broker's append times.
        stamped = {**retention, "message.timestamp.type": "LogAppendTime"}
        self.call(
            self._create,
            [
                NewTopic(TWEETS, partitions, topic_configs=stamped),
                NewTopic(QUARANTINE, 1, topic_configs=retention),
            ],
        )

    def _create(self, topics: Sequence[NewTopic]) -> None:
        with self._admin() as admin:
            existing = set(admin.list_topics())
            for topic in topics:
                if topic.name not in existing:
                    try:
                        admin.create_topics([topic])
                    except TopicAlreadyExistsError:  # ingest was faster
                        continue
                    except AuthorizationError as error:
                        raise may_not_create(self._access, topic.name) from error
                    log.info("created the topic %s", topic.name)

    def tweets(self) -> Topic:
        """Describe the topic `tweets` as it is now."""
        return self.call(self._describe)

    def _describe(self) -> Topic:
        with self._admin() as admin:
            (found,) = admin.describe_topics([TWEETS])
            if found["error_code"]:  # for instance, it is being created or deleted
                raise for_code(found["error_code"])(TWEETS)
            partitions = [p["partition_index"] for p in found["partitions"]]

            def offsets(spec: OffsetSpec) -> Offsets:
                found = _list_offsets(admin, dict.fromkeys(partitions, spec))
                return {str(partition): offset for partition, offset in found.items()}

            begin = offsets(OffsetSpec.EARLIEST)  # read first, so that it cannot pass the end
            return Topic(str(found["topic_id"]), begin, offsets(OffsetSpec.LATEST))

    def offsets_at(self, times: Offsets) -> Offsets:
        """Find the first offset of each partition that was appended at the given time or later.

        `times` are milliseconds since 1970. A partition without such a record is left out.
        """
        return self.call(self._offsets_at, times)

    def _offsets_at(self, times: Offsets) -> Offsets:
        with self._admin() as admin:
            found = _list_offsets(admin, {int(p): max(time, 0) for p, time in times.items()})
            return {str(partition): offset for partition, offset in found.items() if offset >= 0}

    def _admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(**self._access.client())


def _list_offsets(admin: KafkaAdminClient, specs: Mapping[int, int]) -> dict[int, int]:
    places = {TopicPartition(TWEETS, partition): spec for partition, spec in specs.items()}
    found = admin.list_partition_offsets(places) if places else {}
    return {place.partition: found[place].offset for place in places}
