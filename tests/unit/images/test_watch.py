"""What `make watch` copies into a container goes where the image has it."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[3]
SERVICES = yaml.safe_load((ROOT / "compose.watch.yaml").read_text())["services"]
PYTHON = {"alerts": "alerts", "ingest": "ingest", "spark-worker": "spark", "trends": "spark"}
PYTHON["web"] = "web"


def watched(service: str, action: str) -> list[dict[str, Any]]:
    rules = SERVICES[service]["develop"]["watch"]
    return [rule for rule in rules if rule["action"] == action]


def home_in_image(folder: Path, source: str) -> PurePosixPath:
    """Where the last stage of a service's Dockerfile copies one of its folders."""
    last = (folder / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    found = re.search(rf"^COPY {source} (\S+)$", last, re.MULTILINE)
    here = re.search(r"^WORKDIR (\S+)$", last, re.MULTILINE)
    assert found and here
    return PurePosixPath(here[1]) / found[1]


def test_all_python_services_are_watched() -> None:
    assert SERVICES.keys() == PYTHON.keys()


@pytest.mark.parametrize(("service", "folder"), PYTHON.items())
def test_code_is_copied_to_where_the_image_has_it(service: str, folder: str) -> None:
    (rule,) = watched(service, "sync+restart")
    source = ROOT / rule["path"]
    assert source.is_dir() and source.parent == ROOT / "services" / folder
    assert PurePosixPath(rule["target"]) == home_in_image(source.parent, source.name)
    # Otherwise the engine refuses to copy anything.
    assert SERVICES[service]["read_only"] is False


@pytest.mark.parametrize("service", PYTHON)
def test_what_is_not_code_makes_a_new_image(service: str) -> None:
    rules = watched(service, "rebuild")
    assert all((ROOT / rule["path"]).is_file() for rule in rules)
    # The worker's image is that of the driver.
    assert bool(rules) == (service != "spark-worker")
