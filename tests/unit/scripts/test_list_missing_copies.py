"""What a cluster lacks until every node has its share again."""

from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError

import list_missing_copies

WHOLE = ["kafka", "kafka-2", "kafka-3", "zookeeper", "hdfs-namenode", "hdfs-namenode-2"]
WHOLE += ["hdfs-journalnode", "hdfs-datanode", "kafka-manager"]


class Admin:
    """Knows one topic, and notes whom it was to ask."""

    in_sync = ((1, 2, 3), (3, 1, 2))
    asked: tuple[str, ...] = ()

    def __init__(self, *, bootstrap_servers: list[str]) -> None:
        if not self.in_sync:
            raise KafkaTimeoutError
        type(self).asked = tuple(bootstrap_servers)

    def __enter__(self) -> "Admin":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def list_topics(self) -> list[str]:
        return ["tweets"]

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        assert names == ["tweets"]
        return [{"partitions": [{"isr_nodes": nodes} for nodes in self.in_sync]}]


def namenode(state: str, lacking: int = 0, alive: int = 3) -> dict[str, dict[str, Any]]:
    return {
        "NameNodeStatus": {"State": state},
        "FSNamesystem": {"UnderReplicatedBlocks": lacking},
        "FSNamesystemState": {"NumLiveDataNodes": alive},
    }


@pytest.fixture
def beans(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, dict[str, Any]]]:
    """What the daemons publish; a test changes it."""
    found = {
        "hdfs-namenode:9870": namenode("standby"),
        "hdfs-namenode-2:9870": namenode("active"),
        "hdfs-journalnode:8480": {"Journal-trends": {"LastWrittenTxId": 7}},
    }
    monkeypatch.setattr(list_missing_copies, "_beans", lambda address: found.get(address, {}))
    monkeypatch.setattr(list_missing_copies, "_is_in_quorum", lambda node: True)
    monkeypatch.setattr(list_missing_copies, "KafkaAdminClient", Admin)
    monkeypatch.setattr(Admin, "in_sync", Admin.in_sync)
    return found


def lacking() -> list[str]:
    return [*list_missing_copies.missing(WHOLE)]


def test_a_whole_cluster_lacks_nothing(beans) -> None:
    assert lacking() == []
    assert Admin.asked == ("kafka:9092", "kafka-2:9092", "kafka-3:9092")


@pytest.mark.parametrize(
    ("in_sync", "said"),
    [
        (((1, 2, 3), (1, 3)), "1 of 2 partitions lack a copy"),
        ((), "Kafka does not answer: KafkaTimeoutError"),
    ],
)
def test_kafka(beans, monkeypatch, in_sync: tuple[tuple[int, ...], ...], said: str) -> None:
    monkeypatch.setattr(Admin, "in_sync", in_sync)
    assert lacking() == [said]


@pytest.mark.parametrize(
    ("address", "published", "said"),
    [
        ("hdfs-namenode:9870", {}, "hdfs-namenode is away"),
        ("hdfs-namenode:9870", namenode("active"), "the NameNodes are active and active"),
        ("hdfs-namenode-2:9870", namenode("standby"), "the NameNodes are standby and standby"),
        ("hdfs-namenode-2:9870", namenode("active", 5), "5 blocks lack a copy, 3 DataNodes"),
        ("hdfs-namenode-2:9870", namenode("active", 0, 2), "0 blocks lack a copy, 2 DataNodes"),
        ("hdfs-namenode:9870", namenode("standby", 5, 2), None),
        ("hdfs-journalnode:8480", {}, "hdfs-journalnode is away"),
        ("hdfs-journalnode:8480", {"Other": {}}, "hdfs-journalnode has no journal"),
        (
            "hdfs-journalnode:8480",
            {"Journal-trends": {"LastWrittenTxId": 0}},
            "hdfs-journalnode has no journal",
        ),
    ],
)
def test_hdfs(beans, address: str, published: dict[str, Any], said: str | None) -> None:
    beans[address] = published
    assert lacking() == ([said] if said else [])


def test_zookeeper(beans, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_missing_copies, "_is_in_quorum", lambda node: False)
    assert lacking() == ["zookeeper does not answer"]
