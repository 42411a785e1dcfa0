"""Writes docs/benchmarks.md from what was measured."""

import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from bench.comparison import PRODUCT, Result
from bench.product import BACKLOG, BURST, IDLE_SECONDS, Drain, DriverAlone, Latency
from bench.web import CALLERS, CONNECTIONS, POLL_SECONDS, RATE, WIDGETS, Web

# Tweets a second -> seconds that 95 of 100 tweets shall not exceed.
LATENCY_AIMS = {100: 1.0, 2000: 1.2}
RECOVERY_AIM = 25
CORES_AIM = 0.15
GIGABYTES_AIM = 2.5
DRIVER_AIM = 100_000
REQUESTS_AIM = 2000
MILLISECONDS_AIM = 50


@dataclass
class Figures:
    """All that was measured; what was not asked for is empty."""

    latencies: list[Latency] = field(default_factory=list)
    idle: dict[str, tuple[float, float]] = field(default_factory=dict)
    web: Web | None = None
    recovery: float | None = None
    warm: Drain | None = None
    workers: dict[int, float] = field(default_factory=dict)
    driver: DriverAlone | None = None
    compared: list[Result] = field(default_factory=list)


def machine() -> str:
    """The size of the machine, not its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory"


def percentile(values: list[float], percent: int) -> float:
    """The value that `percent` percent of the values do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def verdict(is_reached: bool) -> str:
    """Whether an aim was reached."""
    return "reached" if is_reached else "missed"


def write(figures: Figures) -> str:
    """The page."""
    sections = (_head, _product, _costs, _web, _comparison, _gap, _idle)
    return "\n".join([*chain.from_iterable(section(figures) for section in sections), ""])


def _head(_: Figures) -> Iterator[str]:
    yield f"""# Benchmarks

`make bench` measures stacks of its own and writes this page. Load and measurement run on the
same machine as the stack.

Measured on {datetime.now(UTC):%Y-%m-%d} on {machine()}, with the settings as they come: one
Kafka broker, one Spark worker. The load: messages of about 250 bytes, the tags by Zipf's law, so
that a million tweets hold about 100,000 different ones; one message in a hundred comes twice. At a
rate one message in six has a hashtag, as on real timelines; in a backlog it is eight in ten, which
is far more work.

## The product

| what | measured | aim | |
|---|---|---|---|"""


def _product(figures: Figures) -> Iterator[str]:
    for latency in figures.latencies:
        what = f"tweet to JSON at {latency.rate:,} tweets/s"
        late, aim = percentile(latency.seconds, 95), LATENCY_AIMS[latency.rate]
        yield row(f"{what}, median", f"{percentile(latency.seconds, 50):.2f} s", "", "")
        yield row(f"{what}, p95", f"{late:.2f} s", f"≤ {aim:g} s", verdict(late <= aim))
    if figures.recovery is not None:
        seconds = figures.recovery
        what = "driver killed (`kill -9`) while it counts: until all counts are exact"
        yield row(what, f"{seconds:.0f} s", f"≤ {RECOVERY_AIM} s", verdict(seconds <= RECOVERY_AIM))
    if figures.warm:
        warm = figures.warm
        what = f"backlog of {BACKLOG:,} tweets while running: rate"
        yield row(what, f"{warm.rate:,.0f} tweets/s", "", "")
        what = "the same, from the end of the outage to exact counts"
        yield row(what, f"{warm.seconds:.0f} s", "", "")
        what = "the same, time in which the executors waited for the driver and HBase"
        yield row(what, f"{warm.waiting:.0%}", "", "")
    for number, rate in figures.workers.items():
        what = f"the same backlog with {number} worker{'s'[: number - 1]} of one core: rate"
        yield row(what, f"{rate:,.0f} tweets/s", "", "")
    if figures.driver:
        rate, what = figures.driver.rate, "driver alone, fed with what executors return: rate"
        wanted = f"≥ {DRIVER_AIM:,} tweets/s"
        yield row(what, f"{rate:,.0f} tweets/s", wanted, verdict(rate >= DRIVER_AIM))
        processor = figures.driver.processor / BACKLOG * 1e6
        yield row("the same, processor", f"{processor:.1f} microseconds a tweet", "", "")
    for result in figures.compared:
        if result.candidate is PRODUCT and result.run:
            what = f"backlog of {BACKLOG:,} tweets after a start of `trends`"
            seconds = result.run.last - result.run.started
            yield row(f"{what}: rate", f"{result.run.rate:,.0f} tweets/s", "", "")
            yield row("the same, from the start to exact counts", f"{seconds:.0f} s", "", "")
    if figures.idle:
        cores = sum(cpu for cpu, _ in figures.idle.values())
        memory = sum(megabytes for _, megabytes in figures.idle.values()) / 1000
        what = "whole stack without tweets"
        wanted = f"≤ {CORES_AIM} cores"
        yield row(f"{what}: processor", f"{cores:.2f} cores", wanted, verdict(cores <= CORES_AIM))
        wanted = f"≤ {GIGABYTES_AIM} GB"
        yield row(f"{what}: memory", f"{memory:.2f} GB", wanted, verdict(memory <= GIGABYTES_AIM))
    yield f"""
Latency is counted for each tweet, from the moment before it is sent to Kafka to the answer of
`/api/v1/trends` that counts it. The driver is killed within a burst of {BURST:,} tweets; what
HBase then holds is compared with counts computed apart from the product. "While running" means
that HBase's gateway was paused until the backlog was on Kafka, and the rate is that between the
first and the last answer that tells of it; "after a start" that the driver was stopped until then,
and the rate is that from the moment the query runs."""


def _costs(figures: Figures) -> Iterator[str]:
    if not figures.warm:
        return
    yield """
### Where a backlog's time goes

Processor time for each tweet of the backlog that was counted while running, on all cores together:

| container | what it does | microseconds a tweet |
|---|---|---|"""
    for service, what in WORK.items():
        taken = figures.warm.processor[service] * 1e6
        yield row(service, what, f"{taken:.1f}")
    yield row("all others", "", f"{_others(figures.warm.processor) * 1e6:.1f}")
    yield """
The driver's own time is what limits how many workers pay: with `spark-worker` taking w
microseconds a tweet and `trends` d, w / d cores for workers keep one core of the driver busy."""


WORK = {
    "spark-worker": "read, parse, find hashtags, pack columns; the JVM's compiler",
    "trends": "find duplicates, add up, windows of tweets and people, encode HBase's rows",
    "hbase-thrift": "hand rows on",
    "hbase-regionserver": "write rows to its log and to memory",
}


def _others(processor: dict[str, float]) -> float:
    return sum(seconds for service, seconds in processor.items() if service not in WORK)


def _web(figures: Figures) -> Iterator[str]:
    web = figures.web
    if not web:
        return
    yield """
## The web service

| what | measured | aim | |
|---|---|---|---|"""
    wanted = f"≥ {REQUESTS_AIM:,} requests/s"
    reached = verdict(web.rate >= REQUESTS_AIM)
    yield row("`/api/v1/trends` on one core", f"{web.rate:,.0f} requests/s", wanted, reached)
    yield row("a static file of the same size, nginx", f"{web.nginx:,.0f} requests/s", "", "")
    yield row("the first as a part of the second", f"{web.rate / web.nginx:.2f}", "", "")
    at_rate = f"at {RATE:,} requests/s"
    for what, seconds in ((at_rate, web.steady), (f"{at_rate}, HBase paused", web.paused)):
        yield row(f"{what}, median", _milliseconds(percentile(seconds, 50)), "", "")
        yield _p99(what, seconds)
    what = f"{WIDGETS:,} widgets, each asking every {POLL_SECONDS} s"
    yield _p99(what, web.widgets)
    yield row(f"{what}: processor", f"{web.cores:.2f} cores", "", "")
    yield row(f"{what}: reads of HBase", f"{web.reads:.2f} a second", "", "")
    yield f"""
The answer has {web.size:,} bytes; the load comes from another core. As many requests as the core
takes come over {CONNECTIONS} connections (`wrk`; median of some runs, in turns with nginx's, which
has one process). At a rate requests are due evenly, over {CALLERS} connections or one for each
widget, whatever comes back, and time counts from when they are due, so that a stall is counted in
full."""


def _p99(what: str, seconds: list[float]) -> str:
    late = percentile(seconds, 99)
    reached = verdict(late * 1000 <= MILLISECONDS_AIM)
    return row(f"{what}, p99", _milliseconds(late), f"≤ {MILLISECONDS_AIM} ms", reached)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _comparison(figures: Figures) -> Iterator[str]:
    if not figures.compared:
        return
    yield f"""
## The product and others

The same {BACKLOG:,} tweets on the same broker, one candidate after the other; while one of the
others counts, everything of the product but Kafka is stopped. The same work: parse the JSON, find
the hashtags by X's rule, fold them, leave out what came before, count by tag and by tag and minute.
The others do no more than that, and without X's list of top-level domains; the product also sets
bad records aside, counts spellings and keeps the boards. Every count of each is compared with
counts computed apart from all of them: wrong counts are no result.

The rate is from the first record to the last one's being counted and as durable as it gets; "with
its start" is from the start of the container. "× just started" is the product's rate after a start
by the other's, "× running" that of the backlog while running.

| | tweets/s | with its start | × just started | aim | | × running | aim | |\
 memory, without Kafka | durable | tuned | lines of code |
|---|---|---|---|---|---|---|---|---|---|---|---|---|"""
    product = next((each.run for each in figures.compared if each.candidate is PRODUCT), None)
    running = figures.warm.rate if figures.warm else None
    for result in figures.compared:
        rates = (product.rate if product else None, running)
        yield row(*_compared(result, *rates))
    yield """
Lines of code are those that are neither blank nor comment, for the product those of
`services/spark/trends`. Memory is the most that was seen, page cache not counted, for the product
that of all containers but Kafka and ingest. The programs are in `tests/bench/peers`."""


def _gap(figures: Figures) -> Iterator[str]:
    """How far the aims are away, in processor time."""
    compared = [(each.candidate, each.run) for each in figures.compared if each.run]
    aims = {one.title: one.aim_running * run.rate for one, run in compared if one.aim_running}
    if not (figures.warm and aims):
        return
    cores, spent = os.cpu_count() or 1, figures.warm.processor
    total = sum(spent.values())
    yield f"""
### How far the aims are away

The product takes {total * 1e6:.0f} microseconds of processor for a tweet, Spark's worker alone
{spent["spark-worker"] * 1e6:.0f}: with no core ever at rest {cores} cores would count
{cores / total:,.0f} tweets/s. Each aim leaves so much for all that is done to a tweet:

| aim | tweets/s | microseconds a tweet |
|---|---|---|"""
    for title, rate in aims.items():
        yield row(f"beside {title}", f"{rate:,.0f}", f"{cores / rate * 1e6:.1f}")
    yield """
Each of the others is one program, whose records never leave it until they are sums. Here a record
goes from Kafka through Spark's JVM into Python on the executors, in columns into the driver, and
its sums with minutes, people and boards over the network into a database that syncs to disk. That
is what lets every process be killed, and what it costs."""


def _compared(result: Result, started: float | None, running: float | None) -> list[str]:
    candidate, end = result.candidate, [result.candidate.durable, result.candidate.tuned]
    end.append(str(candidate.code_lines()))
    if not result.run:
        return [candidate.title, f"no result: {result.failure}", *[""] * 8, *end]
    rate = result.run.rate
    figures = [f"{rate:,.0f}", f"{result.run.rate_with_start:,.0f}"]
    for own, aim in ((started, candidate.aim_started), (running, candidate.aim_running)):
        if candidate is PRODUCT or own is None:
            figures += ["", "", ""]
        else:
            ratio = own / rate
            figures.append(f"{ratio:.2f}")
            figures += [f"≥ {aim:g}", verdict(ratio >= aim)] if aim else ["", ""]
    return [candidate.title, *figures, f"{result.run.memory_bytes / 1e6:,.0f} MB", *end]


def _idle(figures: Figures) -> Iterator[str]:
    if not figures.idle:
        return
    yield f"""
## Without tweets

Over {IDLE_SECONDS} s, page cache not counted:

| container | cores | memory |
|---|---|---|"""
    for service, (cpu, memory) in figures.idle.items():
        yield row(service, f"{cpu:.3f}", f"{memory:.0f} MB")
