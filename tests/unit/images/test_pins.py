"""Whatever the images are built from has a fixed version, and Python packages have hashes."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCKERFILES = sorted([*ROOT.glob("*/Dockerfile"), *ROOT.glob("services/*/Dockerfile")])
POMS = sorted([*ROOT.glob("*/pom.xml"), *ROOT.glob("services/*/pom.xml")])
LOCKS = sorted([*ROOT.glob("tests/requirements.txt"), *ROOT.glob("services/*/requirements.txt")])
EXACT = re.compile(r"\d+(\.[0-9A-Za-z-]+)*(?<!SNAPSHOT)")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def instructions(dockerfile: Path) -> list[str]:
    """Return a Dockerfile's instructions, one per line."""
    lines = (line for line in dockerfile.read_text().splitlines() if not line.startswith("#"))
    joined = "\n".join(lines).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip()]


def test_nothing_is_overlooked() -> None:
    assert {name(each.parent) for each in DOCKERFILES} == {
        "hbase",
        "kafka",
        "monitoring",
        "services/alerts",
        "services/ingest",
        "services/spark",
        "services/web",
        "tests",
        "zookeeper",
    }
    assert {name(each.parent) for each in POMS} == {"hbase", "kafka", "services/spark", "zookeeper"}
    assert len(LOCKS) == 5


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=name)
def test_an_image_takes_packages_only_as_they_are_locked(dockerfile: Path) -> None:
    """No other base image, no download, and no pip without hashes."""
    lines = instructions(dockerfile)
    stages = [line.split() for line in lines if line.startswith("FROM ")]
    own = {stage[3] for stage in stages if len(stage) > 2}
    assert {stage[1] for stage in stages} - own <= {"${BASE_IMAGE}", "${SPARK_IMAGE}"}
    assert not [line for line in lines if re.search(r"\b(curl|wget)\b|^ADD ", line)]
    installs = [line for line in lines if re.search(r"\bpip3? install\b", line)]
    assert all("--require-hashes" in line for line in installs)
    assert bool(installs) == (dockerfile.parent / "requirements.txt").exists()
    assert not [line for line in lines if re.search(r"\bnpm (i|install)\b", line)]


@pytest.mark.parametrize("pom", POMS, ids=name)
def test_jars_are_named_by_their_version(pom: Path) -> None:
    project = ET.parse(pom).getroot()
    found = [each.text or "" for each in project.iterfind(".//{*}dependency/{*}version")]
    assert found
    assert [version for version in found if not EXACT.fullmatch(version)] == []
    assert len(found) == len(project.findall(".//{*}dependency"))
    assert not project.findall(".//{*}repository")


@pytest.mark.parametrize("lock", LOCKS, ids=name)
def test_every_package_has_a_version_and_a_hash(lock: Path) -> None:
    lines = instructions(lock)
    assert len(lines) > 5
    pinned = re.compile(r"[a-z0-9._-]+(\[[a-z,-]+\])?==\S+( +--hash=sha256:[0-9a-f]{64})+")
    assert [line for line in lines if not pinned.match(line)] == []
