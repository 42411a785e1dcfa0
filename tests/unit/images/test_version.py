"""The version stands in pyproject.toml, and every other place that names it says the same."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[3]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SERVICES |= yaml.safe_load((ROOT / "compose.monitoring.yaml").read_text())["services"]
BUILDS = {name: each["build"] for name, each in SERVICES.items() if "build" in each}
LABELS = """LABEL org.opencontainers.image.title="Tweet Trends: {name}" \\
      org.opencontainers.image.licenses=Apache-2.0 \\
      org.opencontainers.image.version=$VERSION
"""


@pytest.mark.parametrize("service", BUILDS)
def test_an_image_is_built_as_this_version(service: str) -> None:
    assert BUILDS[service]["args"]["VERSION"] == PROJECT["version"]


@pytest.mark.parametrize("service", BUILDS)
def test_an_image_names_its_version_and_licence_last(service: str) -> None:
    """In front of other layers, each new version would build them again."""
    folder = ROOT / BUILDS[service]["context"]
    text = (folder / "Dockerfile").read_text()
    assert text.endswith(LABELS.format(name=folder.name))
    after = text.partition("ARG VERSION=development\n")[2]
    assert re.findall(r"^[A-Z]+", after, re.MULTILINE) in (["LABEL"], ["ENV", "LABEL"])


def test_the_changelog_begins_with_what_is_unreleased_and_then_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall("^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert re.fullmatch(re.escape(PROJECT["version"]) + r" - \d{4}-\d{2}-\d{2}", headings[1])


def test_the_licence_is_the_one_that_is_named() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    words = " ".join((ROOT / "LICENSE").read_text().split())
    assert words.startswith("Apache License Version 2.0, January 2004")
    assert all((ROOT / name).is_file() for name in PROJECT["license-files"])
