"""What the services read, what compose.yaml hands over, and what docs/operations.md names."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
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
INNER = {"METRICS_PORT"}
# Files that are no secrets.
PATHS = {"CA_FILE", "REPLAY_FILE", "HBASE_CA_FILE"}
PATHS |= {f"KAFKA_{name}_FILE" for name in ("CA", "CLIENT_CERTIFICATE", "CLIENT_KEY")}


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


def test_what_operations_names_can_be_set() -> None:
    """In .env."""
    asked = Asked()
    for read in READ.values():
        read(asked)
    named = set(re.findall(r"`([A-Z][A-Z_0-9]+)`", OPERATIONS)) & asked.names
    assert "SPARK_DRIVER_HOST" in named
    assert named <= used(COMPOSE) | used(SECRETS)


KAFKA = {"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9093"}
HBASE = {"HBASE_THRIFT_HOST": "thrift.example"}
SPARK = {"SPARK_MASTER": "spark://spark.example:7077", "SPARK_DRIVER_HOST": "trends.example"}
BUNDLED = {
    "kafka": {"kafka"},
    "hbase": {"zookeeper", "hbase-master", "hbase-regionserver", "hbase-thrift"},
    "spark": {"spark-master", "spark-worker"},
}


def composed(engines: Sequence[str], settings: dict[str, str]) -> dict[str, Any]:
    """Return what Compose makes of the files for some own engines; raise if it refuses."""
    files = ["compose.yaml", *(f"compose.own-{engine}.yaml" for engine in engines)]
    options = [option for file in files for option in ("--file", str(ROOT / file))]
    command = ["docker", "compose", "--env-file", "/dev/null", *options, "config", "--format"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/tmp"} | settings
    done = subprocess.run(
        [*command, "json"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ValueError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.component
@pytest.mark.parametrize(
    ("engines", "settings"),
    [
        (["kafka"], KAFKA),
        (["hbase"], HBASE),
        (["spark"], SPARK),
        (["kafka", "hbase", "spark"], KAFKA | HBASE | SPARK),
    ],
)
def test_an_own_engine_replaces_the_bundled_one_and_can_be_reached(
    engines: list[str], settings: dict[str, str]
) -> None:
    whole = composed(engines, settings)
    services = whole["services"]
    assert services.keys() == SERVICES.keys() - set().union(*(BUNDLED[each] for each in engines))
    for name, value in settings.items():
        users = {each for each in READ if name in SERVICES[each]["environment"]}
        for each in users:
            assert services[each]["environment"][name] == value
            networks = services[each]["networks"].keys()
            assert any(not whole["networks"][network].get("internal") for network in networks)
    if "kafka" in engines and "spark" not in engines:
        assert "outside" in services["spark-worker"]["networks"]


@pytest.mark.component
@pytest.mark.parametrize(
    ("engine", "settings", "missing"),
    [
        ("kafka", {}, "KAFKA_BOOTSTRAP_SERVERS"),
        ("hbase", {}, "HBASE_THRIFT_HOST"),
        # Of several that are missing, Compose names any one.
        ("spark", {"SPARK_DRIVER_HOST": "a"}, "SPARK_MASTER"),
        ("spark", {"SPARK_MASTER": "spark://a:1"}, "SPARK_DRIVER_HOST"),
    ],
)
def test_an_own_engine_without_its_address_is_refused_by_name(
    engine: str, settings: dict[str, str], missing: str
) -> None:
    with pytest.raises(ValueError, match=f"{missing} is missing a value: set it in .env"):
        composed([engine], settings)


def test_the_services_that_share_no_code_agree_on_how_to_reach_engines() -> None:
    for name in ("gateway.py", "access.py"):
        texts = {path.read_bytes() for path in (ROOT / "services").glob(f"*/*/**/{name}")}
        assert len(texts) == 1, f"the copies of {name} differ"
