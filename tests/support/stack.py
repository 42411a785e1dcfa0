"""Runs a whole stack of the product as a user does: Compose, the published port, the host."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from support.waiting import eventually

ROOT = Path(__file__).parents[2]
DEMO = "demo data"
BOARDS = ("all", "1h", "24h", "7d")
# Ten times what a cold start takes on two idle cores.
START_SECONDS = 600
# Besides the test's own settings, only these variables reach Compose: they locate the engine.
PASSED_ON = ("PATH", "HOME", "IMAGES", "BASE_IMAGE", "DOCKER_HOST", "DOCKER_CONFIG", "TMPDIR")

Json = dict[str, Any]

READ_TOPIC = """
import json, sys
from kafka import KafkaConsumer, TopicPartition
topic, known = sys.argv[1], json.loads(sys.argv[2])
consumer = KafkaConsumer(bootstrap_servers="kafka:9092", enable_auto_commit=False)
partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
consumer.assign(partitions)
for partition in partitions:
    consumer.seek(partition, known.get(str(partition.partition), 0))
ends = consumer.end_offsets(partitions)
while any(consumer.position(partition) < end for partition, end in ends.items()):
    for records in consumer.poll(timeout_ms=1000).values():
        for r in records:
            if r.offset < ends[TopicPartition(topic, r.partition)]:
                print(json.dumps([r.partition, r.offset, r.value.decode()]))
"""

WRITE_TOPIC = """
import json, sys
from kafka import KafkaProducer
producer = KafkaProducer(bootstrap_servers="kafka:9092", acks="all", linger_ms=5)
lines = [line.encode() for line in sys.stdin.read().splitlines()]
sent = [producer.send("tweets", line, json.loads(line)["id"].encode()) for line in lines]
producer.flush()
for future in sent:
    future.get(timeout=30)
"""

READ_COUNTS = """
import happybase, json
table = happybase.Connection("hbase-thrift", timeout=60_000).table("hashtags")
rows = table.scan(columns=[b"n:count"])
counts = {key.decode(): int(row[b"n:count"].split()[0]) for key, row in rows}
print(json.dumps(counts))
"""


@dataclass
class Topic:
    """What has been read from a topic so far."""

    values: list[str] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)


class Stack:
    """A stack with its own project name and port.

    `purpose` says what the stack is currently used for; None means that it cannot be reused.
    """

    def __init__(self, project: str, port: int) -> None:
        self.project = project
        self.url = f"http://127.0.0.1:{port}"
        self.purpose: str | None = None
        self._port = port
        self._settings: dict[str, str] = {}
        self._scale: dict[str, int] = {}
        self._overrides: list[Path] = []
        self._topics: dict[str, Topic] = {}

    # -- Compose ------------------------------------------------------------------------------

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Run a Compose command with this stack's settings; return its output."""
        files = [ROOT / "compose.yaml", *self._overrides]
        options = [option for file in files for option in ("--file", str(file))]
        command = ["docker", "compose", "--env-file", "/dev/null", "--project-name", self.project]
        return run([*command, *options, *arguments], self._environment(), check=check)

    def _environment(self) -> dict[str, str]:
        passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return passed | {"WEB_PORT": str(self._port)} | self._settings

    def script(self, name: str, *arguments: str, check: bool = True) -> str:
        """Run one of the scripts that users run, on this stack; return its output."""
        files = ":".join(map(str, [ROOT / "compose.yaml", *self._overrides]))
        named = {"COMPOSE_PROJECT_NAME": self.project, "COMPOSE_FILE": files}
        environment = self._environment() | named | {"COMPOSE_ENV_FILES": "/dev/null"}
        return run([str(ROOT / "scripts" / name), *arguments], environment, check=check)

    def configure(
        self, settings: Mapping[str, str] | None = None, overrides: Sequence[Path] = ()
    ) -> None:
        """Set the contents of `.env`, replacing everything set before."""
        self._settings, self._overrides = dict(settings or {}), list(overrides)

    def up(self, *services: str, wait: bool = True) -> None:
        """Start the stack, or whatever has changed in it."""
        options = ["--detach", "--no-build"]
        if wait:
            options += ["--wait", "--wait-timeout", str(START_SECONDS)]
        for service, number in self._scale.items():
            if service in (services or self._scale):
                options += ["--scale", f"{service}={number}"]
        self.compose("up", *options, *services)

    def up_in_order(self, services: Iterable[str]) -> None:
        """Start services one after the other, without waiting for any."""
        for service in services:
            self.up(service, wait=False)

    def on_demo_data(self) -> "Stack":
        """Make all of the stack run on demo data with default settings, and wait for full boards.

        A stack that already runs on demo data is kept; services that were stopped or configured
        otherwise meanwhile are restored.
        """
        if self.purpose != DEMO:
            self.down()
        self.configure()
        self.up()
        self.purpose = DEMO
        eventually(self._has_full_boards, within=120)
        return self

    def _has_full_boards(self) -> bool:
        boards = [self.board(name, limit=10) for name in BOARDS]
        return all(len(each["hashtags"]) == 10 and not each["stale"] for each in boards)

    @contextmanager
    def at_rest(self) -> Iterator[list[Json]]:
        """Stop ingest until the end, and wait until all is counted; gives all posts."""
        self.compose("stop", "ingest")
        try:
            yield self.settled()
        finally:
            self.up("ingest", wait=False)

    def has_board(self) -> bool:
        """Return whether it serves a board with hashtags on it."""
        try:
            return bool(self.board()["hashtags"])
        except requests.RequestException:
            return False

    def down(self) -> None:
        """Remove the stack and all its data."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "2")
        self._scale, self._topics, self.purpose = {}, {}, None

    def scale(self, service: str, number: int) -> None:
        """Change how many containers a service has."""
        self._scale[service] = number
        self.up(service, wait=False)

    def services(self) -> list[str]:
        """The names of all services."""
        return self.compose("config", "--services").split()

    def config(self) -> Json:
        """The configuration as Compose understands it."""
        return json.loads(self.compose("config", "--format", "json"))  # type: ignore[no-any-return]

    def logs(self, *services: str) -> str:
        """Everything that the containers have logged."""
        return self.compose("logs", "--no-color", *services)

    # -- containers ---------------------------------------------------------------------------

    def containers(self, service: str = "") -> list[Json]:
        """Inspect the containers of one service, or of all."""
        ids = self.compose("ps", "--all", "--quiet", *([service] if service else [])).split()
        return json.loads(run(["docker", "inspect", *ids])) if ids else []

    def container(self, service: str) -> Json:
        """Inspect a service's first container."""
        return self.containers(service)[0]

    def restarts(self) -> dict[str, int]:
        """How often the engine has restarted each container."""
        return {each["Name"]: each["RestartCount"] for each in self.containers()}

    def kill9(self, *services: str) -> float:
        """Kill the first process of each service from outside; return when (time.time).

        After `docker kill` the engine restarts nothing, because the user asked for it. If the
        engine does not restart the containers here, the fault did not take effect.
        """
        before = [self.container(service) for service in services]
        for each in before:
            os.kill(each["State"]["Pid"], signal.SIGKILL)
        killed = time.time()

        def started_again() -> bool:
            after = json.loads(run(["docker", "inspect", *(each["Id"] for each in before)]))
            return all(
                new["RestartCount"] > old["RestartCount"]
                and new["State"]["StartedAt"] > old["State"]["StartedAt"]
                and new["State"]["Running"]
                for old, new in zip(before, after, strict=True)
            )

        eventually(started_again)
        return killed

    def inside(self, image: str, script: str, *arguments: str, text: str = "") -> str:
        """Run a Python script beside the services, on their network."""
        return self.on_network("data", image, script, *arguments, text=text)

    def on_network(
        self, network: str, image: str, script: str, *arguments: str, text: str = ""
    ) -> str:
        """Run a Python script in a container of its own on one of the stack's networks."""
        where = ["--network", f"{self.project}_{network}", f"tweet-trends/{image}"]
        command = ["docker", "run", "--rm", "--interactive", "--pull", "never", *where]
        return run([*command, "python", "-c", script, *arguments], text=text)

    # -- Kafka and HBase ----------------------------------------------------------------------

    def records(self, topic: str) -> list[str]:
        """The values of all records of a topic."""
        known = self._topics.setdefault(topic, Topic())
        read = self.inside("ingest", READ_TOPIC, topic, json.dumps(known.positions))
        for line in read.splitlines():
            partition, offset, value = json.loads(line)
            known.values.append(value)
            known.positions[str(partition)] = offset + 1
        return known.values

    def messages(self) -> list[Json]:
        """All posts in Kafka."""
        return [json.loads(value) for value in self.records("tweets")]

    def produce(self, messages: Iterable[Json]) -> None:
        """Produce posts and wait for the acknowledgements."""
        lines = "\n".join(json.dumps(message) for message in messages)
        self.inside("ingest", WRITE_TOPIC, text=lines)

    def lead_with(self, tag: str, run: str) -> None:
        """Produce as many demo posts with a tag as put it on the first place."""
        number = self.board(limit=1)["hashtags"][0]["count"] + 5
        post = {"source": "demo", "text": "told by the network", "hashtags": [tag]}
        self.produce({"id": f"test:{run}:{n}", "created_at": now(), **post} for n in range(number))

    def counts(self) -> dict[str, int]:
        """The count of each tag in HBase."""
        return json.loads(self.inside("web", READ_COUNTS))  # type: ignore[no-any-return]

    # -- the service --------------------------------------------------------------------------

    def api(self, path: str, **keywords: Any) -> requests.Response:
        """Send a GET request to the published port."""
        return requests.get(self.url + path, timeout=10, **keywords)

    def board(self, name: str = "all", limit: int = 100, rank_by: str = "tweets") -> Json:
        """Fetch a board as it is served."""
        response = self.api(f"/api/v1/trends?board={name}&limit={limit}&rank_by={rank_by}")
        response.raise_for_status()
        return response.json()  # type: ignore[no-any-return]

    def settled(self, within: float = 120) -> list[Json]:
        """Wait until the whole topic has been read and nothing more arrives; return the posts."""

        def quiet() -> list[Json] | None:
            messages = self.messages()
            eventually(lambda: self.board()["tweets_read"] >= len(messages), within=within)
            counted = self.later_board()
            if counted["tweets_read"] == len(messages) == len(self.messages()):
                return messages
            return None

        return eventually(quiet, within=within) or []

    def later_board(self, after: float | None = None, within: float = 60) -> Json:
        """Wait for a fresh board computed after a time (time.time), by default after this call."""
        moment = time.time() if after is None else after

        def later() -> Json | None:
            board = self.board()
            is_later = as_of(board) > moment and not board["stale"]
            return board if is_later else None

        return eventually(later, within=within) or {}


def service_of(container: Json) -> str:
    """The service that an inspected container belongs to."""
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def as_of(board: Json) -> float:
    """When a board was computed (time.time)."""
    return datetime.fromisoformat(board["as_of"]).timestamp()


def now() -> str:
    """The current time in the format of the message contract."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    text: str = "",
    check: bool = True,
) -> str:
    """Run a command and return what it printed; if it fails, raise an error with its output."""
    done = subprocess.run(
        command, env=environment, input=text, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        said = f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        raise RuntimeError(f"status {done.returncode}: {' '.join(command)[:500]}\n{said}")
    return done.stdout
