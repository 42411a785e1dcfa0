"""One batch of the stream as columns, put together from what the executors return."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from trends.counting.arrays import Bools, Integers, Ints, Unsigned

# Kafka offsets, and times, by partition number as text: the keys that JSON can have.
Offsets = dict[str, int]


@dataclass(frozen=True, slots=True)
class Posts:
    """Posts with hashtags, each partition's in the order of their offsets.

    One element a post: `hi` and `lo` (halves of the hashed id), `partition`, `appended` (the
    highest append time of the partition so far in the batch) and `created` (both in milliseconds
    since 1970), `author` and `has_author`, `source` (an index into `sources`), and `tags_each`,
    the number of its tags. `use` has one element a tag of each post: an index into `keys` and
    `spellings`. All tags of a post have different keys.
    """

    hi: Unsigned
    lo: Unsigned
    partition: Integers
    appended: Ints
    created: Ints
    author: Unsigned
    has_author: Bools
    source: Integers
    tags_each: Integers
    use: Integers
    keys: list[str]
    spellings: list[str]
    sources: list[str]

    @classmethod
    def from_rows(cls, rows: list[dict[str, Any]]) -> Self:
        """Put together the posts of rows with the columns of `trends.extract.columns`."""
        tags: dict[str, int] = {}
        sources: dict[str, int] = {}
        keys: list[str] = []
        use, source = [], []
        for row in rows:
            codes = []
            for key, spelling in zip(row["keys"], row["spellings"], strict=True):
                code = tags.setdefault(spelling, len(tags))
                if code == len(keys):
                    keys.append(key)
                codes.append(code)
            use.append(np.array(codes, np.int32)[_column(row["uses"], np.int32)])
            names = [sources.setdefault(name, len(sources)) for name in row["source_names"]]
            source.append(np.array(names, np.int32)[_column(row["sources"], np.int32)])
        ids = _join([_column(row["ids"], np.uint64) for row in rows], np.uint64)
        tags_each = [_column(row["tag_counts"], np.int32) for row in rows]
        partitions = [
            np.full(len(each), row["partition"], np.int32)
            for row, each in zip(rows, tags_each, strict=True)
        ]

        def join(name: str, dtype: Any) -> Any:
            return _join([_column(row[name], dtype) for row in rows], dtype)

        return cls(
            hi=ids[0::2],
            lo=ids[1::2],
            partition=_join(partitions, np.int32),
            appended=join("appended", np.int64),
            created=join("created", np.int64),
            author=join("authors", np.uint64),
            has_author=join("has_author", np.bool_),
            source=_join(source, np.int32),
            tags_each=_join(tags_each, np.int32),
            use=_join(use, np.int32),
            keys=keys,
            spellings=list(tags),
            sources=list(sources),
        )


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record of the topic that breaks the message contract; `origin` is its place on Kafka."""

    origin: str
    reason: str
    record: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A range of the topic.

    `start` and `end` (exclusive) hold the partitions that have records in it, `newest` the highest
    append time of each. `ignored_tags` counts tags beyond the caps.
    """

    start: Offsets
    end: Offsets
    newest: Offsets
    records: int
    ignored_tags: int
    posts: Posts
    quarantined: list[QuarantinedRecord]

    @classmethod
    def from_table(cls, table: pa.Table, topic: str) -> Self:
        """Put together a batch from a table with the columns of `trends.extract.columns`."""
        rows = sorted(table.to_pylist(), key=lambda row: (row["partition"], row["start"]))
        start: Offsets = {}
        for row in rows:
            start.setdefault(str(row["partition"]), row["start"])
        return cls(
            start=start,
            end={str(row["partition"]): row["end"] for row in rows},
            newest={str(row["partition"]): row["newest"] for row in rows},
            records=sum(row["records"] for row in rows),
            ignored_tags=sum(row["ignored_tags"] for row in rows),
            posts=Posts.from_rows(rows),
            quarantined=[each for row in rows for each in _quarantined(row, topic)],
        )


def _quarantined(row: dict[str, Any], topic: str) -> list[QuarantinedRecord]:
    columns = (row["bad_offsets"], row["bad_reasons"], row["bad_records"])
    return [
        QuarantinedRecord(f"{topic}/{row['partition']}/{offset}", reason, record)
        for offset, reason, record in zip(*columns, strict=True)
    ]


def _column(value: bytes, dtype: Any) -> Any:
    return np.frombuffer(value, dtype)


def _join(parts: list[Any], dtype: Any) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0, dtype)
