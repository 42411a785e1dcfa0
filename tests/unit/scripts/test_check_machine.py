"""scripts/check-machine says what this machine lacks, and what to do."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from support.stack import ROOT

# Each test runs the script.
pytestmark = pytest.mark.component

# An engine and its plugins; variables say what is different. Without RUNNING no stack runs.
PROGRAMS = {
    "docker": """
case "$*" in
  "version --format"*) echo "${ENGINE-27.5.1+dfsg}"; [ -n "${ENGINE-27}" ] ;;
  "compose version"*) echo "${COMPOSE-2.26.1-4}" ;;
  "buildx version") echo "github.com/docker/buildx ${BUILDX-v0.13.1} 1234567" ;;
  "compose ps"*) echo "${RUNNING-}" ;;
  "compose config --hash "*) echo "${4} as-set" ;;
  "inspect"*) echo "${HASH-}" ;;
  "compose exec"*) echo "ok asked in the container" ;;
  "compose run"*"-m ingest.check") echo "${INGEST-ok Kafka answers at kafka.example:9093}" ;;
  "compose run"*"-m trends.check") [ -n "${TRENDS-}" ] && echo "$TRENDS" && exit 1 || exit 125 ;;
  "info --format {{.DockerRootDir}}") echo / ;;
  *) exit 1 ;;
esac
""",
    "df": """echo Filesystem; echo "/dev/sda1 100000000 1 ${FREE_KB-9000000} 1% /" """,
    "timedatectl": 'echo "${SYNCHRONIZED-yes}"',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in PROGRAMS.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/bash\n{text}\n")
        program.chmod(0o755)
    (tmp_path / "meminfo").write_text("MemTotal: 8000000 kB\nMemAvailable: 6000000 kB\n")
    return tmp_path


def unused_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def check(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts/check-machine"],
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "MEMINFO": str(folder / "meminfo"),
            "WEB_PORT": str(unused_port()),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_good_machine_has_no_problem(folder: Path) -> None:
    done = check(folder)
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    subjects = [line.split()[1] for line in lines]
    names = ["docker", "compose", "buildx", "memory", "disk", "port", "clock", ".env"]
    assert subjects == [f"{name}:" for name in names]
    assert {line.split()[0] for line in lines} == {"ok"}
    assert "version 27.5.1" in lines[0]


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"ENGINE": ""}, "docker:  it does not answer; run 'make up'"),
        ({"ENGINE": "19.03.15"}, "docker:  this is version 19.03.15, 20.10 is needed; upgrade it"),
        ({"COMPOSE": "1.29.2"}, "compose: this is version 1.29.2, 2.0 is needed"),
        ({"COMPOSE": ""}, "compose: it does not answer; install Docker's Compose plugin"),
        ({"BUILDX": ""}, "buildx:  it does not answer; install Docker's Buildx plugin"),
        ({"FREE_KB": "5000000"}, "disk:    4 GB are free in /, 8 GB are needed; free some"),
        ({"SYNCHRONIZED": "no"}, "clock:   nothing keeps it right; run 'sudo timedatectl"),
        ({"CONTAINER_CORES": "1.5"}, ".env:    CONTAINER_CORES must be a whole number of cores"),
    ],
)
def test_a_problem_has_advice(folder: Path, environment: dict[str, str], line: str) -> None:
    done = check(folder, **environment)
    assert done.returncode == 1
    problems = [each for each in done.stdout.splitlines() if not each.startswith("ok ")]
    assert len(problems) == 1
    assert problems[0].startswith(f"PROBLEM  {line}")


def test_memory_that_is_in_use_is_not_there(folder: Path) -> None:
    (folder / "meminfo").write_text("MemTotal: 8000000 kB\nMemAvailable: 2048000 kB\n")
    done = check(folder)
    assert done.returncode == 1
    assert "PROBLEM  memory:  2000 MB are available, 3500 MB are needed; stop" in done.stdout


def test_a_port_that_another_program_has_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = check(folder, WEB_PORT=port)
        assert done.returncode == 1
        assert f"PROBLEM  port:    another program listens on port {port}; stop it" in done.stdout
        # It may be the dashboard itself.
        assert check(folder, WEB_PORT=port, RUNNING="0123456789ab").returncode == 0


def test_a_stack_that_runs_has_taken_what_it_needs(folder: Path) -> None:
    (folder / "meminfo").write_text("MemAvailable: 100000 kB\n")
    running = {"RUNNING": "0123456789ab", "FREE_KB": "3000000"}
    assert check(folder, **running).returncode == 0
    assert check(folder, RUNNING="0123456789ab", FREE_KB="1000000").returncode == 1


def test_a_clock_without_a_time_service_is_compared_with_the_files(folder: Path) -> None:
    (folder / "timedatectl").unlink()
    (folder / "timedatectl").symlink_to("/bin/false")
    assert "ok       clock:" in check(folder).stdout
    # A `mktemp` whose file is from the past is a clock that is behind.
    program = folder / "mktemp"
    program.write_text('#!/bin/sh\ntouch -d 2001-01-01 "$OLD"; echo "$OLD"\n')
    program.chmod(0o755)
    done = check(folder, OLD=str(folder / "old"))
    assert "PROBLEM  clock:   it is behind the files of this checkout; set the time" in done.stdout
    assert done.returncode == 1


def test_own_engines_are_asked_by_the_services_that_use_them(folder: Path) -> None:
    own = {"COMPOSE_FILE": "compose.yaml:compose.own-kafka.yaml"}
    done = check(folder, **own, TRENDS="PROBLEM the workers lack regex")
    assert done.returncode == 1
    engines = [line for line in done.stdout.splitlines() if " engines: " in line]
    assert engines == [
        "ok       engines: Kafka answers at kafka.example:9093",
        "PROBLEM  engines: the workers lack regex; docs/operations.md has what is needed",
    ]


@pytest.mark.parametrize(
    ("hash_of_container", "said"),
    [("as-set", "asked in the container"), ("of before", "Kafka answers at kafka.example:9093")],
)
def test_a_container_with_earlier_settings_is_not_asked(
    folder: Path, hash_of_container: str, said: str
) -> None:
    own = {"COMPOSE_FILE": "compose.yaml:compose.own-kafka.yaml", "RUNNING": "0123"}
    done = check(folder, **own, HASH=hash_of_container)
    assert f"ok       engines: {said}" in done.stdout


def test_own_engines_before_the_images_are_built(folder: Path) -> None:
    done = check(folder, COMPOSE_FILE="compose.yaml:compose.own-hbase.yaml")
    assert done.returncode == 1
    assert "trends has not answered: run 'make up' first" in done.stdout
