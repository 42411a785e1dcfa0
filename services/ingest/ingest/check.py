"""Checks Kafka and HBase, before or while ingest runs; `make doctor` calls it.

python -m ingest.check

Prints a line for each thing checked: `ok` or `PROBLEM`, then what was found.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer

from ingest.environment import SettingsError
from ingest.gateway import Gateway
from ingest.kafka.access import Access, explain
from ingest.kafka.topic_setup import read_configs
from ingest.kafka.topics import QUARANTINE, Topic, topics
from ingest.settings import read_settings

Finding = tuple[bool, str]
"""Whether all is well, and what was found."""

SECONDS = 10


def main() -> int:
    """Print all findings; return 1 if one of them is a problem."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    found = list(findings())
    for is_well, text in found:
        sys.stdout.write(f"{'ok' if is_well else 'PROBLEM'} {text}\n")
    return int(not all(is_well for is_well, _ in found))


def findings() -> Iterator[Finding]:
    """Yield what is found, beginning with the settings."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        yield False, str(error)
        return
    known = topics(settings.topic_partitions, settings.kafka_retention_hours)
    yield from check_kafka(settings.kafka, known)
    yield check_hbase(settings.hbase)


def check_kafka(access: Access, known: tuple[Topic, ...]) -> Iterator[Finding]:
    """Yield whether Kafka answers and, if so, whether each topic can be used."""
    client = access.client() | {"bootstrap_timeout_ms": SECONDS * 1000}
    try:
        # The producer first: other clients leave a thread behind if they cannot connect.
        KafkaProducer(**client).close()
        with KafkaAdminClient(**client) as admin:
            yield True, f"Kafka answers at {','.join(access.servers)}"
            existing = {each["name"]: each for each in admin.describe_topics()}
            for topic in known:
                yield check_topic(admin, access, topic, existing.get(topic.name))
    except Exception as error:
        yield False, explain(access, error)


def check_topic(admin: Any, access: Access, topic: Topic, found: dict[str, Any] | None) -> Finding:
    """Return whether a topic is there, with the rights and the settings that ingest needs.

    `found` is how kafka-python describes the topic; None if Kafka does not show it.
    """
    user = access.username or "this client"
    if found is None:
        text = f"the topic {topic.name} is missing, or {user} may not see it: ingest creates it"
        return True, f"{text} if it may"
    if missing := sorted(needed_rights(topic) - {*found["authorized_operations"]}):
        return False, f"{user} lacks {', '.join(missing)} on the topic {topic.name}: grant it"
    configs = read_configs(admin, topic)
    for name, value in topic.configs.items():
        if configs and configs.get(name) != value:
            has = f"{name}={configs.get(name)}"
            return False, f"the topic {topic.name} has {has}: set it to {value}"
    return True, f"the topic {topic.name} can be used"


def needed_rights(topic: Topic) -> set[str]:
    """Return the operations on a topic that docs/operations.md lists for ingest and the driver."""
    return {"DESCRIBE", "WRITE"} | (set() if topic.name == QUARANTINE else {"READ"})


def check_hbase(gateway: Gateway) -> Finding:
    """Return whether one of the gateways answers."""
    try:
        with closing(gateway.connect(SECONDS * 1000)) as connection:
            connection.tables()
    except Exception as error:
        return False, f"HBase at {gateway.address}: {gateway.explain(error)}"
    return True, f"HBase answers at {gateway.address}"


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # A client that could not connect may have left a thread behind.
    os._exit(status)
