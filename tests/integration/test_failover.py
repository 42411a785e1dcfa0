"""A driver that stands by takes over from one that is killed, hangs, is cut off or stops."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import happybase
import pytest
import requests

from integration.widget.lab import Relay, free_port
from support.aims import PATIENCE
from support.driver import stream
from support.integration_support import awake, counts_in_hbase, counts_of, send
from support.oracle import Oracle
from support.waiting import eventually
from trends.counting.progress import Done
from trends.counting.spans import LONGEST
from trends.hbase.client import Client
from trends.kafka.topics import Topics

# Seconds from the fault until the other driver has counted newer posts.
AIM = 20


class Process:
    """A driver in a process group of its own, together with its Java process."""

    def __init__(self, folder: Path, name: str, **environment: str) -> None:
        self._folder = folder / name
        self._folder.mkdir()
        self._log = (self._folder / "log").open("w")
        self.port = free_port()
        own = {
            "TMPDIR": str(self._folder),
            "METRICS_PORT": str(self.port),
            "SPARK_MASTER": "local[2]",
            "TRIGGER_SECONDS": "0.1",
            "PYSPARK_SUBMIT_ARGS": "--conf spark.ui.enabled=false pyspark-shell",
        }
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("driver_process.py"), name],
            env={**os.environ, **own, **environment},
            stderr=self._log,
            start_new_session=True,
        )

    def log(self) -> str:
        return (self._folder / "log").read_text()

    def is_healthy(self) -> bool:
        return (self._folder / "alive").exists()

    def is_leader(self) -> bool:
        metrics = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text
        return "\ntrends_leader 1.0\n" in metrics

    def signal(self, number: int) -> None:
        os.killpg(self._process.pid, number)

    def stop(self) -> None:
        """Stop as Docker does: it signals the driver alone."""
        self._process.terminate()

    def status(self) -> int | None:
        return self._process.poll()

    def end(self) -> None:
        if self._process.poll() is None:
            self.signal(signal.SIGKILL)
        self._process.wait()
        self._log.close()


@pytest.fixture
def drivers(tmp_path: Path, client: Client, topics: Topics) -> Iterator[Callable[..., Process]]:
    """Starts drivers; they are gone in the end."""
    with ExitStack() as stack:

        def start(name: str, **environment: str) -> Process:
            process = Process(tmp_path, name, **environment)
            stack.callback(process.end)
            return process

        yield start


@pytest.fixture
def gateway() -> Iterator[Relay]:
    found = Relay()
    found.mend()
    yield found
    found.cut()


def records_read(hbase: happybase.Connection) -> int:
    row = awake(hbase).table("boards").row(b"_progress", [b"b:done"])
    return Done.from_json(row[b"b:done"]).read if row else 0


def assert_exact(hbase: happybase.Connection, messages: list[dict[str, object]]) -> None:
    since = time.time_ns() // 60_000_000_000 - LONGEST
    counted, expected = counts_in_hbase(hbase), counts_of(Oracle(messages), since)
    for rows in (counted, expected):  # a minute may leave the window meanwhile
        for row in rows.values():
            del row["minutes"], row["authors"]
    assert counted == expected


def wait_for(process: Process, line: str) -> None:
    eventually(lambda: re.search(line, process.log()), within=120)


@pytest.mark.parametrize("fault", ["killed", "hung", "cut off", "stopped"])
def test_another_driver_takes_over(
    drivers: Callable[..., Process], hbase: happybase.Connection, gateway: Relay, fault: str
) -> None:
    """In the middle of a backlog; and a driver that comes back changes nothing."""
    messages = stream(50, 4000)
    first = drivers(
        "first",
        HBASE_THRIFT_HOST="127.0.0.1",
        HBASE_THRIFT_PORT=str(gateway.port),
        MAX_TWEETS_PER_BATCH="200",
    )
    wait_for(first, "counting from the offsets")
    second = drivers("second")
    wait_for(second, "the driver first/[0-9]+ is counting: standing by")
    assert second.is_healthy()
    assert first.is_leader() and not second.is_leader()
    send(messages[:3000])
    eventually(lambda: records_read(hbase) > 400, within=120, every=0.05)
    match fault:
        case "killed":
            first.signal(signal.SIGKILL)
        case "hung":
            first.signal(signal.SIGSTOP)
        case "cut off":
            gateway.flows.clear()
        case "stopped":
            first.stop()
    struck, before = time.monotonic(), records_read(hbase)
    send(messages[3000:])
    eventually(lambda: records_read(hbase) > before, within=PATIENCE * AIM)
    print(f"{fault}: another driver has counted after {time.monotonic() - struck:.1f} s")
    eventually(second.is_leader)  # the one that stops may have counted its last batch
    gateway.flows.set()
    if fault == "hung":
        first.signal(signal.SIGCONT)
    eventually(lambda: first.status() is not None, within=120)
    if fault in ("hung", "cut off"):
        assert first.status() == 1
        assert re.search("the driver second/[0-9]+ has taken over", first.log())
    if fault == "stopped":
        assert "the driver first" in second.log() and "has stopped: taking over" in second.log()
    eventually(lambda: records_read(hbase) == len(messages), within=120)
    assert_exact(hbase, messages)
