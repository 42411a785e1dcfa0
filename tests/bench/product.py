"""Measurements of the product, on a stack of its own."""

import json
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import requests

from bench.engine import Peak, usage
from bench.network import answer
from e2e.stack import Stack, run, service_of
from waiting import eventually

LOAD = (Path(__file__).parent / "load.py").read_text()
PRODUCERS = 2
# The producers' shares are of one size.
BACKLOG = int(os.environ.get("BENCH_TWEETS", "1000000")) // PRODUCERS * PRODUCERS
BURST = 100_000
IDLE_SECONDS = 60
# Of one core each, as many as the machine has.
WORKERS = (1, 2)


@dataclass(frozen=True)
class Latency:
    """Seconds from the moment of sending to the JSON that counts the tweet, one for each tweet."""

    rate: int
    seconds: list[float]


@dataclass(frozen=True)
class Drain:
    """A backlog that was counted while everything was running.

    `rate` is in tweets a second, between the first and the last news of it; `waiting` is the part
    of the batches' time in which the executors waited for the driver and HBase. `processor` is the
    time that each service's processes took, in seconds a tweet.
    """

    seconds: float
    rate: float
    waiting: float
    processor: dict[str, float]


@dataclass(frozen=True)
class DriverAlone:
    """A backlog that the driver got ready-made: seconds, and its processor seconds in them."""

    seconds: float
    processor: float

    @property
    def rate(self) -> float:
        """Tweets a second."""
        return BACKLOG / self.seconds


@dataclass(frozen=True)
class Run:
    """A backlog that was counted by a program started for it; its times are `time.time`."""

    tweets: int
    started: float
    first: float
    last: float
    memory_bytes: int

    @property
    def rate(self) -> float:
        """Tweets a second from the first record on."""
        return self.tweets / (self.last - self.first)

    @property
    def rate_with_start(self) -> float:
        """Tweets a second from the start of the container on."""
        return self.tweets / (self.last - self.started)


def say(text: str) -> None:
    """Tell the person who waits."""
    print(f"{time.strftime('%X')} {text}", file=sys.stderr, flush=True)


def load(
    stack: Stack, name: str, number: int, rate: int, processes: int = 1, kind: str = "timeline"
) -> list[float]:
    """Produce tweets; when each was sent, if at a rate."""
    printed = stack.inside("ingest", LOAD, kind, name, str(number), str(rate), str(processes))
    return sorted(float(line) for line in printed.split())


class Reader(threading.Thread):
    """Notes when the endpoint told of how many tweets; it asks `every` so many seconds."""

    def __init__(self, stack: Stack, every: float = 0.1) -> None:
        super().__init__(daemon=True)
        self._every = every
        self.seen: list[tuple[float, int]] = []
        self._url = f"{stack.url}/api/v1/trends"
        self._done = threading.Event()

    def __enter__(self) -> "Reader":
        self.start()
        eventually(lambda: self.seen, within=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        session = requests.Session()
        while not self._done.wait(self._every):
            read = session.get(self._url, timeout=30).json()["tweets_read"]
            if not self.seen or read > self.seen[-1][1]:
                self.seen.append((time.time(), read))
        session.close()

    def reached(self, read: int, within: float) -> float:
        """Wait until so many tweets are told of; when they were (time.time)."""
        eventually(lambda: self.seen[-1][1] >= read, within=within)
        return next(moment for moment, number in self.seen if number >= read)


def read_so_far(stack: Stack) -> int:
    """The endpoint's `tweets_read`."""
    return int(stack.board()["tweets_read"])


def measure_latency(stack: Stack, rate: int, seconds: int, warm_up: int) -> Latency:
    """Send at a rate, after so many seconds of it that are not looked at.

    The k-th tweet sent is taken as counted when the endpoint tells of k tweets.
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
    """Let a backlog come up while HBase is away, and be counted."""
    before = read_so_far(stack)
    gateway = stack.container("hbase-thrift")["Id"]
    run(["docker", "pause", gateway])
    say(f"producing {BACKLOG:,} tweets while HBase's gateway is away")
    load(stack, name, BACKLOG, 0, PRODUCERS, "tagged")
    with Reader(stack) as reader:
        told = len(_batches(stack))
        used = processor_seconds(stack)
        run(["docker", "unpause", gateway])
        began = time.time()
        reader.reached(before + BACKLOG, within=600)
    processor = {
        service: (seconds - used[service]) / BACKLOG
        for service, seconds in processor_seconds(stack).items()
    }
    (first_at, first), *_, (last_at, last) = reader.seen[1:]
    # The first one waited for HBase.
    batches = _batches(stack)[told + 1 :]
    waiting = sum(waited for _, waited in batches) / sum(map(sum, batches))
    return Drain(last_at - began, (last - first) / (last_at - first_at), waiting, processor)


def _batches(stack: Stack) -> list[tuple[float, float]]:
    """Seconds in which the executors computed each large batch, and then waited to hand it over."""
    found = re.findall(r"computed in ([\d.]+) s, then waited ([\d.]+) s", stack.logs("trends"))
    return [(float(computed), float(waited)) for computed, waited in found]


def measure_workers(stack: Stack) -> dict[int, float]:
    """Workers of one core each -> the rate at which a backlog is counted with them."""
    rates = {}
    stack.configure({"DEMO_COUNT": "1", "SPARK_WORKER_CORES": "1"})
    stack.up("spark-worker")
    for number in WORKERS:
        say(f"{number} of {max(WORKERS)} workers")
        stack.scale("spark-worker", number)
        rates[number] = measure_warm(stack, f"workers-{number}").rate
    return rates


def measure_driver(stack: Stack) -> DriverAlone:
    """Let the driver count what executors would return, as fast as it goes, into real HBase.

    The stack is of no use afterwards: its progress is not that of its topic any more.
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
    """Start the driver, which has been stopped, on all that is on Kafka.

    The first record is taken as read when the query runs. The counts are as durable as they ever
    are when the endpoint tells of them. Kafka's memory is left out, and so is that of ingest.
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
    """Kill the driver while it counts a burst; seconds until all of it is counted, exactly."""
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
    """Service -> container id, of all that run."""
    found = {
        service_of(each): each["Id"] for each in stack.containers() if each["State"]["Running"]
    }
    return {service: container for service, container in found.items() if service not in without}


def processor_seconds(stack: Stack) -> dict[str, float]:
    """Service -> processor time that its container has used so far."""
    return {service: usage(each).cpu_seconds for service, each in containers(stack).items()}


def measure_idle(stack: Stack) -> dict[str, tuple[float, float]]:
    """Service -> cores and megabytes, while no tweet comes."""
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
