"""Keeps what was found in docs/reliability.json, and writes docs/reliability.md of it."""

import json
import os
import statistics
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from chaos.samples import QUARTERS
from chaos.soak import Soak
from chaos.trial import Result

Json = dict[str, Any]

HEAD = """# Reliability

`make chaos` breaks a stack of its own in the ways listed here, one after the other and under load,
and writes this page. Afterwards the source is stopped, and everything is compared with counts that
are computed outside the stack from the demo's seed: what HBase has, and every board as it is
served. *Missing*, *duplicate* and *foreign* are uses of hashtags that HBase lacks, has too often,
or has of tags that nobody used.

A fault has to prove that it was there (*proof*); without a proof a run is *inconclusive*, whatever
the counts. *Recovery* is the time from the end of the fault to the first board that is newer and
counts newer tweets, with the aim behind it. A run passes when the counts are exact, the recovery
is within its aim, nothing was restarted more than five times, and every call of the API got 200 or
304, with boards that never went back in time. While `web` itself is away its callers get no answer.

The faults: *kill* is `kill -9`, and the engine starts the container again; *stop* is 30 seconds,
*pause* 60, *cut* 90 seconds without any packet; *reset* is ten seconds in which every connection is
reset, *narrow* 45 seconds at 64 kbit a second, *delay* 45 seconds in which everything comes 0.3 s
late. *disk-full* is 30 seconds without a free byte on the disks of a service, which is killed after
the first half; the disks are loop-mounted files. *first* and *order* start a new stack one service
after the other, in the order that stands there. There are two workers while one of them is hit.
What the networks that are read can do wrong is
[tested apart](sources.md#when-a-network-misbehaves). `alerts` is off in this stack;
[alerts](alerts.md#what-a-kill-does) says what its kills do to messages.
"""

CLUSTER = """
## A cluster

All of a [cluster](cluster.md) on this one machine, by `make chaos ARGS=--cluster`. *lost* removes a
container together with its volume; *machine-2* is one of everything there are several of, at once.
What is lost comes back, empty, when the others have recovered without it, and has to be filled
again: three copies of every Kafka partition and of every block of HDFS, a standby NameNode, every
JournalNode with its journal, every ZooKeeper in the quorum. *Recovery* is the time from the loss to
a newer board that counts newer posts, with what was lost still away (`ingest`, `alerts` and the
first `web`, which the harness asks, come back at once).
"""

FAULT_COLUMNS = (
    "fault", "proof", "recovery, s (aim)", "missing", "duplicate", "foreign", "restarts", "verdict",
    "seed, date",
)  # fmt: skip


def machine() -> str:
    """The size of the machine, not its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory"


class Book:
    """The last result of everything that was ever tried.

    `names` are those of all faults of a stack on one machine, `cluster` those of a cluster.
    """

    def __init__(
        self, data: Path, page: Path, names: Sequence[str], cluster: Sequence[str] = ()
    ) -> None:
        self._data, self._page, self._names, self._cluster = data, page, names, cluster
        text = data.read_text() if data.exists() else ""
        self.found: Json = json.loads(text or "{}")

    def keep(self, kind: str, name: str, result: Result | Soak) -> None:
        """Put a result in the place of the one before, and write both files."""
        self.found.setdefault(kind, {})[name] = asdict(result)
        self.found["machine"] = machine()
        self._data.write_text(json.dumps(self.found, indent=1, ensure_ascii=False) + "\n")
        self._page.write_text(page(self.found, self._names, self._cluster))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table's lines."""
    for cells in (columns, ["---"] * len(columns), *rows):
        yield f"| {' | '.join(cells)} |"


def page(found: Json, names: Sequence[str], cluster: Sequence[str] = ()) -> str:
    """The page; `names` and `cluster` are those of all faults there are."""
    sections = (
        _head(found),
        _faults(found, names),
        _cluster(found, cluster),
        _soak(found),
        _harness(found),
    )
    return "\n".join([*chain.from_iterable(sections), ""])


def _head(found: Json) -> Iterator[str]:
    yield HEAD
    yield f"Measured on {found.get('machine', machine())}."


def _faults(found: Json, names: Sequence[str]) -> Iterator[str]:
    yield "\n## Faults\n"
    yield from _results(found.get("faults", {}), names)


def _cluster(found: Json, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield CLUSTER
        yield from _results(found.get("cluster", {}), names)


def _results(tried: Json, names: Sequence[str]) -> Iterator[str]:
    yield from table(FAULT_COLUMNS, (row(tried[name]) for name in names if name in tried))
    if remarks := [f"- `{name}`: {each}" for name in tried for each in tried[name]["problems"]]:
        yield "\nWhat did not pass:\n"
        yield from remarks
    if missing := [f"`{name}`" for name in names if name not in tried]:
        yield f"\nNot run yet: {', '.join(missing)}."


def row(result: Json) -> list[str]:
    """A trial's cells."""
    aim = "not felt" if result["aim"] is None else f"{result['aim']:.0f}"
    seconds = "never" if result["seconds"] is None else f"{result['seconds']:.1f}"
    numbers = [result[name] for name in ("missing", "duplicate", "foreign")]
    return [
        result["name"],
        result["bit"] or "none",
        f"{seconds} ({aim})",
        *("?" if number is None else f"{number:,}" for number in numbers),
        str(result["restarts"]),
        result["verdict"],
        f"{result['seed']}, {result['date']}",
    ]


# Under the names by which they are kept.
SOAKS = {
    "soak": ("A long run", "with a fault a minute"),
    "cluster": (
        "A long run of a cluster",
        "in which one container after the other was lost with its volume, the next one when the "
        "last was filled again",
    ),
}


def _soak(found: Json) -> Iterator[str]:
    for name, soak in found.get("soaks", {}).items():
        title, course = SOAKS[name]
        seconds = soak["recoveries"] or [0.0]
        yield f"\n## {title}\n"
        yield textwrap.fill(
            f"{soak['minutes']} minutes {course}, chosen by the seed {soak['seed']}; two workers; "
            f"{soak['tweets']:,} tweets. Missing: {soak['missing']}, duplicate: "
            f"{soak['duplicate']}, foreign: {soak['foreign']}; verdict: **{soak['verdict']}** "
            f"({soak['date']}). Of {soak['faults']} faults "
            f"{soak['faults'] - len(soak['unproven'])} proved that they were there. The recovery "
            f"took {statistics.median(seconds):.0f} s in the middle and {max(seconds):.0f} s at "
            f"most; after {len(soak['late'])} faults the next one came before it was over.",
            width=100,
        )
        if soak["problems"]:
            yield ""
            yield from (f"- {each}" for each in soak["problems"])
        yield "\nWhat it took, looked at every minute; in the middle the highest figure"
        yield "of each quarter of the time:\n"
        columns = ("what", "first", *("highest" for _ in range(QUARTERS)), "last")
        yield from table(columns, (_course(what, c) for what, c in soak["courses"].items()))


def _course(name: str, course: Json) -> list[str]:
    is_number = name.endswith("files") or name.startswith("files")
    scale, form = (1, "{:,.0f}") if is_number else (1e6, "{:,.1f} MB")
    values = [course["first"], *course["highest"], course["last"]]
    return [name, *("?" if each is None else form.format(each / scale) for each in values)]


def _harness(found: Json) -> Iterator[str]:
    yield """
## The harness can fail

With `--disarmed` no fault happens, and everything has to be inconclusive. With `--defect NAME` a
test build runs with one deliberate mistake in it, under the fault that this mistake cannot bear,
and has to fail."""
    columns = ("what", "fault", "missing", "duplicate", "foreign", "verdict", "seed, date")
    rows = [
        [name, cells[0], *cells[3:6], *cells[7:]]
        for kind in ("disarmed", "defects")
        for name, result in found.get(kind, {}).items()
        for cells in [row(result)]
    ]
    if rows:
        yield ""
        yield from table(columns, rows)
