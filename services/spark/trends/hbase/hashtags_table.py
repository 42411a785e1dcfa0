"""Reads and writes the table `hashtags`: one row per tag, with everything ever counted."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import Any

import happybase
import numpy as np
from rbloom import Bloom

from trends.counting.arrays import Ints
from trends.counting.spans import DAY, HOURS_KEPT, LONGEST
from trends.counting.stored_tag import StoredTag
from trends.counting.tally import Tally
from trends.hbase.changes import changes_of
from trends.hbase.client import Client
from trends.hbase.row import COUNT, FIRST, LAST, Change, Row, changed, day_column, minute_column

HASHTAGS = "hashtags"
# Large enough to be efficient, small enough for the time-out and for the region server's memory: it
# keeps the blocks of all rows of a request until it has answered.
ROWS_PER_REQUEST = 1_000
CACHED_ROWS = 100_000
# A request that needs more columns than this, because of many minutes and days, reads whole rows.
_COLUMNS = 60
# Bloom filter: 1 % false positives at 2 million keys, more beyond that. A false positive costs a
# read that finds nothing.
_EXPECTED_KEYS, _FALSE_POSITIVES = 2_000_000, 0.01

_FAMILY = {"max_versions": 1, "bloom_filter_type": "ROW"}
FAMILIES: Mapping[str, Mapping[str, Any]] = {
    "n": _FAMILY,
    "s": _FAMILY,
    "m": {**_FAMILY, "time_to_live": LONGEST * 60},
}


@dataclass(frozen=True, slots=True)
class Written:
    """The totals of a batch's tags once it is in HBase: posts of all time, and last use (ms)."""

    counts: Ints
    lasts: Ints


class Writing:
    """A batch that is being written to HBase."""

    def __init__(self, parts: list[Future[list[tuple[int, int]]]]) -> None:
        self._parts = parts

    def wait(self) -> Written:
        """Wait until every row is in HBase; raises what a writer raised."""
        totals = np.array(
            [each for part in self._parts for each in part.result()], np.int64
        ).reshape(-1, 2)
        return Written(totals[:, 0], totals[:, 1])


class HashtagsTable:
    """The rows of all tags, written by `writers` threads in parallel.

    Recently written rows are cached. A Bloom filter recognises keys that were never written, so
    that their rows are not read: most tags of a timeline are used only once.
    """

    def __init__(self, client: Client, writers: int = 1) -> None:
        self._client = client
        self._writers = ThreadPoolExecutor(writers, "writer")
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._keys: Bloom | None = None

    def create(self) -> None:
        """Create the table unless it exists."""
        self._client.create_table(HASHTAGS, FAMILIES)

    def forget(self) -> None:
        """Drop the cached rows and the Bloom filter."""
        self._rows.clear()
        self._keys = None

    def start_writing(self, tally: Tally, fence: int) -> Writing:
        """Start adding a batch; calling this again with the same fence adds nothing twice."""
        while len(self._rows) > CACHED_ROWS:
            self._rows.popitem(last=False)
        keys, changes = tally.uses.keys, changes_of(tally)
        return Writing(
            [
                self._writers.submit(
                    self._write,
                    keys[start : start + ROWS_PER_REQUEST],
                    changes[start : start + ROWS_PER_REQUEST],
                    fence,
                )
                for start in range(0, len(keys), ROWS_PER_REQUEST)
            ]
        )

    def _write(self, keys: list[str], changes: list[Change], fence: int) -> list[tuple[int, int]]:
        """Add changes; returns each row's count and last use afterwards."""

        def write(connection: happybase.Connection) -> list[tuple[int, int]]:
            rows = self._take(connection, keys, changes, fence)
            with connection.table(HASHTAGS).batch(timestamp=fence, transaction=True) as batch:
                for key, row, change in zip(keys, rows, changes, strict=True):
                    if row.fence < fence:
                        batch.put(key.encode(), row.add(change, fence))
            self._rows.update(zip(keys, rows, strict=True))
            return [(row.count, row.last) for row in rows]

        return self._client.call(write)

    def _take(
        self, connection: happybase.Connection, keys: list[str], changes: list[Change], fence: int
    ) -> list[Row]:
        """Get rows as they are in HBase; they leave the cache until their changes are written."""
        rows: dict[str, Row] = {}
        unknown: dict[str, Change] = {}
        for key, change in zip(keys, changes, strict=True):
            row = self._rows.pop(key, None)
            if row is None and self._keys is not None and key not in self._keys:
                row = Row(empty_after=-1)
                self._keys.add(key)  # from now on it is read, even if this write fails
            if row is not None and row.knows(change, fence):
                rows[key] = row
            else:
                unknown[key] = change
        rows |= _read(connection, unknown, fence)
        return [rows[key] for key in keys]

    def spellings(self, keys: Iterable[str]) -> dict[str, str]:
        """The spelling to show for each tag."""
        known, unknown = {}, []
        for key in keys:
            if row := self._rows.get(key):
                known[key] = row.most_used_spelling
            else:
                unknown.append(key.encode())
        if unknown:
            found = self._client.call(
                lambda connection: connection.table(HASHTAGS).rows(
                    unknown, [COUNT, b"s"], include_timestamp=True
                )
            )
            rows = {key.decode(): Row.from_cells(cells) for key, cells in found}
            known.update({key: row.most_used_spelling for key, row in rows.items()})
        return known

    def read_all(self, now: int) -> list[StoredTag]:
        """Read all tags, with what the boards of the minute `now` need, and cache the last rows."""
        tags, recent = self._client.call(lambda connection: _scan(connection, now))
        self._rows = OrderedDict((key, row) for _, key, row in sorted(recent))
        self._keys = _bloom(len(tags))
        self._keys.update(tag.key for tag in tags)
        return tags

    def clear(self, fence: int) -> None:
        """Remove all counts older than `fence`.

        Rows with that fence may remain. They are not read: the batch that wrote them is applied
        again, and writes the same cells.
        """

        def remove(connection: happybase.Connection) -> None:
            table = connection.table(HASHTAGS)
            keys = [key for key, _ in table.scan(columns=[COUNT])]
            with table.batch(timestamp=fence - 1, transaction=True) as batch:
                for key in keys:
                    batch.delete(key)

        self.forget()
        self._client.call(remove)
        self._keys = _bloom(0)


def _bloom(keys: int) -> Bloom:
    return Bloom(max(_EXPECTED_KEYS, 2 * keys), _FALSE_POSITIVES)


def _scan(
    connection: happybase.Connection, now: int
) -> tuple[list[StoredTag], list[tuple[int, str, Row]]]:
    """Read all tags, and the rows used last as (last use, key, row)."""
    tags: list[StoredTag] = []
    recent: list[tuple[int, str, Row]] = []
    # The days that the baseline needs, and one more for posts from the future.
    days = [day_column(day) for day in range(now // DAY - HOURS_KEPT // 24, now // DAY + 2)]
    columns = [COUNT, FIRST, LAST, b"s", b"m", *days]
    found = connection.table(HASHTAGS).scan(
        columns=columns, include_timestamp=True, batch_size=ROWS_PER_REQUEST
    )
    for name, cells in found:
        key, row = name.decode(), Row.from_cells(cells)
        tags.append(_stored_tag(key, row, now - LONGEST))
        if row.keep_last_day():
            push = heappushpop if len(recent) == CACHED_ROWS else heappush
            push(recent, (row.last, key, row))
    return tags, recent


def _stored_tag(key: str, row: Row, since: int) -> StoredTag:
    minutes = {
        minute: (posts, [int(author, 16) for author in authors.split()])
        for minute, (posts, authors) in row.minutes.items()
        if minute >= since
    }
    return StoredTag(key, row.count, row.last, minutes, row.posts_by_hour())


def _read(
    connection: happybase.Connection, changes: Mapping[str, Change], fence: int
) -> dict[str, Row]:
    """Read rows, with at least the cells that the changes add to."""
    if not changes:
        return {}
    # No earlier post is later than this fence, even if the clock was set back; one minute more
    # allows for clock skew. The last minutes are always read, so that the next batches need not
    # read the rows again.
    now = fence // 60_000
    recent = range(now - 1, now + 2)
    empty_after = recent.start - 1
    parts = [changed(change, fence) for change in changes.values()]
    minutes = sorted({*recent, *(minute for minutes, _ in parts for minute in minutes)})
    days = sorted({now // DAY, *(day for _, days in parts for day in days)})
    columns = [COUNT, FIRST, LAST, b"s", *map(minute_column, minutes), *map(day_column, days)]
    if len(columns) > _COLUMNS:
        columns, minutes, days, empty_after = [b"n", b"s", b"m"], [], [], -1
    found = connection.table(HASHTAGS).rows(
        [key.encode() for key in changes], columns, include_timestamp=True
    )
    rows = {key: Row() for key in changes}
    rows.update({key.decode(): Row.from_cells(cells) for key, cells in found})
    for row in rows.values():
        row.empty_after = empty_after
        for minute in minutes:
            if minute <= empty_after:
                row.minutes.setdefault(minute, (0, ""))
        for day in days:
            if day != row.day:
                row.days.setdefault(day, {})
    return rows
