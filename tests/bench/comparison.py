"""Runs other programs that do the same work on the same backlog."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from time import time

from bench.network import Counts, answer, differences
from bench.product import BACKLOG, PRODUCERS, Run, load, measure_cold
from bench.report import say
from bench.rule import HASHTAG, URL
from support.engine import Peak
from support.stack import ROOT, Stack, run
from support.waiting import eventually

MAX_SECONDS = 1800


@dataclass(frozen=True)
class Candidate:
    """A program that counts.

    The aims are how many times as fast the product must be: cold, and warm.
    """

    name: str
    title: str
    durable: str
    tuned: str
    code: tuple[str, ...]
    aim_started: float | None = None
    aim_running: float | None = None
    image: str = ""
    command: tuple[str, ...] = ()

    def code_lines(self) -> int:
        """Lines of code that are neither blank nor comment."""
        return sum(code_lines(path) for each in self.code for path in sorted(ROOT.glob(each)))


@dataclass(frozen=True)
class Result:
    """A candidate's run, if its counts were right, or why it has none."""

    candidate: Candidate
    run: Run | None
    failure: str = ""


PEERS = "tests/bench/peers/"
PRODUCT = Candidate(
    "product",
    "Tweet Trends, cold",
    "HBase: counts, minutes, authors, spellings, boards; exactly once, synced to disk",
    "defaults",
    ("services/spark/trends/**/*.py",),
)
LOOP = Candidate(
    "loop",
    "Python loop over librdkafka, one process",
    "nothing: dicts in memory",
    "`consume` in batches of 10,000, large fetches, `orjson`, compiled `regex`, caches for "
    "folding and times",
    (f"{PEERS}python/counting.py", f"{PEERS}python/loop.py"),
    None,
    0.5,
    "bench-python",
    ("python", "-m", "peer.loop"),
)
STREAMS = Candidate(
    "streams",
    "Kafka Streams 4.3.1",
    "counts and ids: changelogs on Kafka, exactly once (not synced to disk)",
    "a thread a core, RocksDB behind 128 MiB of cache, commits once a second, large fetches and "
    "batches, parallel collector",
    (f"{PEERS}streams/src/*.java",),
    0.8,
    1.2,
    "bench-streams",
)
QUIX = Candidate(
    "quix",
    "Quix Streams, Python",
    "counts and ids: changelogs on Kafka, exactly once (not synced to disk)",
    "a process a core, RocksDB, commits once a second, large fetches and batches, `orjson`, "
    "compiled `regex`, caches for folding and times",
    (f"{PEERS}python/counting.py", f"{PEERS}python/quix.py"),
    1.5,
    2.5,
    "bench-python",
    ("python", "-m", "peer.quix"),
)
ALL = (PRODUCT, LOOP, STREAMS, QUIX)


def compare(stack: Stack, names: Collection[str]) -> list[Result]:
    """Let each candidate count the same backlog, from Kafka's first record to its last."""
    stack.configure()
    stack.down()
    say("starting a stack without ingest, for the comparison")
    stack.up(*(service for service in stack.services() if service != "ingest"))
    stack.compose("stop", "trends")
    say(f"producing {BACKLOG:,} posts before anyone counts")
    load(stack, "backlog", BACKLOG, 0, PRODUCERS, "tagged")
    say("computing the correct counts")
    right = answer(stack, "oracle")
    say(f"{len(right['tags']):,} different tags")
    results = []
    if PRODUCT.name in names:
        results.append(_product(stack, right))
    # The peers get the whole machine.
    services = stack.services()
    stack.compose("stop", *(service for service in services if service not in ("kafka", "ingest")))
    for peer in (LOOP, STREAMS, QUIX):
        if peer.name in names:
            results.append(_peer(stack, peer, right))
    return results


def _product(stack: Stack, right: Counts) -> Result:
    say(f"counting: {PRODUCT.title}")
    result = Result(PRODUCT, measure_cold(stack))
    if wrong := differences(answer(stack, "hbase"), right):
        raise AssertionError(f"{wrong} of HBase's counts are wrong")
    say(_describe(result))
    return result


def _peer(stack: Stack, peer: Candidate, right: Counts) -> Result:
    say(f"counting: {peer.title}")
    try:
        measured, printed = measure(stack, peer)
        found = json.loads(printed) if printed else answer(stack, peer.name)
        wrong = differences(found, right)
        result = (
            Result(peer, measured) if not wrong else Result(peer, None, f"{wrong} wrong counts")
        )
    except (AssertionError, RuntimeError) as error:
        say(str(error))
        result = Result(peer, None, str(error).partition("\n")[0])
    say(_describe(result))
    return result


def _describe(result: Result) -> str:
    name = result.candidate.title
    if result.run is None:
        return f"{name}: no result, {result.failure}"
    return (
        f"{name}: {result.run.rate:,.0f} posts/s from the first record on, "
        f"{result.run.rate_with_start:,.0f} posts/s including its start, counts exact"
    )


def measure(stack: Stack, peer: Candidate) -> tuple[Run, str]:
    """Run a peer in a container; return its run, and its counts if it printed them.

    It prints JSON with the time of its `first` record and that of the commit of its `last` one.
    """
    settings = {"KAFKA": "kafka:9092", "TWEETS": BACKLOG, "HASHTAG": HASHTAG, "URL": URL}
    options = [option for name in settings for option in ("--env", f"{name}={settings[name]}")]
    options += ["--network", f"{stack.project}_data", "--pull", "never"]
    command = ["docker", "create", *options, f"tweet-trends/{peer.image}", *peer.command]
    container = run(command).strip()
    try:
        with Peak([container]) as peak:
            started = time()
            run(["docker", "start", container])
            eventually(_has_exited(container), within=MAX_SECONDS, every=0.5)
        times, _, counts = run(["docker", "logs", container]).partition("\n")
        state = json.loads(run(["docker", "inspect", container]))[0]["State"]
        if state["ExitCode"]:
            raise RuntimeError(f"it ended with status {state['ExitCode']}\n{_said(container)}")
    finally:
        run(["docker", "rm", "--force", "--volumes", container])
    moments = json.loads(times)
    first, last = moments["first"], moments["last"]
    return Run(BACKLOG, started, first, last, peak.memory_bytes), counts.strip()


def _has_exited(container: str) -> Callable[[], bool]:
    return lambda: (
        json.loads(run(["docker", "inspect", container]))[0]["State"]["Status"] == "exited"
    )


def _said(container: str) -> str:
    return run(["sh", "-c", 'docker logs --tail 20 "$1" 2>&1', "sh", container])


def code_lines(path: Path) -> int:
    """Count lines of Python or Java that are neither blank, comment nor docstring."""
    lines, is_text = 0, False
    for line in path.read_text().splitlines():
        bare = line.strip()
        if bare.startswith('"""'):
            is_text = not (bare.count('"""') == 2 or is_text)
        elif is_text:
            is_text = not bare.endswith('"""')
        elif bare and not bare.startswith(("#", "//", "/*", "*")):
            lines += 1
    return lines
