"""What one micro-batch adds, as plain values."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class Delta:
    """What a batch adds to one tag: tweets by spelling and by minute since 1970.

    `first` and `last` are the earliest and latest of them, in milliseconds.
    """

    spellings: Counter[str] = field(default_factory=Counter)
    minutes: Counter[int] = field(default_factory=Counter)
    first: int = 0
    last: int = 0

    @property
    def count(self) -> int:
        """Tweets with the tag."""
        return self.spellings.total()


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record of the topic that breaks the message contract."""

    origin: str
    reason: str
    record: str


@dataclass(slots=True)
class Batch:
    """The deltas by tag key, and what else the batch has to tell."""

    tags: dict[str, Delta] = field(default_factory=dict)
    tagged: int = 0
    surplus: int = 0
    sources: set[str] = field(default_factory=set)
    bad: list[BadRecord] = field(default_factory=list)
    demo: bool = False


class TallyRow(Protocol):
    """A row of `transforms.tally`."""

    kind: str
    demo: bool
    a: str
    b: str
    minute: int
    n: int
    first: int
    last: int
    record: str


def gather(rows: Iterable[TallyRow], demo: bool) -> Batch:
    """The rows of `transforms.tally` -> a batch.

    `demo` tells whether all that was counted before was generated. From the first real tweet on
    (`Batch.demo` is then false) generated ones are left out: they are never shown beside real ones.
    """
    rows = list(rows)
    batch = Batch(demo=demo and not any(row.kind == "tweet" and not row.demo for row in rows))
    for row in rows:
        if row.kind == "bad":
            batch.bad.append(BadRecord(row.a, row.b, row.record))
        elif row.demo and not batch.demo:
            continue
        elif row.kind == "tag":
            _add(batch.tags.setdefault(row.a, Delta(first=row.first, last=row.last)), row)
        elif row.kind == "tweet":
            batch.tagged += row.n
            batch.sources.add(row.a)
        elif row.kind == "surplus":
            batch.surplus += row.n
    return batch


def _add(delta: Delta, row: TallyRow) -> None:
    delta.spellings[row.b] += row.n
    delta.minutes[row.minute] += row.n
    delta.first = min(delta.first, row.first)
    delta.last = max(delta.last, row.last)
