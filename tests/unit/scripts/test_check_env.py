"""What scripts/check-env says about an .env file that only Compose reads."""

import os
import subprocess
from pathlib import Path

import pytest

from support.stack import ROOT

# Each test runs the script.
pytestmark = pytest.mark.component


def check(path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts/check-env", path],
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("CONTAINER_CORES=1.5", "CONTAINER_CORES must be a whole number of cores from 1 to"),
        ("CONTAINER_CORES=0", "CONTAINER_CORES must be"),
        ('SPARK_WORKER_CORES="two"', "SPARK_WORKER_CORES must be"),
        ("SPARK_DRIVER_MEMORY=512", "SPARK_DRIVER_MEMORY must be"),
        ("WEB_BIND=[::1]", "WEB_BIND must be an IP address"),
        ("WEB_BIND=localhost", "WEB_BIND must be an IP address"),
        ("WEB_PORT=http", "WEB_PORT must be a port number from 1"),
        ("WEB_PORT=65536", "to 65535, not '65536'"),
        ("CONSUMER_SECRET=ab$cd", "CONSUMER_SECRET has a $ in it"),
        ('BLUESKY_APP_PASSWORD="ab$cd"', "BLUESKY_APP_PASSWORD has a $ in it"),
        ("AUTHOR_SALT=$$ab$", "AUTHOR_SALT has a $ in it"),
        ("BLUESKY_APP_PASSWORD=$ecret-abcd", "BLUESKY_APP_PASSWORD has a $ in it"),
        ("export ACCESS_TOKEN = a$b", "ACCESS_TOKEN has a $ in it"),
        ("HTTPS_PROXY=http://u:p$ss@proxy:1", "HTTPS_PROXY has a $ in it"),
        ('ALERT_URLS="json://u:p$ss@a mailto://b"', "ALERT_URLS has a $ in it"),
        ("REPLAY_FILE=data/tweets.js", "REPLAY_FILE must be a path that begins with ./ or /"),
        ("REPLAY_FILE=./a:b.js", "REPLAY_FILE must be a path"),
        ("REPLAY_FILE=/nowhere/tweets.js", "REPLAY_FILE names /nowhere/tweets.js, which does not"),
        ("CA_FILE=./no.pem", "CA_FILE names ./no.pem, which does not exist"),
    ],
)
def test_a_wrong_variable_is_named(line: str, rule: str, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(f"# A comment\n{line}\n")
    done = check(file)
    assert done.returncode == 1
    assert rule in done.stderr


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "CONTAINER_CORES=4 # of eight",
        "CONTAINER_CORES='4'\nWEB_BIND=::1\nWEB_PORT=80\nSPARK_DRIVER_MEMORY=1g",
        "CONSUMER_SECRET='ab$cd'\nACCESS_TOKEN=a$$b\n#ACCESS_SECRET=a$b",
        "REPLAY_FILE=$HOME/tweets.js",
        "REPLAY_FILE=./README.md\nCA_FILE=./README.md",
        "CONTAINER_CORES=1.5\nCONTAINER_CORES=2",
        "CONSUMER_SECRET=abcd # costs $5\nACCESS_TOKEN= 'ab$cd'",
    ],
)
def test_what_compose_takes_passes(lines: str, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(lines)
    assert check(file).stderr == ""


def test_the_environment_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("CONTAINER_CORES=2")
    assert "not '1.5'" in check(file, CONTAINER_CORES="1.5").stderr


def test_the_example_passes() -> None:
    assert check(ROOT / ".env.example").returncode == 0
    assert check(ROOT / "none").returncode == 0


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS=kafka.example:9093", "compose.own-kafka.yaml"),
        ("HBASE_THRIFT_HOST=thrift.example", "compose.own-hbase.yaml"),
        ("SPARK_MASTER=spark://spark.example:7077", "compose.own-spark.yaml"),
    ],
)
def test_the_address_of_an_own_engine_needs_its_file(tmp_path: Path, line: str, file: str) -> None:
    path = tmp_path / "env"
    path.write_text(f"{line}\n")
    assert f"needs {file} in COMPOSE_FILE" in check(path).stderr
    path.write_text(f"COMPOSE_FILE=compose.yaml:{file}\n{line}\n")
    assert check(path).returncode == 0
