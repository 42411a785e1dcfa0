"""scripts/show-version names the versions of the checkout and of what runs."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from support.stack import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
DOCKER = """#!/bin/bash
case "$*" in
  "compose ps --quiet") printf '%s' "$CONTAINERS" ;;
  inspect*) printf '%s' "$LABELS" ;;
esac
"""


def show(folder: Path, containers: str, labels: str = "") -> list[str]:
    docker = folder / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "CONTAINERS": containers,
        "LABELS": labels,
    }
    done = subprocess.run(
        [ROOT / "scripts/show-version"], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_without_a_stack_it_is_the_checkout_s(tmp_path: Path) -> None:
    assert show(tmp_path, "") == [f"checkout  {VERSION}", "running   nothing"]


@pytest.mark.parametrize(
    ("labels", "lines"),
    [
        ("0.1.0 web\n0.1.0 kafka\n", ["running   0.1.0: kafka web"]),
        ("0.1.0 web\n0.1.0 web\n", ["running   0.1.0: web"]),
        (
            "0.2.0 web\nunknown kafka\n0.1.0 trends\n",
            ["running   0.1.0: trends", "running   0.2.0: web", "running   unknown: kafka"],
        ),
    ],
)
def test_the_services_of_each_version_are_named(
    tmp_path: Path, labels: str, lines: list[str]
) -> None:
    assert show(tmp_path, "1\n2\n3\n", labels)[1:] == lines
