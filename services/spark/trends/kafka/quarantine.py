"""Sends records that break the contract to the topic `tweets.quarantine`."""

import json
from collections.abc import Sequence

from kafka import KafkaProducer

from trends.counting.batch import QuarantinedRecord
from trends.kafka.access import Access
from trends.kafka.topics import QUARANTINE, Topics

SEND_SECONDS = 30


class Quarantine:
    """The topic of records that break the contract and are not counted."""

    def __init__(self, access: Access, topics: Topics) -> None:
        self._access = access
        self._topics = topics

    def send(self, records: Sequence[QuarantinedRecord]) -> None:
        """Send records (docs/contracts/quarantine.schema.json) and wait until Kafka has them.

        A batch that is applied again sends its records again; `origin` identifies them.
        """
        if records:
            self._topics.call(self._send, records)

    def _send(self, records: Sequence[QuarantinedRecord]) -> None:
        producer = KafkaProducer(**self._access.client(), acks="all", linger_ms=20)
        try:
            futures = [
                producer.send(QUARANTINE, key=each.origin.encode(), value=_document(each))
                for each in records
            ]
            producer.flush(timeout=SEND_SECONDS)
            for future in futures:
                future.get(timeout=SEND_SECONDS)
        finally:
            producer.close(timeout=SEND_SECONDS)


def _document(record: QuarantinedRecord) -> bytes:
    document = {
        "stage": "trends",
        "reason": record.reason,
        "origin": record.origin,
        "record": record.record,
    }
    return json.dumps(document, ensure_ascii=False).encode(errors="replace")
