"""Measures the web service: beside nginx, with and without HBase, with many widgets."""

import json
import os
import re
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from bench.product import load, read_so_far
from bench.report import say
from support.engine import usage
from support.stack import ROOT, Stack, run
from support.waiting import eventually

PATH = "/api/v1/trends"
METRICS_PORT = 9464
# One core for who serves, another one for who asks; the rest of the stack is idle.
SERVING, ASKING = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
TWEETS = 2000

CONNECTIONS, RUNS, RUN_SECONDS = 32, 3, 5
RATE, CALLERS, RATE_SECONDS = 500, 50, 20
WIDGETS, POLL_SECONDS, ROUNDS = 1000, 10, 4


@dataclass(frozen=True)
class Web:
    """What was measured; lists hold the seconds of each response.

    `rate` and `nginx` are requests a second on one core, for an answer and a static file of `size`
    bytes. `paused` was measured while HBase's gateway was paused. `widgets` are a thousand, which
    took `cores`, and `reads` of HBase a second.
    """

    size: int
    rate: float
    nginx: float
    steady: list[float]
    paused: list[float]
    widgets: list[float]
    reads: float
    cores: float


def measure_web(stack: Stack) -> Web:
    """Fill the boards, then request one in each way, bypassing Docker's port proxy."""
    before = read_so_far(stack)
    load(stack, "web", TWEETS, 0, kind="tagged")
    eventually(lambda: read_so_far(stack) >= before + TWEETS, within=60)
    container = stack.container("web")["Id"]
    address = address_of(stack, container)
    url = f"http://{address}:8080{PATH}"
    body = requests.get(url, timeout=10).content
    with pinned(container), nginx(stack, body) as static:
        say(f"{RATE} requests/s, with HBase and without")
        steady = ask(url, RATE, CALLERS, RATE_SECONDS)
        with paused(stack):
            without = ask(url, RATE, CALLERS, RATE_SECONDS)
            if not stack.board()["stale"]:
                raise AssertionError("HBase was not away")
        eventually(lambda: not stack.board()["stale"], within=60)
        say(f"{WIDGETS} widgets")
        reads, used = hbase_reads(address), usage(container).cpu_seconds
        seconds = POLL_SECONDS * ROUNDS
        widgets = ask(url, WIDGETS / POLL_SECONDS, WIDGETS, seconds)
        reads, used = hbase_reads(address) - reads, usage(container).cpu_seconds - used
        say("as many requests as it takes, and nginx")
        rates = [(wrk(url), wrk(static)) for _ in range(RUNS)]
    rate, other = (statistics.median(each) for each in zip(*rates, strict=True))
    size = len(body)
    return Web(size, rate, other, steady, without, widgets, reads / seconds, used / seconds)


def address_of(stack: Stack, container: str) -> str:
    """A container's address on the network that this machine can reach."""
    found = json.loads(run(["docker", "inspect", container]))[0]["NetworkSettings"]["Networks"]
    return str(found[f"{stack.project}_front"]["IPAddress"])


@contextmanager
def pinned(container: str) -> Iterator[None]:
    """Pin a container to one core."""
    run(["docker", "update", "--cpuset-cpus", str(SERVING), container])
    try:
        yield
    finally:
        run(["docker", "update", "--cpuset-cpus", f"{SERVING}-{ASKING}", container])


@contextmanager
def paused(stack: Stack) -> Iterator[None]:
    """Pause HBase's Thrift server."""
    gateway = stack.container("hbase-thrift")["Id"]
    run(["docker", "pause", gateway])
    try:
        yield
    finally:
        run(["docker", "unpause", gateway])


@contextmanager
def nginx(stack: Stack, body: bytes) -> Iterator[str]:
    """Serve a file with nginx on the same core as the web service; yield its address."""
    options = ["--network", f"{stack.project}_front", "--cpuset-cpus", str(SERVING)]
    options += ["--volume", f"{ROOT}/tests/bench/nginx.conf:/etc/nginx/bench.conf:ro"]
    command = ["docker", "run", "--detach", "--pull", "never", *options, "tweet-trends/tests"]
    container = run([*command, "nginx", "-c", "/etc/nginx/bench.conf"]).strip()
    try:
        write = ["docker", "exec", "--interactive", container, "sh", "-c", "cat > /srv/board.json"]
        run(write, text=body.decode())
        url = f"http://{address_of(stack, container)}:8080/board.json"
        eventually(lambda: requests.get(url, timeout=5).content == body, within=10)
        yield url
    finally:
        run(["docker", "rm", "--force", "--volumes", container])


def wrk(url: str) -> float:
    """Requests a second over connections that always have one in flight."""
    how = ["--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{RUN_SECONDS}s"]
    return wrk_rate(run(["taskset", "--cpu-list", str(ASKING), "wrk", *how, url]))


def wrk_rate(printed: str) -> float:
    """The rate that wrk printed; raises if a request failed."""
    rate = re.search(r"^Requests/sec: *([\d.]+)$", printed, re.MULTILINE)
    if not rate or re.search("Non-2xx|Socket errors", printed):
        raise AssertionError(printed)
    return float(rate[1])


def ask(url: str, rate: float, callers: int, seconds: int) -> list[float]:
    """The seconds of each response at a fixed rate."""
    how = [str(each) for each in (rate, callers, seconds)]
    command = [sys.executable, "-m", "bench.widgets", url, *how]
    found: list[float] = json.loads(run(["taskset", "--cpu-list", str(ASKING), *command]))
    return found


def hbase_reads(address: str) -> float:
    """How many times the service has read the boards."""
    text = requests.get(f"http://{address}:{METRICS_PORT}/metrics", timeout=10).text
    return metric(text, 'web_hbase_reads_total{what="board"}')


def metric(text: str, name: str) -> float:
    """A value in Prometheus's text format."""
    (value,) = re.findall(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(value)
