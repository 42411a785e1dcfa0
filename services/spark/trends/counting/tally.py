"""What one micro-batch adds, as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


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


_TEXTS = pa.list_(pa.string())

DIGEST = pa.schema(
    {
        "source": pa.string(),
        "at": pa.int64(),  # milliseconds since 1970
        "author": pa.string(),
        "keys": _TEXTS,
        "spellings": _TEXTS,
        "surplus": pa.int32(),
        "reason": pa.string(),
        "origin": pa.string(),
        "record": pa.string(),
    }
)
"""The columns of `transforms.digest`: a row is a tweet, or a record that is none, with a reason."""


def gather(digest: pa.Table, demo: bool) -> Batch:
    """Columns as `DIGEST` has them -> a batch.

    `demo` tells whether all that was counted before was generated. From the first real tweet on
    (`Batch.demo` is then false) generated ones are left out: they are never shown beside real ones.
    """
    is_tweet = pc.is_null(digest["reason"])
    bad = digest.filter(pc.invert(is_tweet)).select(["origin", "reason", "record"])
    tweets = digest.filter(is_tweet)
    real = tweets.filter(pc.not_equal(tweets["source"], "demo"))
    demo = demo and not _tagged(real).num_rows
    counted = tweets if demo else real
    tagged = _tagged(counted)
    return Batch(
        tags=_deltas(_uses(tagged)),
        tagged=tagged.num_rows,
        surplus=pc.sum(counted["surplus"]).as_py() or 0,
        sources=set(tagged["source"].unique().to_pylist()),
        bad=[BadRecord(*each) for each in _rows(bad)],
        demo=demo,
    )


def _tagged(tweets: pa.Table) -> pa.Table:
    return tweets.filter(pc.greater(pc.list_value_length(tweets["keys"]), 0))


def _uses(tweets: pa.Table) -> pa.Table:
    """A row for each tag of each tweet."""
    place = pc.list_parent_indices(tweets["keys"].combine_chunks())
    at = tweets["at"].take(place)
    return pa.table(
        {
            "key": pc.list_flatten(tweets["keys"]),
            "spelling": pc.list_flatten(tweets["spellings"]),
            "at": at,
            "minute": pc.divide(at, 60_000),
            "author": tweets["author"].take(place),
        }
    )


def _deltas(uses: pa.Table) -> dict[str, Delta]:
    keys = uses.group_by("key").aggregate([("at", "min"), ("at", "max")])
    spellings = uses.group_by(["key", "spelling"]).aggregate([([], "count_all")])
    known = pc.CountOptions(mode="only_valid")
    minutes = uses.group_by(["key", "minute"]).aggregate(
        [([], "count_all"), ("author", "distinct", known)]
    )
    deltas = {key: Delta(first, last) for key, first, last in _rows(keys)}
    for key, spelling, tweets in _rows(spellings):
        deltas[key].spellings[spelling] = tweets
    for key, minute, tweets, authors in _rows(minutes):
        deltas[key].minutes[minute] = Minute(tweets, set(authors))
    return deltas


def _rows(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)
