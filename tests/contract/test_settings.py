"""What the services read, what compose.yaml hands over, and what docs/operations.md names."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from support.readers import READ

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
SECRETS = (ROOT / "compose.secrets.yaml").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(COMPOSE)["services"]

# The same in every stack, and inside of it: nobody sets them for the bundled services.
INNER = {"METRICS_PORT", "SPARK_MASTER"}
# Files that are no secrets.
PATHS = {"CA_FILE", "REPLAY_FILE"}


class Asked(Mapping[str, str]):
    """An environment in which nothing is set, and which remembers what it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def used(compose: str) -> set[str]:
    """The variables of .env that a file takes in."""
    lines = "\n".join(line for line in compose.splitlines() if not line.lstrip().startswith("#"))
    return set(re.findall(r"(?<!\$)\$\{(\w+)", lines))


@pytest.mark.parametrize("service", READ)
def test_a_service_is_handed_what_it_reads_and_reads_what_it_is_handed(service: str) -> None:
    asked = Asked()
    READ[service](asked)
    handed = set(SERVICES[service]["environment"])
    secrets = set(yaml.safe_load(SECRETS)["services"].get(service, {}).get("environment", {}))
    files = {name for name in asked.names if name.endswith("_FILE") and name not in PATHS}
    assert asked.names - files - INNER <= handed
    assert secrets <= files
    assert handed <= asked.names


def overrides() -> list[str]:
    """The files for Compose that docs/operations.md has."""
    return re.findall(r"^```yaml\n(.*?)^```$", OPERATIONS, re.MULTILINE | re.DOTALL)


def test_what_operations_names_can_be_set() -> None:
    """In .env, or by the file for Compose that stands beside it."""
    asked = Asked()
    for read in READ.values():
        read(asked)
    named = set(re.findall(r"`([A-Z][A-Z_0-9]+)`", OPERATIONS)) & asked.names
    blocks = (yaml.safe_load(text)["services"].values() for text in overrides())
    elsewhere = {name for services in blocks for each in services for name in environment(each)}
    assert named - used(COMPOSE) - used(SECRETS) == elsewhere
    assert "SPARK_MASTER" in elsewhere


def environment(service: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = service.get("environment", {})
    return found


@pytest.mark.component
@pytest.mark.parametrize(
    ("number", "setting", "network", "unused"),
    [
        (0, ("HBASE_THRIFT_HOST", "thrift.example"), "outside", {"zookeeper", "hbase-master"}),
        (1, ("SPARK_MASTER", "spark://spark.example:7077"), "workers", {"spark-worker"}),
    ],
)
def test_other_machines_are_used_and_can_be_reached(
    tmp_path: Path, number: int, setting: tuple[str, str], network: str, unused: set[str]
) -> None:
    override = tmp_path / "compose.override.yaml"
    override.write_text(overrides()[number], encoding="utf-8")
    files = [option for file in (ROOT / "compose.yaml", override) for option in ("--file", file)]
    command = ["docker", "compose", "--env-file", "/dev/null", *files, "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    whole = json.loads(done.stdout)
    services, (name, value) = whole["services"], setting
    users = {each for each in services if name in (services[each].get("environment") or {})}
    assert users == {each for each in READ if name in SERVICES[each]["environment"]}
    for each in users:
        assert services[each]["environment"][name] == value
        assert {"data", network} <= services[each]["networks"].keys()
    assert not whole["networks"][network].get("internal")
    assert not unused & services.keys()
