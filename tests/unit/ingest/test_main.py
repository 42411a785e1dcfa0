"""The process: a wrong setting, and SIGTERM."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.waiting import eventually

pytestmark = pytest.mark.component

SERVICE = Path(__file__).parents[3] / "services" / "ingest"
HEARTBEAT = Path("/tmp/alive")


def started(log, stdin=subprocess.DEVNULL, **env):
    path = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    path |= {"HBASE_THRIFT_HOST": "127.0.0.1", "HBASE_THRIFT_PORT": "9"}
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "ingest"],
            cwd=SERVICE,
            env=path | env,
            stdin=stdin,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


@pytest.fixture
def run(tmp_path):
    """Starts the service; the log is a file, the process is gone in the end."""
    running = []

    def start(**options):
        running.append(started(tmp_path / "log", **options))
        return running[-1], tmp_path / "log"

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"CONSUMER_KEY": "canary", "ACCESS_TOKEN": "canary"}, "CONSUMER_SECRET, ACCESS_SECRET"),
        ({"POLL_SECONDS": "never"}, "POLL_SECONDS must be a number from 1 to 3600"),
        ({"REPLAY_FILE": "/nowhere/tweets"}, "REPLAY_FILE must be a readable file"),
    ],
)
def test_a_wrong_setting_is_one_line_and_no_restart_loop(run, env, told):
    process, log = run(**env)
    eventually(lambda: told in log.read_text(), within=20)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    assert not HEARTBEAT.exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 2
    lines = log.read_text().splitlines()
    assert " ERROR " in lines[0]
    # Nor can the status be written without HBase, which is told once.
    assert [line for line in lines[1:] if "event=status_failed" not in line] == []
    assert len(lines) <= 2
    assert "canary" not in log.read_text()


def test_a_file_that_is_mended_needs_no_restart(run, tmp_path):
    secret = tmp_path / "token"
    env = {"MASTODON_URL": "http://127.0.0.1:9", "MASTODON_ACCESS_TOKEN_FILE": str(secret)}
    process, log = run(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9", METRICS_PORT="19465", **env)
    rule = "MASTODON_ACCESS_TOKEN_FILE must name a text file that user"
    eventually(lambda: rule in log.read_text(), within=20)
    secret.write_text("a-token\n")
    eventually(lambda: "check KAFKA_BOOTSTRAP_SERVERS" in log.read_text(), within=30)
    assert log.read_text().count("event=wrong_setting") == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_in_a_terminal_a_wrong_setting_is_an_exit_status(run):
    ours, theirs = pty.openpty()
    try:
        process, _ = run(stdin=theirs, DEMO_RATE="fast")
        assert process.wait(20) == 2
    finally:
        os.close(ours)
        os.close(theirs)


def test_without_kafka_it_says_so_waits_and_stops_at_once(run):
    process, log = run(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9", METRICS_PORT="19464")
    eventually(lambda: "check KAFKA_BOOTSTRAP_SERVERS" in log.read_text(), within=30)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
