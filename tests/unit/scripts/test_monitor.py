"""scripts/monitor: what it refuses before it starts anything."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from support.stack import ROOT

# Logs its calls; `ps` prints what $RUNNING says.
DOCKER = """#!/bin/bash
echo "${COMPOSE_FILE-} $*" >>"$FOLDER/log"
case "$*" in
  "compose ps --quiet prometheus") printf %s "${RUNNING-}" ;;
  "compose up"*) exit 1 ;;
esac
"""


def monitor(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    docker = folder / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    # With IMAGES nothing is built here.
    environment = {"PATH": path, "FOLDER": str(folder), "IMAGES": "registry.example"}
    return subprocess.run(
        [ROOT / "scripts/monitor"],
        env=environment | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def started_with(folder: Path) -> list[str]:
    """Compose's files at each start of the stack."""
    calls = (folder / "log").read_text().splitlines()
    return [call.partition(" ")[0] for call in calls if " compose up " in call]


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = monitor(tmp_path, PROMETHEUS_PORT=port)
    assert done.returncode == 1
    assert f"another program listens on port {port}: stop it, or set PROMETHEUS_PORT" in done.stderr
    assert started_with(tmp_path) == []


def test_its_own_port_is_no_obstacle(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as own:
        port = str(own.getsockname()[1])
        done = monitor(tmp_path, PROMETHEUS_PORT=port, RUNNING="prometheus")
    assert "another program" not in done.stderr
    assert started_with(tmp_path)


def test_a_wrong_port_is_named(tmp_path: Path) -> None:
    done = monitor(tmp_path, PROMETHEUS_PORT="0")
    assert "PROMETHEUS_PORT must be a port number" in done.stderr
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", "compose.yaml:compose.monitoring.yaml"),
        (
            "compose.yaml:compose.secrets.yaml",
            "compose.yaml:compose.secrets.yaml:compose.monitoring.yaml",
        ),
        ("compose.yaml:compose.monitoring.yaml", "compose.yaml:compose.monitoring.yaml"),
    ],
)
def test_the_user_s_files_are_kept(tmp_path: Path, given: str, used: str) -> None:
    monitor(tmp_path, COMPOSE_FILE=given, PROMETHEUS_PORT="65534")
    assert started_with(tmp_path) == [used]
