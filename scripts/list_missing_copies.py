"""Prints what the nodes of a cluster lack; nothing once each has its share of everything.

Runs in the image of `ingest`, on the network of all of them: scripts/list-missing-copies. The
arguments are the names of the cluster's services.
"""

import json
import re
import socket
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

PATIENCE_SECONDS = 10
COPIES = 3


def missing(services: Sequence[str]) -> Iterator[str]:
    """Yield what is missing, in a line each."""
    yield from _missing_in_kafka(_nodes(services, "kafka"))
    yield from _missing_in_hdfs(
        _nodes(services, "hdfs-namenode"), _nodes(services, "hdfs-journalnode")
    )
    for node in _nodes(services, "zookeeper"):
        if not _is_in_quorum(node):
            yield f"{node} does not answer"


def _nodes(services: Sequence[str], kind: str) -> list[str]:
    """Return the services that are `kind`, or `kind` with a number."""
    return [each for each in services if re.fullmatch(rf"{kind}(-\d+)?", each)]


def _missing_in_kafka(nodes: Sequence[str]) -> Iterator[str]:
    try:
        with KafkaAdminClient(bootstrap_servers=[f"{node}:9092" for node in nodes]) as admin:
            topics = admin.describe_topics(admin.list_topics())
    except KafkaError as error:
        yield f"Kafka does not answer: {error}"
        return
    partitions = [each for topic in topics for each in topic["partitions"]]
    incomplete = sum(len(each["isr_nodes"]) < COPIES for each in partitions)
    if incomplete:
        yield f"{incomplete} of {len(partitions)} partitions lack a copy"


def _missing_in_hdfs(namenodes: Sequence[str], journalnodes: Sequence[str]) -> Iterator[str]:
    states = {node: _beans(f"{node}:9870") for node in namenodes}
    states |= {node: _beans(f"{node}:8480") for node in journalnodes}
    if away := [node for node, beans in states.items() if not beans]:
        yield from (f"{node} is away" for node in away)
        return
    yield from _missing_blocks([states[node] for node in namenodes])
    for node in journalnodes:
        # Edits are written to it again, not only to the others.
        if states[node].get("Journal-trends", {}).get("LastWrittenTxId", 0) <= 0:
            yield f"{node} has no journal"


def _missing_blocks(namenodes: Sequence[dict[str, Any]]) -> Iterator[str]:
    states = [each["NameNodeStatus"]["State"] for each in namenodes]
    if sorted(states) != ["active", "standby"]:
        yield f"the NameNodes are {' and '.join(states)}"
        return
    active = namenodes[states.index("active")]
    lacking = active["FSNamesystem"]["UnderReplicatedBlocks"]
    alive = active["FSNamesystemState"]["NumLiveDataNodes"]
    if lacking or alive < COPIES:
        yield f"{lacking} blocks lack a copy, {alive} DataNodes"


def _beans(address: str) -> dict[str, dict[str, Any]]:
    """Return what a daemon of HDFS publishes, by name; nothing if it does not answer."""
    try:
        with urllib.request.urlopen(
            f"http://{address}/jmx?qry=Hadoop:*", timeout=PATIENCE_SECONDS
        ) as answer:
            beans = json.load(answer)["beans"]
    except OSError:
        return {}
    return {each["name"].partition("name=")[2]: each for each in beans}


def _is_in_quorum(node: str) -> bool:
    """Whether a ZooKeeper leads or follows: one without a quorum or its state does not."""
    try:
        with socket.create_connection((node, 2181), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(b"srvr")
            return b"Mode: " in connection.recv(4096)
    except OSError:
        return False


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in missing(sys.argv[1:]))
