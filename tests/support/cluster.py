"""Runs a cluster (compose.cluster.yaml), and says whether its nodes have all that they should."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

from support.stack import ROOT, Json, Stack, run
from support.waiting import eventually

OVERRIDE = ROOT / "compose.cluster.yaml"

# Partitions of all topics, and how many of them lack a copy.
KAFKA_COPIES = """
import json
from kafka import KafkaAdminClient
servers = ["kafka:9092", "kafka-2:9092", "kafka-3:9092"]
with KafkaAdminClient(bootstrap_servers=servers) as admin:
    topics = admin.describe_topics(admin.list_topics())
found = [each for topic in topics for each in topic["partitions"]]
print(json.dumps([len(found), sum(len(each["isr_nodes"]) < 3 for each in found)]))
"""

# What the daemons of HDFS publish, by their names; those that do not answer are left out.
HADOOP_STATE = """
import json, sys, urllib.request
state = {}
for address in sys.argv[1:]:
    try:
        answer = urllib.request.urlopen(f"http://{address}/jmx?qry=Hadoop:*", timeout=10).read()
    except OSError:
        continue
    beans = json.loads(answer)["beans"]
    state[address.partition(":")[0]] = {each["name"].partition("name=")[2]: each for each in beans}
print(json.dumps(state))
"""

# A ZooKeeper that follows or leads answers; one without a quorum, or without its state, does not.
ZOOKEEPERS = """
import json, socket, sys
def answers(name):
    try:
        with socket.create_connection((name, 2181), timeout=5) as connection:
            connection.sendall(b"srvr")
            return b"Mode: " in connection.recv(4096)
    except OSError:
        return False
print(json.dumps([name for name in sys.argv[1:] if answers(name)]))
"""


class Cluster(Stack):
    """A cluster with its own project name and ports."""

    def __init__(self, project: str, port: int) -> None:
        super().__init__(project, port)
        self.other_url = f"http://127.0.0.1:{port + 1}"

    def configure(
        self, settings: Mapping[str, str] | None = None, overrides: Sequence[Path] = ()
    ) -> None:
        port = str(self._port + 1)
        super().configure({"SECOND_WEB_PORT": port, **(settings or {})}, [OVERRIDE, *overrides])

    def start(self) -> None:
        """Start a new cluster, and spread its table, as `make cluster` does."""
        self.script("mark-new-cluster")
        self.up()
        self.script("split-tables")

    def nodes(self, kind: str) -> list[str]:
        """The services that are `kind`, or `kind` with a number."""
        return [
            name
            for name in self.services()
            if name == kind or name.removeprefix(f"{kind}-").isdecimal()
        ]

    def other_board(self) -> Json:
        """Fetch the board from the second web service."""
        response = requests.get(f"{self.other_url}/api/v1/trends?limit=100", timeout=10)
        response.raise_for_status()
        return response.json()  # type: ignore[no-any-return]

    def lose(self, *services: str) -> list[str]:
        """Remove containers, and the volumes that no other has; return the names of these."""
        lost = [self.container(each) for each in services]
        ids = {each["Id"] for each in lost}
        others = [each for each in self.containers() if each["Id"] not in ids]
        volumes = sorted(_volumes(lost) - _volumes(others))
        run(["docker", "rm", "--force", "--volumes", *ids])
        if volumes:
            run(["docker", "volume", "rm", *volumes])
        return volumes

    def wait_until_filled(self, within: float) -> None:
        """Wait until every node has its share of everything again."""
        try:
            eventually(lambda: not self.missing(), within=within, every=3)
        except AssertionError as error:
            raise AssertionError(f"not filled again: {self.missing()}") from error

    def missing(self) -> list[str]:
        """What the cluster lacks until every node has its share of everything again."""
        return [*self._missing_kafka(), *self._missing_hdfs(), *self._missing_zookeepers()]

    def _missing_kafka(self) -> list[str]:
        partitions, incomplete = json.loads(self.inside("ingest", KAFKA_COPIES))
        return [f"{incomplete} of {partitions} partitions lack a copy"] if incomplete else []

    def _missing_hdfs(self) -> list[str]:
        namenodes, journalnodes = self.nodes("hdfs-namenode"), self.nodes("hdfs-journalnode")
        addresses = [f"{each}:9870" for each in namenodes]
        addresses += [f"{each}:8480" for each in journalnodes]
        state = json.loads(self.inside("ingest", HADOOP_STATE, *addresses))
        problems = [f"{each} is away" for each in namenodes + journalnodes if each not in state]
        if not problems:
            problems += _missing_blocks([state[each] for each in namenodes])
            problems += [each for each in journalnodes if not _has_journal(state[each])]
        return problems

    def _missing_zookeepers(self) -> list[str]:
        names = self.nodes("zookeeper")
        found = json.loads(self.inside("ingest", ZOOKEEPERS, *names))
        return [f"{each} does not answer" for each in names if each not in found]


def _missing_blocks(namenodes: Sequence[Json]) -> list[str]:
    states = [each["NameNodeStatus"]["State"] for each in namenodes]
    if sorted(states) != ["active", "standby"]:
        return [f"the NameNodes are {states}"]
    active = namenodes[states.index("active")]
    lacking = active["FSNamesystem"]["UnderReplicatedBlocks"]
    alive = active["FSNamesystemState"]["NumLiveDataNodes"]
    return [f"{lacking} blocks lack a copy, {alive} DataNodes"] if lacking or alive < 3 else []


def _has_journal(journalnode: Json) -> bool:
    """Whether edits are written to it again, not only to the others."""
    return bool(journalnode.get("Journal-trends", {}).get("LastWrittenTxId", 0) > 0)


def _volumes(containers: Sequence[Json]) -> set[str]:
    mounts = [mount for each in containers for mount in each["Mounts"]]
    return {each["Name"] for each in mounts if each["Type"] == "volume"}
