"""compose.cluster.yaml: each service knows itself and the others, and has a volume of its own."""

import re
from pathlib import Path
from typing import Any

import pytest

from support.cluster_file import load_cluster

ROOT = Path(__file__).parents[2]
CLUSTER = load_cluster()
SERVICES: dict[str, dict[str, Any]] = CLUSTER["services"]
HDFS_SITE = (ROOT / "hbase/conf/hdfs-site.xml").read_text(encoding="utf-8")


def nodes(kind: str) -> set[str]:
    """The services that are `kind`, or `kind` with a number."""
    return {name for name in SERVICES if re.fullmatch(rf"{kind}(-\d+)?", name)}


@pytest.mark.parametrize("kind", ["kafka", "zookeeper"])
def test_each_node_knows_the_names_of_all(kind: str) -> None:
    for name in nodes(kind):
        known = SERVICES[name]["environment"][f"{kind.upper()}_NODES"].split(",")
        assert {*known} == nodes(kind)


def test_every_daemon_is_told_of_all_zookeepers() -> None:
    told = {
        re.sub(r":\d+", "", each["environment"][name])
        for each in SERVICES.values()
        for name in ("ZOOKEEPER_QUORUM", "SPARK_MASTERS_ZOOKEEPER")
        if name in each["environment"]
    }
    assert {*map(frozenset, (each.split(",") for each in told))} == {frozenset(nodes("zookeeper"))}


@pytest.mark.parametrize("kind", ["hdfs-namenode", "hdfs-journalnode"])
def test_hdfs_is_told_of_its_nodes(kind: str) -> None:
    assert {*re.findall(rf"{kind}(?:-\d+)?(?=:)", HDFS_SITE)} == nodes(kind)


def test_a_node_has_the_name_of_its_service() -> None:
    """Others find it by that name, and it finds itself in their lists."""
    for name, service in SERVICES.items():
        if re.fullmatch(r"(kafka|zookeeper|hbase|hdfs|spark-master).*-\d", name):
            assert service["hostname"] == name


def test_no_volume_has_two_owners() -> None:
    mounted = [
        each.partition(":")[0]
        for service in SERVICES.values()
        for each in service.get("volumes") or []
        if not each.startswith("spark-secret")
    ]
    assert len(mounted) == len({*mounted})
    assert {*mounted} == CLUSTER["volumes"].keys()


def test_a_further_node_is_the_first_one_under_another_name() -> None:
    for name, service in SERVICES.items():
        first = re.sub(r"-\d$", "", name)
        if first != name and not first.startswith("hdfs"):
            assert service["extends"] == {"file": "compose.yaml", "service": first}
