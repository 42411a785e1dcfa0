"""Measures the product on its own stack."""

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import requests

from bench.network import answer
from bench.report import say
from support.engine import Peak, usage
from support.stack import Stack, run, service_of
from support.waiting import Watcher, eventually

LOAD = (Path(__file__).parent / "load.py").read_text()
PRODUCERS = 2
# The producers' shares are of one size.
BACKLOG = int(os.environ.get("BENCH_TWEETS", "1000000")) // PRODUCERS * PRODUCERS
BURST = 100_000
IDLE_SECONDS = 60
DEMO_RATE = 10
# How long the demo runs before it is measured.
DEMO_SECONDS = 300
# Of one core each, as many as the machine has.
WORKERS = (1, 2)


@dataclass(frozen=True)
class Latency:
    """Seconds from sending each post to the JSON that counts it."""

    rate: int
    seconds: list[float]


@dataclass(frozen=True)
class Drain:
    """How a running stack counted a backlog.

    `rate` is in posts a second, between the first and the last response that counts some of it;
    `waiting` is the share of the batches' time in which executors waited for the driver and HBase;
    `processor` is the processor time of each service, in seconds a post.
    """

    seconds: float
    rate: float
    waiting: float
    processor: dict[str, float]


@dataclass(frozen=True)
class DriverAlone:
    """How long the driver took for a backlog of executors' results, and its processor seconds."""

    seconds: float
    processor: float

    @property
    def rate(self) -> float:
        """Posts a second."""
        return BACKLOG / self.seconds


@dataclass(frozen=True)
class Run:
    """How a program just started counted a backlog; times are those of `time.time`."""

    tweets: int
    started: float
    first: float
    last: float
    memory_bytes: int

    @property
    def rate(self) -> float:
        """Posts a second from the first record on."""
        return self.tweets / (self.last - self.first)

    @property
    def rate_with_start(self) -> float:
        """Posts a second from the start of the container on."""
        return self.tweets / (self.last - self.started)


def load(
    stack: Stack, name: str, number: int, rate: int, processes: int = 1, kind: str = "timeline"
) -> list[float]:
    """Produce posts; return when each was sent, if at a rate."""
    printed = stack.inside("ingest", LOAD, kind, name, str(number), str(rate), str(processes))
    return sorted(float(line) for line in printed.split())


class Reader(Watcher):
    """Polls the endpoint `every` so many seconds and records when it counted how many posts."""

    def __init__(self, stack: Stack, every: float = 0.1) -> None:
        super().__init__(every)
        self.seen: list[tuple[float, int]] = []
        self._url = f"{stack.url}/api/v1/trends"

    def __enter__(self) -> Self:
        super().__enter__()
        eventually(lambda: self.seen, within=30)
        return self

    def run(self) -> None:
        with requests.Session() as self._session:
            super().run()

    def look(self) -> None:
        read = self._session.get(self._url, timeout=30).json()["tweets_read"]
        if not self.seen or read > self.seen[-1][1]:
            self.seen.append((time.time(), read))

    def reached(self, read: int, within: float) -> float:
        """Wait until so many posts are counted; return when they were (`time.time`)."""
        eventually(lambda: self.seen[-1][1] >= read, within=within)
        return next(moment for moment, number in self.seen if number >= read)


def read_so_far(stack: Stack) -> int:
    """The endpoint's `tweets_read`."""
    return int(stack.board()["tweets_read"])


def measure_latency(stack: Stack, rate: int, seconds: int, warm_up: int) -> Latency:
    """Send posts at a rate, after `warm_up` seconds that are not measured.

    The k-th post sent is considered counted once the endpoint reports k posts.
    """
    start = read_so_far(stack)
    before = start + len(load(stack, f"warm-up-{rate}", warm_up * rate, rate))
    eventually(lambda: read_so_far(stack) >= before, within=60)
    with Reader(stack, every=0.02) as reader:
        sent = load(stack, f"latency-{rate}", seconds * rate, rate)
        reader.reached(before + len(sent), within=60)
    latencies, seen = [], iter(reader.seen)
    moment, read = next(seen)
    for number, sent_at in enumerate(sent, before + 1):
        while read < number:
            moment, read = next(seen)
        latencies.append(moment - sent_at)
    return Latency(rate, latencies)


def measure_warm(stack: Stack, name: str = "warm") -> Drain:
    """Build up a backlog while HBase is paused, then measure how it is counted."""
    before = read_so_far(stack)
    thrift = stack.container("hbase-thrift")["Id"]
    run(["docker", "pause", thrift])
    say(f"producing {BACKLOG:,} posts while HBase's Thrift server is paused")
    load(stack, name, BACKLOG, 0, PRODUCERS, "tagged")
    with Reader(stack) as reader:
        logged = len(_batches(stack))
        used = processor_seconds(stack)
        run(["docker", "unpause", thrift])
        began = time.time()
        reader.reached(before + BACKLOG, within=600)
    processor = {
        service: (seconds - used[service]) / BACKLOG
        for service, seconds in processor_seconds(stack).items()
    }
    (first_at, first), *_, (last_at, last) = reader.seen[1:]
    # The first one waited for the paused server.
    batches = _batches(stack)[logged + 1 :]
    waiting = sum(waited for _, waited in batches) / sum(map(sum, batches))
    return Drain(last_at - began, (last - first) / (last_at - first_at), waiting, processor)


def _batches(stack: Stack) -> list[tuple[float, float]]:
    """Seconds that the executors computed each large batch, and then waited to deliver it."""
    found = re.findall(r"computed in ([\d.]+) s, then waited ([\d.]+) s", stack.logs("trends"))
    return [(float(computed), float(waited)) for computed, waited in found]


def measure_workers(stack: Stack) -> dict[int, float]:
    """Number of workers with one core each -> rate at which they count a backlog."""
    rates = {}
    stack.configure({"DEMO_COUNT": "1", "SPARK_WORKER_CORES": "1"})
    stack.up("spark-worker")
    for number in WORKERS:
        say(f"{number} of {max(WORKERS)} workers")
        stack.scale("spark-worker", number)
        rates[number] = measure_warm(stack, f"workers-{number}").rate
    return rates


def measure_driver(stack: Stack) -> DriverAlone:
    """Feed the driver with executors' results as fast as it takes them, into real HBase.

    The stack is useless afterwards: its progress no longer matches its topic.
    """
    stack.compose("stop", "trends")
    mount = f"{Path(__file__).parent}:/bench:ro"
    options = ["--rm", "--pull", "never", "--network", f"{stack.project}_data", "--volume", mount]
    options += ["--env", "PYTHONPATH=/opt/trends:/bench", "--entrypoint", "python"]
    program = ["/bench/driver_alone.py", str(BACKLOG)]
    return DriverAlone(
        **json.loads(run(["docker", "run", *options, "tweet-trends/spark", *program]))
    )


def measure_cold(stack: Stack) -> Run:
    """Start the stopped driver on everything that is on Kafka.

    The first record counts as read once the query runs. Counts that the endpoint serves are
    durable. Memory excludes Kafka and ingest.
    """
    driver = stack.container("trends")["Id"]
    counting = [*containers(stack, without=("kafka", "ingest")).values(), driver]
    with Reader(stack) as reader, Peak(counting) as peak:
        started = time.time()
        run(["docker", "start", driver])
        last = reader.reached(BACKLOG, within=900)
    logged = stack.compose("logs", "--no-log-prefix", "--timestamps", "trends")
    queries = re.findall(r"(\d{4}-\S+Z) .*counting from the offsets", logged)
    first = datetime.fromisoformat(queries[-1]).timestamp()
    return Run(BACKLOG, started, first, last, peak.memory_bytes)


def measure_recovery(stack: Stack) -> float:
    """Kill the driver in a burst; return the seconds until the counts are exact."""
    before = read_so_far(stack)
    with Reader(stack) as reader, ThreadPoolExecutor() as pool:
        sending = pool.submit(load, stack, "burst", BURST, 0, PRODUCERS)
        reader.reached(before + 1, within=60)
        killed = stack.kill9("trends")
        sending.result()
        counted = reader.reached(before + BURST, within=300)
    if answer(stack, "hbase") != answer(stack, "oracle"):
        raise AssertionError("HBase's counts are wrong after the driver was killed")
    return counted - killed


def containers(stack: Stack, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Service -> id of its running container."""
    found = {
        service_of(each): each["Id"] for each in stack.containers() if each["State"]["Running"]
    }
    return {service: container for service, container in found.items() if service not in without}


def processor_seconds(stack: Stack) -> dict[str, float]:
    """Service -> processor seconds of its container since its start."""
    return {service: usage(each).cpu_seconds for service, each in containers(stack).items()}


def measure_resources(stack: Stack) -> dict[str, tuple[float, float]]:
    """Service -> cores and megabytes, over a minute in which nothing is done to the stack."""
    before = processor_seconds(stack)
    time.sleep(IDLE_SECONDS)
    after = {service: usage(container) for service, container in containers(stack).items()}
    return {
        service: (
            (after[service].cpu_seconds - before[service]) / IDLE_SECONDS,
            after[service].memory_bytes / 1e6,
        )
        for service in sorted(before)
    }


def measure_demo(stack: Stack) -> dict[str, tuple[float, float]]:
    """Service -> cores and megabytes of a new stack that has counted the demo for a while."""
    stack.configure({"DEMO_RATE": str(DEMO_RATE)})
    stack.down()
    stack.up()
    time.sleep(DEMO_SECONDS)
    return measure_resources(stack)
