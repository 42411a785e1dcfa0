"""Measures the product as it is started, and prints docs/benchmarks.md."""

import os
import statistics
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import requests

from bench.engine import Usage, usage
from e2e.stack import Stack, run
from waiting import eventually

LOAD = (Path(__file__).parent / "load.py").read_text()
BACKLOG = int(os.environ.get("BENCH_TWEETS", "1000000"))
RATE = 100
LATENCY_SECONDS = 90
IDLE_SECONDS = 60


def say(text: str) -> None:
    """Tell the person who waits."""
    print(f"{time.strftime('%X')} {text}", file=sys.stderr, flush=True)


def load(stack: Stack, name: str, number: int, rate: int, processes: int) -> list[float]:
    """Produce tweets; when each was sent."""
    printed = stack.inside("ingest", LOAD, name, str(number), str(rate), str(processes))
    return sorted(float(line) for line in printed.split())


class Reader(threading.Thread):
    """Notes when the endpoint told of how many tweets."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.seen: list[tuple[float, int]] = []
        self._url = f"{stack.url}/api/v1/trends"
        self._done = threading.Event()

    def __enter__(self) -> "Reader":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        session = requests.Session()
        while not self._done.wait(0.02):
            read = session.get(self._url, timeout=30).json()["tweets_read"]
            if not self.seen or read > self.seen[-1][1]:
                self.seen.append((time.time(), read))
        session.close()

    def reached(self, read: int, within: float) -> None:
        """Wait until so many tweets are told of."""
        eventually(lambda: self.seen and self.seen[-1][1] >= read, within=within)


def read_so_far(stack: Stack) -> int:
    """The endpoint's `tweets_read`."""
    return int(stack.board()["tweets_read"])


def measure_latency(stack: Stack) -> list[float]:
    """Seconds from the moment of sending to the JSON that counts the tweet, one for each tweet.

    The k-th tweet sent is taken as counted when the endpoint tells of k tweets.
    """
    load(stack, "warm-up", 30 * RATE, RATE, 1)
    before = len(stack.settled())
    with Reader(stack) as reader:
        sent = load(stack, "latency", LATENCY_SECONDS * RATE, RATE, 1)
        reader.reached(before + len(sent), within=60)
    latencies, seen = [], iter(reader.seen)
    moment, read = next(seen)
    for number, sent_at in enumerate(sent, before + 1):
        while read < number:
            moment, read = next(seen)
        latencies.append(moment - sent_at)
    return latencies


def rate_between(seen: list[tuple[float, int]]) -> float:
    """Tweets a second from the first news to the last."""
    (first_at, first), *_, (last_at, last) = seen
    return (last - first) / (last_at - first_at)


def measure_drain(
    stack: Stack, name: str, service: str, stop: str, start: str
) -> tuple[float, float]:
    """Let a backlog come up while a service is away; seconds until it is counted, and the rate."""
    before = read_so_far(stack)
    container = stack.container(service)["Id"]
    run(["docker", stop, container])
    say(f"producing {BACKLOG:,} tweets while {service} is away")
    load(stack, name, BACKLOG, 0, 2)
    with Reader(stack) as reader:
        eventually(lambda: reader.seen, within=30)
        run(["docker", start, container])
        began = time.time()
        reader.reached(before + BACKLOG, within=600)
    return reader.seen[-1][0] - began, rate_between(reader.seen[1:])


def containers(stack: Stack) -> dict[str, str]:
    """Service -> container id, of all that run."""
    return {
        each["Config"]["Labels"]["com.docker.compose.service"]: each["Id"]
        for each in stack.containers()
        if each["State"]["Running"]
    }


def measure_idle(stack: Stack) -> dict[str, tuple[float, float]]:
    """Service -> cores and megabytes, while no tweet comes."""
    ids = containers(stack)
    before: dict[str, Usage] = {service: usage(container) for service, container in ids.items()}
    time.sleep(IDLE_SECONDS)
    after = {service: usage(container) for service, container in ids.items()}
    return {
        service: (
            (after[service].cpu_seconds - before[service].cpu_seconds) / IDLE_SECONDS,
            after[service].memory_bytes / 1e6,
        )
        for service in sorted(ids)
    }


def machine() -> str:
    """The size of the machine, not its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory"


def percentile(values: list[float], percent: int) -> float:
    """The value that `percent` percent of the values do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def main() -> None:
    """Run all measurements on a fresh stack and print the page."""
    stack = Stack("tweet-trends-bench", int(os.environ.get("WEB_PORT", "18081")))
    stack.configure({"DEMO_COUNT": "1"})
    stack.down()
    try:
        say("starting a stack")
        stack.up()
        say("latency")
        latencies = measure_latency(stack)
        say("idle")
        idle = measure_idle(stack)
        say("backlog, after a start")
        cold = measure_drain(stack, "cold", "trends", "stop", "start")
        say("backlog, while running")
        warm = measure_drain(stack, "warm", "hbase-thrift", "pause", "unpause")
    finally:
        stack.down()
    print_page(latencies, idle, cold, warm)


def print_page(
    latencies: list[float],
    idle: dict[str, tuple[float, float]],
    cold: tuple[float, float],
    warm: tuple[float, float],
) -> None:
    """docs/benchmarks.md."""
    cores = sum(cpu for cpu, _ in idle.values())
    megabytes = sum(memory for _, memory in idle.values())
    print(f"""# Benchmarks

`make bench` measures a stack of its own and writes this page. Load and measurement run on the
same machine as the stack.

Measured on {datetime.now(UTC):%Y-%m-%d} on {machine()}, with the settings as they come: one
Kafka broker, one Spark worker. The load: messages of about 250 bytes, one in six with a hashtag,
100,000 tags by Zipf's law.

| what | measured | aim |
|---|---|---|
| tweet to JSON at {RATE} tweets/s, median | {percentile(latencies, 50):.2f} s | |
| tweet to JSON at {RATE} tweets/s, p95 | {percentile(latencies, 95):.2f} s | ≤ 3 s |
| backlog of {BACKLOG:,} tweets while running: rate | {warm[1]:,.0f} tweets/s | ≥ 30,000 tweets/s |
| the same, from the end of the outage to exact counts | {warm[0]:.0f} s | |
| backlog of {BACKLOG:,} tweets after a start of `trends`: rate | {cold[1]:,.0f} tweets/s | |
| the same, from the start of the container to exact counts | {cold[0]:.0f} s | |
| whole stack without tweets: processor | {cores:.2f} cores | ≤ 0.3 cores |
| whole stack without tweets: memory | {megabytes / 1000:.2f} GB | ≤ 3 GB |

Latency is counted for each of {len(latencies):,} tweets, from the moment before it is sent to
Kafka to the answer of `/api/v1/trends` that counts it. The rate of a backlog is that between the
first and the last answer that tells of new tweets; "while running" means that HBase's gateway was
paused until all were on Kafka, "after a start" that the driver was stopped until then.

Without tweets, over {IDLE_SECONDS} s, page cache not counted:

| container | cores | memory |
|---|---|---|""")
    for service, (cpu, memory) in idle.items():
        print(f"| {service} | {cpu:.3f} | {memory:.0f} MB |")


if __name__ == "__main__":
    main()
