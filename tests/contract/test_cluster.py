"""compose.cluster.yaml: each service knows itself and the others, and has a volume of its own."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.cluster_file import load_cluster
from support.documents import blocks

# They ask Docker Compose.
pytestmark = pytest.mark.component

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


def composed(*files: Path) -> dict[str, Any]:
    """What Compose makes of the files."""
    options = [option for file in files for option in ("--file", str(file))]
    command = ["docker", "compose", "--env-file", "/dev/null", *options, "config"]
    done = subprocess.run(
        [*command, "--format", "json"], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


FILES = ROOT / "compose.yaml", ROOT / "compose.cluster.yaml"


def test_each_image_is_built_by_one_service() -> None:
    """Otherwise each `up` without `--build` makes the containers of the others again."""
    services = composed(*FILES)["services"].values()
    built = [each["image"] for each in services if "build" in each]
    assert len(built) == len({*built})
    assert all(each["pull_policy"] == "never" for each in services if "build" not in each)


def documented(language: str) -> list[str]:
    return [each.text for each in blocks(language) if each.document == "docs/cluster.md"]


def test_a_network_over_several_machines_takes_the_place_of_this_one_s(tmp_path: Path) -> None:
    (text,) = documented("yaml")
    override = tmp_path / "compose.override.yaml"
    override.write_text(text, encoding="utf-8")
    assert composed(*FILES, override)["networks"]["data"] == {
        "name": "trends-data",
        "external": True,
        "ipam": {},
    }


def words(pattern: str) -> list[str]:
    """What the commands of docs/cluster.md have in this place."""
    return re.findall(pattern, "\n".join(documented("sh")), re.MULTILINE)


def test_the_documented_commands_fit_the_files() -> None:
    named_files = [
        [ROOT / name for name in files.split(":")] for files in words(r"COMPOSE_FILE=(\S+)")
    ]
    assert named_files == [[*FILES], [*FILES, ROOT / "compose.monitoring.yaml"]]
    composed(*named_files[-1])
    named = words(r"(?:--force|up -d) ([a-z].*)$") + words(r"--scale (\S+)=")
    assert named and {*named} <= composed(*FILES)["services"].keys()
    volumes = words(r"docker volume rm (\S+)$")
    known = {f"{CLUSTER['name']}_{name}" for name in CLUSTER["volumes"]}
    assert volumes and {*volumes} <= known
