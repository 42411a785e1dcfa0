"""Renders docs/benchmarks.md."""

import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from bench.comparison import PRODUCT, Result
from bench.footprint import POSTS, Footprint
from bench.memory import CACHED_ROWS, Memory
from bench.product import BACKLOG, BURST, DEMO_RATE, IDLE_SECONDS, Drain, DriverAlone, Latency
from bench.report import row, verdict
from bench.searches import SEARCHES, TAGS, Searches
from bench.slow_line import BITS_PER_SECOND, ROUND_TRIP
from bench.trending.measure import Measured, report
from bench.visits import Visits
from bench.web import CALLERS, CONNECTIONS, POLL_SECONDS, RATE, WIDGETS, Web

# Posts a second -> highest p95 latency, in seconds.
LATENCY_AIMS = {100: 1.0, 2000: 1.2}
RECOVERY_AIM = 25
DEMO_CORES_AIM = 0.25
CORES_AIM = 0.15
GIGABYTES_AIM = 2.5
DRIVER_AIM = 100_000
REQUESTS_AIM = 2500
MILLISECONDS_AIM = 20
PAGE_AIM = 120_000
BOARD_AIM = 1.0
SHIFT_AIM = 0.02
SEARCH_AIM = 50


@dataclass
class Figures:
    """Everything that was measured; parts that did not run stay empty."""

    latencies: list[Latency] = field(default_factory=list)
    demo: dict[str, tuple[float, float]] = field(default_factory=dict)
    idle: dict[str, tuple[float, float]] = field(default_factory=dict)
    web: Web | None = None
    visits: Visits | None = None
    searches: Searches | None = None
    recovery: float | None = None
    warm: Drain | None = None
    workers: dict[int, float] = field(default_factory=dict)
    driver: DriverAlone | None = None
    compared: list[Result] = field(default_factory=list)
    trending: Measured | None = None
    memory: Memory | None = None
    footprint: Footprint | None = None


def machine() -> str:
    """Cores and memory of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory"


def percentile(values: list[float], percent: int) -> float:
    """The `percent`-th percentile of `values`."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def write(figures: Figures) -> str:
    """The page, in Markdown."""
    sections = (
        _head,
        _product,
        _costs,
        _web,
        _visits,
        _searches,
        _comparison,
        _gap,
        _quiet,
        _memory,
        _footprint,
        _trending,
    )
    return "\n".join([*chain.from_iterable(section(figures) for section in sections), ""])


def _head(_: Figures) -> Iterator[str]:
    yield f"""# Benchmarks

`make bench` starts its own stacks, measures them and writes this page. The load generator runs on
the same machine as the stack.

Measured on {datetime.now(UTC):%Y-%m-%d} on {machine()} with the default settings: one Kafka
broker, one Spark worker. Messages are about 250 bytes long. Hashtags follow Zipf's law: a million
posts have about 100,000 different ones. One message in a hundred is a duplicate. In the latency
tests one message in six has a hashtag, as on real timelines; in a backlog eight in ten do, which is
far more work.

## The product

| what | measured | aim | |
|---|---|---|---|"""


def _product(figures: Figures) -> Iterator[str]:
    for latency in figures.latencies:
        what = f"post to JSON at {latency.rate:,} posts/s"
        late, aim = percentile(latency.seconds, 95), LATENCY_AIMS[latency.rate]
        yield row(f"{what}, median", f"{percentile(latency.seconds, 50):.2f} s", "", "")
        yield row(f"{what}, p95", f"{late:.2f} s", f"≤ {aim:g} s", verdict(late <= aim))
    if figures.recovery is not None:
        seconds = figures.recovery
        what = "driver killed (`kill -9`) under load: until all counts are exact again"
        reached = verdict(seconds <= RECOVERY_AIM)
        yield row(what, f"{seconds:.0f} s", f"≤ {RECOVERY_AIM} s", reached)
    if figures.warm:
        warm = figures.warm
        what = f"backlog of {BACKLOG:,} posts, warm: rate"
        yield row(what, f"{warm.rate:,.0f} posts/s", "", "")
        what = "— from the end of the outage to exact counts"
        yield row(what, f"{warm.seconds:.0f} s", "", "")
        what = "— share of the time that executors waited for the driver and HBase"
        yield row(what, f"{warm.waiting:.0%}", "", "")
    for number, rate in figures.workers.items():
        what = f"— with {number} worker{'s'[: number - 1]} of one core: rate"
        yield row(what, f"{rate:,.0f} posts/s", "", "")
    if figures.driver:
        rate, what = figures.driver.rate, "driver alone, fed with the executors' results: rate"
        wanted = f"≥ {DRIVER_AIM:,} posts/s"
        yield row(what, f"{rate:,.0f} posts/s", wanted, verdict(rate >= DRIVER_AIM))
        processor = figures.driver.processor / BACKLOG * 1e6
        yield row("— processor time", f"{processor:.1f} µs a post", "", "")
    for result in figures.compared:
        if result.candidate is PRODUCT and result.run:
            what = f"backlog of {BACKLOG:,} posts, cold (`trends` just started)"
            seconds = result.run.last - result.run.started
            yield row(f"{what}: rate", f"{result.run.rate:,.0f} posts/s", "", "")
            yield row("— from the start to exact counts", f"{seconds:.0f} s", "", "")
    if figures.demo:
        yield _cores(f"whole stack, demo at {DEMO_RATE} posts/s", figures.demo, DEMO_CORES_AIM)
    if figures.idle:
        yield _cores("whole stack, no posts", figures.idle, CORES_AIM)
        memory = sum(megabytes for _, megabytes in figures.idle.values()) / 1000
        wanted, reached = f"≤ {GIGABYTES_AIM} GB", verdict(memory <= GIGABYTES_AIM)
        yield row("whole stack, no posts: memory", f"{memory:.2f} GB", wanted, reached)
    yield f"""
Latency is measured for every post, from just before it is sent to Kafka until `/api/v1/trends`
counts it. The driver is killed in the middle of a burst of {BURST:,} posts; afterwards the counts
in HBase are compared with counts computed independently. *Warm*: HBase's Thrift server was paused
until the whole backlog was on Kafka; the rate is measured between the first and the last response
that counts some of it. *Cold*: the driver was stopped until then; the rate is measured from the
start of the query."""


def _trending(figures: Figures) -> Iterator[str]:
    return report(figures.trending) if figures.trending else iter(())


def _cores(what: str, services: dict[str, tuple[float, float]], aim: float) -> str:
    cores = sum(cpu for cpu, _ in services.values())
    return row(f"{what}: processor", f"{cores:.2f} cores", f"≤ {aim} cores", verdict(cores <= aim))


def _costs(figures: Figures) -> Iterator[str]:
    if not figures.warm:
        return
    yield """
### Where the processor time goes

Warm backlog, all cores together:

| container | work | µs a post |
|---|---|---|"""
    for service, what in WORK.items():
        taken = figures.warm.processor[service] * 1e6
        yield row(service, what, f"{taken:.1f}")
    yield row("all other containers", "", f"{_others(figures.warm.processor) * 1e6:.1f}")
    yield """
How many workers pay off: if `spark-worker` takes w µs a post and `trends` d, then w / d cores for
workers keep one core of the driver busy."""


WORK = {
    "spark-worker": "read, parse, extract hashtags, pack columns; JIT compiler",
    "trends": "find duplicates, tally posts and authors per window, encode rows",
    "hbase-thrift": "forward rows",
    "hbase-regionserver": "write rows to the write-ahead log and to memory",
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
    yield row("ratio", f"{web.rate / web.nginx:.2f}", "", "")
    at_rate = f"at {RATE:,} requests/s"
    for what, seconds in ((at_rate, web.steady), (f"{at_rate}, HBase paused", web.paused)):
        yield row(f"{what}, median", _milliseconds(percentile(seconds, 50)), "", "")
        yield _p99(what, seconds)
    what = f"{WIDGETS:,} widgets, each polling every {POLL_SECONDS} s"
    yield _p99(what, web.widgets)
    yield row(f"{what}: processor", f"{web.cores:.2f} cores", "", "")
    yield row(f"{what}: reads of HBase", f"{web.reads:.2f} a second", "", "")
    yield f"""
The response has {web.size:,} bytes; the load comes from another core. The maximum rate is measured
with `wrk` over {CONNECTIONS} connections: the median of several runs, alternating with nginx, which
has one process. At a fixed rate requests are scheduled evenly over {CALLERS} connections, or one
connection for each widget. Latency is measured from the scheduled time, so that stalls count in
full."""


def _p99(what: str, seconds: list[float]) -> str:
    late = percentile(seconds, 99)
    reached = verdict(late * 1000 <= MILLISECONDS_AIM)
    return row(f"{what}, p99", _milliseconds(late), f"≤ {MILLISECONDS_AIM} ms", reached)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _visits(figures: Figures) -> Iterator[str]:
    visits = figures.visits
    if not visits:
        return
    yield """
## The page

| what | measured | aim | |
|---|---|---|---|"""
    wanted, reached = f"≤ {PAGE_AIM / 1000:.0f} kB", verdict(visits.size <= PAGE_AIM)
    what, size = "a first visit of `/`", f"{visits.size / 1000:.1f} kB"
    yield row(f"{what}: everything, compressed", size, wanted, reached)
    seconds = statistics.median(visits.board)
    wanted, reached = f"≤ {BOARD_AIM:g} s", verdict(seconds <= BOARD_AIM)
    yield row(f"{what}: board painted, median", f"{seconds:.2f} s", wanted, reached)
    wanted, reached = f"≤ {SHIFT_AIM}", verdict(visits.shift <= SHIFT_AIM)
    yield row(f"{what}: layout shift, the worst", f"{visits.shift:.3f}", wanted, reached)
    yield f"""
{len(visits.board)} visits with an empty cache, half of them in the window of a phone, over a line
like slow 4G: {BITS_PER_SECOND / 1e6:g} Mbit/s, {ROUND_TRIP * 1000:.0f} ms for a round trip, and as
long for each new connection. The board is painted when the frame after its first row has its style
begins; time runs from the start of the navigation. The layout shift is cumulative."""


def _searches(figures: Figures) -> Iterator[str]:
    searches = figures.searches
    if not searches:
        return
    yield """
## Search

| what | measured | aim | |
|---|---|---|---|"""
    what = f"search among {TAGS:,} hashtags"
    late = percentile(searches.seconds, 95)
    yield row(f"{what}, median", _milliseconds(percentile(searches.seconds, 50)), "", "")
    reached = verdict(late * 1000 <= SEARCH_AIM)
    yield row(f"{what}, p95", _milliseconds(late), f"≤ {SEARCH_AIM} ms", reached)
    yield f"""
{SEARCHES} different prefixes of one letter to six, one after the other, none from a cache."""


def _memory(figures: Figures) -> Iterator[str]:
    memory = figures.memory
    if not memory:
        return
    yield """
## The driver's memory

| what the driver keeps in its Python process | bytes each |
|---|---|"""
    yield row("a tag that was not used in the last four weeks", f"{memory.old_tag:.0f}")
    yield row("a tag that was used in an hour of the last four weeks", f"{memory.four_weeks:.0f}")
    yield row("a tag that one person used in the last 8 days", f"{memory.eight_days:.0f}")
    yield row("— another person who used it", f"{memory.person:.0f}")
    yield row("a tag of the last 8 days, once more during a start", f"{memory.loading:.0f}")
    yield row("the id of a post, within `DEDUPLICATE_MINUTES`", f"{memory.post:.0f}")
    yield row(f"a cached row of HBase, of at most {CACHED_ROWS:,}", f"{memory.row:.0f}")
    milliseconds = memory.insertion * 1e9
    yield f"""
Measured as the growth of a process that keeps them, with the driver's own classes. An id of a post
with hashtags is kept twice. Each batch copies the ids, which takes {milliseconds:.0f} ms of
processor time for each million that are kept."""


def _footprint(figures: Figures) -> Iterator[str]:
    footprint = figures.footprint
    if not footprint:
        return
    yield """
## Disk and network

| what | bytes |
|---|---|"""
    yield row("a post on Kafka's disk", f"{footprint.kafka:.0f}")
    yield row("a post in HBase's write-ahead log", f"{footprint.log:.0f}")
    yield row("a tag in HBase's table `hashtags`", f"{footprint.tag:.0f}")
    for service, number in sorted(footprint.sent.items(), key=lambda each: -each[1]):
        if number >= 0.5:
            yield row(f"sent by `{service}`, a post", f"{number:.0f}")
    yield f"""
{POSTS:,} posts in one go, eight in ten with a hashtag; they had {footprint.tags:,} different tags.
The write-ahead log is deleted once the table's files have what it has."""


def _comparison(figures: Figures) -> Iterator[str]:
    if not figures.compared:
        return
    yield f"""
## Comparison

The same {BACKLOG:,} posts on the same broker, one candidate after the other; while another one
counts, the product is stopped except for Kafka. All do the same work: parse JSON, extract hashtags
by X's rule, fold them, drop duplicates, count per tag and per tag and minute. The others stop
there and do not check domains against the list of top-level domains; the product also quarantines
malformed records, counts spellings and authors, and maintains the boards. Every count of every
candidate is compared with counts computed independently: a wrong count disqualifies the run.

Rates are measured from the first record until the last one is counted and durable; "including
start" counts from the start of the container. "× cold" is the product's cold rate divided by the
other's rate, "× warm" its warm rate divided by it.

| | posts/s | including start | × cold | aim | | × warm | aim | |\
 memory, without Kafka | durable | tuning | lines of code |
|---|---|---|---|---|---|---|---|---|---|---|---|---|"""
    product = next((each.run for each in figures.compared if each.candidate is PRODUCT), None)
    running = figures.warm.rate if figures.warm else None
    for result in figures.compared:
        rates = (product.rate if product else None, running)
        yield row(*_compared(result, *rates))
    yield """
Lines of code are neither blank nor comment; for the product they are those of
`services/spark/trends`. Memory is the peak without page cache, for the product of all containers
except Kafka and ingest. The other programs are in `tests/bench/peers`."""


def _gap(figures: Figures) -> Iterator[str]:
    """The processor time that each aim allows."""
    compared = [(each.candidate, each.run) for each in figures.compared if each.run]
    aims = {one.title: one.aim_running * run.rate for one, run in compared if one.aim_running}
    if not (figures.warm and aims):
        return
    cores, spent = os.cpu_count() or 1, figures.warm.processor
    total = sum(spent.values())
    yield f"""
### Headroom

The product spends {total * 1e6:.0f} µs of processor time on a post,
{spent["spark-worker"] * 1e6:.0f} of them in Spark's worker. With {cores} cores that
never idle this would be {cores / total:,.0f} posts/s. Each aim allows this much time:

| aim | posts/s | µs a post |
|---|---|---|"""
    for title, rate in aims.items():
        yield row(f"compared with {title}", f"{rate:,.0f}", f"{cores / rate * 1e6:.1f}")
    yield """
Each of the others is a single program that adds up records where it reads them. Here a record goes
from Kafka through Spark's JVM into Python on an executor and, in columns, to the driver; the sums,
with minutes, authors and boards, go over the network into a database that syncs to disk. This is
what it costs that any process may be killed."""


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


def _quiet(figures: Figures) -> Iterator[str]:
    demo = f"Demo, {DEMO_RATE} posts/s"
    for title, services in ((demo, figures.demo), ("No posts", figures.idle)):
        if services:
            yield f"""
## {title}

Over {IDLE_SECONDS} s, page cache not counted:

| container | cores | memory |
|---|---|---|"""
            for service, (cpu, memory) in services.items():
                yield row(service, f"{cpu:.3f}", f"{memory:.0f} MB")
