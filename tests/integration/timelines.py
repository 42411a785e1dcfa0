"""The ingest as a process, the networks' doubles over HTTP, a real Kafka and a real HBase."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import happybase
import requests

from fakes import bluesky, mastodon, x
from fakes.server import Double, Serving
from support.integration_support import KAFKA, records
from support.waiting import eventually

ROOT = Path(__file__).parents[2]
PROCESS = Path(__file__).parent / "ingest_process.py"
THRIFT = os.environ.get("HBASE_THRIFT_HOST", "hbase-thrift")
NAMES = ("x", "mastodon", "bluesky")
# The ways in which they page; a network's name comes first.
PAGED: dict[str, dict[str, Any]] = {
    "x": {},
    "x, tokens are positions": {"tokens": "position"},
    "x, tokens belong to a query": {"tokens": "bound"},
    "mastodon": {},
    "mastodon, min_id is since_id": {"min_id_is_since_id": True},
    "bluesky": {},
}
# The first call for the timeline: before it Bluesky makes a session.
FIRST = {"x": 1, "mastodon": 1, "bluesky": 2}
TWEETS, QUARANTINE, CURSORS = "tweets", "tweets.quarantine", "ingest.cursors"
PORTS = itertools.count(20_000)

Served = Serving[Double]


class Ingest:
    """One installation: topics and a status of its own, and one process after the other.

    An empty `prefix` gives them the product's own names.
    """

    def __init__(self, folder: Path, prefix: str | None = None) -> None:
        self._prefix = f"test-{uuid.uuid4().hex[:8]}-" if prefix is None else prefix
        self.topics = [self._prefix + name for name in (TWEETS, QUARANTINE, CURSORS)]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._runs = 0
        self.port = 0

    def start(self, **env: str) -> None:
        """Start a process; `env` is all that it is told, beside where Kafka and HBase are."""
        self._runs, self.port = self._runs + 1, next(PORTS)
        given = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "services" / "ingest"),
            "PYTHONUNBUFFERED": "1",
            "KAFKA_BOOTSTRAP_SERVERS": KAFKA,
            "HBASE_THRIFT_HOST": THRIFT,
            "METRICS_PORT": str(self.port),
            "POLL_SECONDS": "1",
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(PROCESS), self._prefix],
                env=given | env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> float:
        """SIGTERM; the seconds it took to end, by itself and without an error."""
        assert self._process
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(15) == 0
        return time.monotonic() - began

    def wait(self) -> int:
        """The exit status, as soon as there is one."""
        assert self._process
        return self._process.wait(60)

    def end(self) -> None:
        """Leave nothing behind."""
        if self._process:
            self._process.kill()
            self._process.wait()

    @property
    def _log(self) -> Path:
        return self._folder / f"{self._prefix}{self._runs}.log"

    def log(self) -> str:
        """What this process has logged."""
        return self._log.read_text(encoding="utf-8")

    def all_logs(self) -> str:
        """What all processes have logged."""
        return "".join(path.read_text() for path in self._folder.glob(f"{self._prefix}*.log"))

    def tweets(self) -> list[dict[str, Any]]:
        """The messages that Kafka has."""
        return [json.loads(value) for value in records(self._prefix + TWEETS)]

    def ids(self) -> list[str]:
        """Their ids, sorted."""
        return sorted(message["id"] for message in self.tweets())

    def quarantined(self) -> list[dict[str, Any]]:
        """The records that were set aside."""
        return [json.loads(value) for value in records(self._prefix + QUARANTINE)]

    def cursors(self) -> list[dict[str, Any]]:
        """The cursors, as far as they are not compacted."""
        return [json.loads(value) for value in records(self._prefix + CURSORS)]

    def status(self) -> dict[str, dict[str, Any]]:
        """What HBase has of each source, by its name."""
        connection = happybase.Connection(THRIFT)
        cells = connection.table("status").row(f"{self._prefix}ingest".encode())
        connection.close()
        return {each["name"]: each for each in json.loads(cells[b"s:document"])["sources"]}

    def metrics(self) -> str:
        """The page of metrics."""
        return requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text

    def most_memory(self) -> int:
        """The most memory that the process ever had, in MB."""
        assert self._process
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) // 1024


def double(name: str) -> Double:
    """A double of a network, or of one that pages in its own way (`PAGED`)."""
    kinds: dict[str, type[Double]] = {
        "x": x.XDouble,
        "mastodon": mastodon.MastodonDouble,
        "bluesky": bluesky.BlueskyDouble,
    }
    made = kinds[network(name)]()
    made.settings(PAGED[name])
    return made


def network(name: str) -> str:
    """The network of one of `PAGED`."""
    return name.partition(",")[0]


def environment(name: str, served: Served) -> dict[str, str]:
    """The environment that leads to a double."""
    name = network(name)
    if name == "x":
        return x.CREDENTIALS | {"X_API_URL": served.url}
    return (mastodon if name == "mastodon" else bluesky).environment(served.url)


def post(served: Served, count: int, **fields: Any) -> None:
    """Put so many posts with a tag on a timeline."""
    with served.double.lock:
        served.double.add([written(served, f"tweet {n} #Tag", fields) for n in range(count)])


def written(served: Served, text: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A post in the network's own words."""
    if isinstance(served.double, mastodon.MastodonDouble):
        return {"content": f"<p>{text}</p>", "tags": [{"name": "Tag", "url": "/"}]} | fields
    return {"text": text} | fields


def fetched(served: Served) -> list[dict[str, Any]]:
    """The calls for the timeline."""
    return [call for call in served.requests if "imeline" in call["path"]]


def delivered(ingest: Ingest, number: int, within: float = 60) -> list[str]:
    """The ids, as soon as there are so many different ones."""
    eventually(lambda: len(set(ingest.ids())) >= number, within)
    return ingest.ids()
