"""A batch as columns, assembled from the chunks that the executors return."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from trends.counting.arrays import Bools, Integers, Ints, Unsigned
from trends.extract.columns import Chunk

# Kafka offsets, or times, by partition number; as strings, because JSON's keys are.
Offsets = dict[str, int]


@dataclass(frozen=True, slots=True)
class Ids:
    """Which posts come when; those of a partition are in the order of their offsets.

    One element per post: `hi` and `lo` (halves of the hashed id), `partition`, and `appended` (the
    highest append time of the partition so far in the batch, in milliseconds since 1970).
    """

    hi: Unsigned
    lo: Unsigned
    partition: Integers
    appended: Ints

    def rows(self, which: Bools) -> "Ids":
        """Some of the posts."""
        return Ids(self.hi[which], self.lo[which], self.partition[which], self.appended[which])


@dataclass(frozen=True, slots=True)
class Posts(Ids):
    """Posts, with hashtags or without.

    Besides `Ids`, one element per post: `created` (milliseconds since 1970), `author` and
    `has_author`, `source` (an index into `sources`), and `tags_each`, the number of its tags. `use`
    has one element per tag of each post: an index into `keys` and `spellings`. The tags of a post
    have distinct keys.
    """

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
    def from_chunks(cls, chunks: list[Chunk]) -> Self:
        """Join the posts of chunks, each of which numbers its tags and sources from 0."""
        tags: dict[str, int] = {}
        sources: dict[str, int] = {}
        keys: list[str] = []
        use, source, partition = [], [], []
        for chunk in chunks:
            codes = []
            for key, spelling in zip(chunk.keys, chunk.spellings, strict=True):
                code = tags.setdefault(spelling, len(tags))
                if code == len(keys):
                    keys.append(key)
                codes.append(code)
            use.append(np.array(codes, np.int32)[np.frombuffer(chunk.uses, np.int32)])
            names = [sources.setdefault(name, len(sources)) for name in chunk.source_names]
            source.append(np.array(names, np.int32)[np.frombuffer(chunk.sources, np.int32)])
            partition.append(np.full(len(source[-1]), chunk.partition, np.int32))

        def join(column: Callable[[Chunk], bytes], dtype: Any) -> Any:
            return np.frombuffer(b"".join(map(column, chunks)), dtype)

        ids = join(lambda chunk: chunk.ids, np.uint64)
        return cls(
            hi=ids[0::2],
            lo=ids[1::2],
            partition=_concatenate(partition),
            appended=join(lambda chunk: chunk.appended, np.int64),
            created=join(lambda chunk: chunk.created, np.int64),
            author=join(lambda chunk: chunk.authors, np.uint64),
            has_author=join(lambda chunk: chunk.has_author, np.bool_),
            source=_concatenate(source),
            tags_each=join(lambda chunk: chunk.tags_each, np.int32),
            use=_concatenate(use),
            keys=keys,
            spellings=list(tags),
            sources=list(sources),
        )


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record that breaks the message contract; `origin` is its TOPIC/PARTITION/OFFSET."""

    origin: str
    reason: str
    record: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A range of the topic that is applied as a unit.

    `start` and `end` (exclusive) have the partitions with records in the batch, and `newest` the
    highest append time of each. `ignored_tags` counts tags beyond the caps.
    """

    start: Offsets
    end: Offsets
    newest: Offsets
    records: int
    ignored_tags: int
    posts: Posts
    quarantined: list[QuarantinedRecord]

    @classmethod
    def from_chunks(cls, chunks: Iterable[Chunk], topic: str) -> Self:
        """Assemble a batch from the executors' chunks, which may come in any order."""
        chunks = sorted(chunks, key=lambda chunk: (chunk.partition, chunk.start))
        start: Offsets = {}
        for chunk in chunks:
            start.setdefault(str(chunk.partition), chunk.start)
        return cls(
            start=start,
            end={str(chunk.partition): chunk.end for chunk in chunks},
            newest={str(chunk.partition): chunk.newest for chunk in chunks},
            records=sum(chunk.records for chunk in chunks),
            ignored_tags=sum(chunk.ignored_tags for chunk in chunks),
            posts=Posts.from_chunks(chunks),
            quarantined=[
                QuarantinedRecord(f"{topic}/{chunk.partition}/{offset}", reason, record)
                for chunk in chunks
                for offset, reason, record in chunk.malformed
            ],
        )


def _concatenate(parts: list[Integers]) -> Integers:
    return np.concatenate(parts) if parts else np.zeros(0, np.int32)
