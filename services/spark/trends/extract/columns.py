"""Turns Arrow batches of Kafka records into packed chunks, for `DataFrame.mapInArrow`.

Each output row is one cell: a packed `Chunk` of consecutive records of one partition. Spark then
passes on, and encrypts, one small cell instead of converting every value several times.
"""

import gc
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
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
"""The input columns, as a Spark schema; `appended` is Kafka's append time in ms since 1970."""

CHUNKS = "chunk binary"
"""The output column, as a Spark schema."""

_SCHEMA = pa.schema({"chunk": pa.binary()})
_COMPRESSION = "zstd"


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """Consecutive records of one partition, from the offset `start` to `end` (exclusive).

    `newest` is the highest append time of the partition so far in the task (milliseconds since
    1970). The `bytes` fields are columns of little-endian numbers; all but `uses` have an element
    for each post, with hashtags or without.
    """

    partition: int
    start: int
    end: int
    newest: int
    records: int
    ignored_tags: int
    ids: bytes
    """Hashed, 16 bytes each."""
    appended: bytes
    """int64: the partition's highest append time so far in the task, milliseconds since 1970."""
    created: bytes
    """int64: milliseconds since 1970."""
    authors: bytes
    """uint64."""
    has_author: bytes
    """bool."""
    sources: bytes
    """int32: an index into `source_names`."""
    tags_each: bytes
    """int32: the number of hashtags, which may be 0."""
    uses: bytes
    """int32: for each hashtag of each post, an index into `keys` and `spellings`."""
    source_names: list[str]
    keys: list[str]
    spellings: list[str]
    malformed: list[tuple[int, str, str]]
    """Offset, reason and beginning of each record that breaks the contract."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Chunk).decode


def pack(chunk: Chunk) -> bytes:
    """Encode and compress a chunk."""
    packed: bytes = pa.compress(_encode(chunk), _COMPRESSION, asbytes=True)
    return packed


def unpack(cell: bytes) -> Chunk:
    """The inverse of `pack`."""
    return _decode(pa.CompressedInputStream(pa.BufferReader(cell), _COMPRESSION).read())


def extract(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Turn batches with the columns of `RECORDS` into batches with those of `CHUNKS`.

    A task's records come in the order of their offsets, one partition after the other.
    """
    newest: dict[int, int] = {}
    # Nothing here has reference cycles, and searching for them takes a third of the time.
    gc.disable()
    try:
        for batch in batches:
            chunks = []
            for partition, records in _by_partition(batch):
                # Brokers' clocks can be set back; the highest time so far never falls.
                appended = records["appended"].to_numpy()
                times = np.maximum.accumulate(np.maximum(appended, newest.get(partition, 0)))
                newest[partition] = int(times[-1])
                chunks.append(pack(_chunk(partition, records, times)))
            yield pa.RecordBatch.from_arrays([pa.array(chunks, pa.binary())], schema=_SCHEMA)
    finally:
        gc.enable()


def _by_partition(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    partitions = batch["partition"].to_numpy()
    starts = np.flatnonzero(np.diff(partitions, prepend=-1)).tolist()
    for start, end in zip(starts, [*starts[1:], len(partitions)], strict=True):
        yield int(partitions[start]), batch.slice(start, end - start)


def _chunk(partition: int, records: pa.RecordBatch, times: Any) -> Chunk:
    """Make a chunk of records; `times` has the highest append time so far at each of them."""
    offsets = records["offset"].to_numpy()
    positions: list[int] = []
    messages: list[Message] = []
    hashtags_each: list[dict[str, str]] = []
    malformed: list[tuple[int, str, str]] = []
    ignored_tags = 0
    for position, value in enumerate(records["value"].to_pylist()):
        try:
            message = parse(value)
        except MalformedRecord as error:
            malformed.append((int(offsets[position]), error.reason, _excerpt(value)))
            continue
        hashtags, ignored = hashtags_of(message)
        ignored_tags += ignored
        positions.append(position)
        messages.append(message)
        hashtags_each.append(hashtags)
    arrived = records["appended"].to_numpy()[positions]
    keys = {spelling: key for tags in hashtags_each for key, spelling in tags.items()}
    codes = {spelling: code for code, spelling in enumerate(keys)}
    sources = dict.fromkeys(each.source for each in messages)
    names = {name: code for code, name in enumerate(sources)}
    return Chunk(
        partition,
        start=int(offsets[0]),
        end=int(offsets[-1]) + 1,
        newest=int(times[-1]),
        records=len(offsets),
        ignored_tags=ignored_tags,
        ids=b"".join([_hash(each.id.encode()).digest() for each in messages]),
        appended=times[positions].tobytes(),
        # A clock that runs ahead must not put a post into a future minute.
        created=np.minimum([each.created for each in messages], arrived).tobytes(),
        authors=_column([each.author or 0 for each in messages], np.uint64),
        has_author=bytes([each.author is not None for each in messages]),
        sources=_column([names[each.source] for each in messages], np.int32),
        tags_each=_column([len(tags) for tags in hashtags_each], np.int32),
        uses=_column(
            [codes[spelling] for tags in hashtags_each for spelling in tags.values()], np.int32
        ),
        source_names=list(names),
        keys=list(keys.values()),
        spellings=list(keys),
        malformed=malformed,
    )


def _hash(identifier: bytes) -> Any:
    return blake2b(identifier, digest_size=ID_BYTES)


def _column(values: list[int], dtype: Any) -> bytes:
    return np.array(values, dtype).tobytes()


def _excerpt(value: bytes | None) -> str:
    """The beginning of a record, for the quarantine."""
    text = (value or b"")[: 4 * QUARANTINED_CHARACTERS].decode(errors="replace")
    return text[:QUARANTINED_CHARACTERS]
