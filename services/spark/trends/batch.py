"""What one micro-batch adds, as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(slots=True)
class Minute:
    """What one minute has of a tag: its tweets, and who wrote them (salted hashes)."""

    tweets: int = 0
    authors: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Delta:
    """What a batch adds to one tag: tweets by spelling and by minute since 1970.

    `first` and `last` are the earliest and latest of them, in milliseconds.
    """

    first: int
    last: int
    spellings: dict[str, int] = field(default_factory=dict)
    minutes: dict[int, Minute] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Tweets with the tag."""
        return sum(self.spellings.values())

    def add(self, spelling: str, at: int, author: str | None) -> None:
        """Take in a tweet that was written `at` (milliseconds)."""
        self.first = min(self.first, at)
        self.last = max(self.last, at)
        self.spellings[spelling] = self.spellings.get(spelling, 0) + 1
        minute = self.minutes.get(at // 60_000)
        if minute is None:
            minute = self.minutes[at // 60_000] = Minute()
        minute.tweets += 1
        if author:
            minute.authors.add(author)


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


class Row(NamedTuple):
    """A row of `transforms.digest`: a tweet with tags, or a record that is none."""

    source: str
    at: int
    author: str | None
    keys: list[str] | None
    spellings: list[str] | None
    surplus: int | None
    reason: str | None = None
    origin: str | None = None
    record: str | None = None


def gather(rows: Iterable[tuple[Any, ...]], demo: bool) -> Batch:
    """Tuples as `Row` has them -> a batch.

    `demo` tells whether all that was counted before was generated. From the first real tweet on
    (`Batch.demo` is then false) generated ones are left out: they are never shown beside real ones.
    """
    rows = list(rows)
    batch = Batch(
        demo=demo and not any(keys and source != "demo" for source, _, _, keys, *_ in rows)
    )
    tags = batch.tags
    # Unpacked, since to name a column of Spark's rows takes longer than all that is done with it.
    for source, at, author, keys, spellings, surplus, reason, origin, record in rows:
        if reason:
            batch.bad.append(BadRecord(origin, reason, record))
        elif source != "demo" or batch.demo:
            batch.surplus += surplus
            if keys:
                batch.tagged += 1
                batch.sources.add(source)
            for key, spelling in zip(keys, spellings, strict=True):
                delta = tags.get(key)
                if delta is None:
                    delta = tags[key] = Delta(at, at)
                delta.add(spelling, at, author)
    return batch
