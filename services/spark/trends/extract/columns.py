"""Arrow in, Arrow out: what executors make of Kafka records, for `DataFrame.mapInArrow`.

Each row stands for consecutive records of one partition. What has one value a post, or a use of
a hashtag, is packed into a binary cell (little-endian numbers): Spark then passes on one cell
where it would convert every value several times over.
"""

import gc
from array import array
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import accumulate

import pyarrow as pa

from trends.extract.message import (
    QUARANTINED_CHARACTERS,
    MalformedRecord,
    Message,
    hashtags_of,
    parse,
)

ID_BYTES = 16

RECORDS = "value binary, partition int, offset bigint, appended bigint"
"""What comes in; `appended` is Kafka's append time in milliseconds since 1970."""

CHUNKS = pa.schema(
    {
        "partition": pa.int32(),
        "start": pa.int64(),
        "end": pa.int64(),  # exclusive
        "newest": pa.int64(),  # the highest append time of the task so far, milliseconds
        "records": pa.int64(),
        "ignored_tags": pa.int64(),
        # For each post with hashtags: its hashed id, the task's highest append time so far, when
        # it was created, its author, whether it has one, its source, and how many hashtags.
        "ids": pa.binary(),  # 16 bytes each
        "appended": pa.binary(),  # int64, milliseconds
        "created": pa.binary(),  # int64, milliseconds
        "authors": pa.binary(),  # uint64
        "has_author": pa.binary(),  # bool
        "sources": pa.binary(),  # int32, an index into source_names
        "tag_counts": pa.binary(),  # int32
        # For each hashtag of each post: an index into keys and spellings.
        "uses": pa.binary(),  # int32
        "source_names": pa.list_(pa.string()),
        "keys": pa.list_(pa.string()),
        "spellings": pa.list_(pa.string()),
        "bad_offsets": pa.list_(pa.int64()),
        "bad_reasons": pa.list_(pa.string()),
        "bad_records": pa.list_(pa.string()),
    }
)
"""What goes out."""

SPARK_CHUNKS = ", ".join(
    f"{field.name} "
    + {
        pa.int32(): "int",
        pa.int64(): "bigint",
        pa.binary(): "binary",
        pa.list_(pa.string()): "array<string>",
        pa.list_(pa.int64()): "array<bigint>",
    }[field.type]
    for field in CHUNKS
)
"""`CHUNKS` in Spark's notation."""

# A record's place and value: offset, value, append time.
Record = tuple[int, bytes | None, int]


def extract(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Turn records with the columns of `RECORDS` into rows with those of `CHUNKS`.

    A task's records come in the order of their offsets, one partition after the other.
    """
    newest: dict[int, int] = {}
    # Nothing here refers to itself in a circle, and looking for that takes a third of the time.
    gc.disable()
    try:
        for batch in batches:
            for partition, records in _by_partition(batch):
                # Brokers' clocks can be set back; the highest time so far never falls.
                times = [time for _, _, time in records]
                times = list(accumulate([newest.get(partition, 0), *times], max))[1:]
                newest[partition] = times[-1]
                yield _Chunk(partition, records, times).to_arrow()
    finally:
        gc.enable()


def _by_partition(batch: pa.RecordBatch) -> Iterator[tuple[int, list[Record]]]:
    partitions = batch["partition"].to_pylist()
    records = list(
        zip(
            batch["offset"].to_pylist(),
            batch["value"].to_pylist(),
            batch["appended"].to_pylist(),
            strict=True,
        )
    )
    starts = [i for i, each in enumerate(partitions) if not i or each != partitions[i - 1]]
    for start, end in zip(starts, [*starts[1:], len(partitions)], strict=True):
        yield partitions[start], records[start:end]


class _Chunk:
    """Collects the columns of consecutive records of one partition."""

    def __init__(self, partition: int, records: list[Record], times: list[int]) -> None:
        self._partition = partition
        self._records = records
        self._newest = times[-1]
        self._ignored = 0
        self._ids: list[bytes] = []
        self._appended, self._created = array("q"), array("q")
        self._authors, self._has_author = array("Q"), bytearray()
        self._sources, self._tag_counts, self._uses = array("i"), array("i"), array("i")
        self._source_names: dict[str, int] = {}
        self._keys: list[str] = []
        self._spellings: dict[str, int] = {}
        self._bad: list[tuple[int, str, str]] = []
        for (offset, value, arrival), time in zip(records, times, strict=True):
            try:
                message = parse(value)
            except MalformedRecord as error:
                self._bad.append((offset, error.reason, _excerpt(value)))
            else:
                self._add(message, arrival, time)

    def _add(self, message: Message, arrival: int, time: int) -> None:
        hashtags, ignored = hashtags_of(message)
        self._ignored += ignored
        if not hashtags:
            return
        self._ids.append(blake2b(message.id.encode(), digest_size=ID_BYTES).digest())
        self._appended.append(time)
        # A clock that runs ahead must not put a post into a window that is yet to come.
        self._created.append(min(message.created, arrival))
        self._authors.append(message.author or 0)
        self._has_author.append(message.author is not None)
        names = self._source_names
        self._sources.append(names.setdefault(message.source, len(names)))
        self._tag_counts.append(len(hashtags))
        spellings = self._spellings
        for key, spelling in hashtags.items():
            code = spellings.setdefault(spelling, len(spellings))
            if code == len(self._keys):
                self._keys.append(key)
            self._uses.append(code)

    def to_arrow(self) -> pa.RecordBatch:
        """One row with the columns of `CHUNKS`."""
        offsets, reasons, excerpts = zip(*self._bad, strict=True) if self._bad else ((), (), ())
        row = {
            "partition": self._partition,
            "start": self._records[0][0],
            "end": self._records[-1][0] + 1,
            "newest": self._newest,
            "records": len(self._records),
            "ignored_tags": self._ignored,
            "ids": b"".join(self._ids),
            "appended": self._appended.tobytes(),
            "created": self._created.tobytes(),
            "authors": self._authors.tobytes(),
            "has_author": bytes(self._has_author),
            "sources": self._sources.tobytes(),
            "tag_counts": self._tag_counts.tobytes(),
            "uses": self._uses.tobytes(),
            "source_names": list(self._source_names),
            "keys": self._keys,
            "spellings": list(self._spellings),
            "bad_offsets": offsets,
            "bad_reasons": reasons,
            "bad_records": excerpts,
        }
        return pa.RecordBatch.from_pylist([row], CHUNKS)


def _excerpt(value: bytes | None) -> str:
    """The record's beginning, for the quarantine."""
    text = (value or b"")[: 4 * QUARANTINED_CHARACTERS].decode(errors="replace")
    return text[:QUARANTINED_CHARACTERS]
