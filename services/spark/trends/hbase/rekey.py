"""Moves rows that an earlier version counted under a key that has changed since.

The first version kept joiners and selectors in keys. A row is moved in three steps, each of them
one put or delete of one row: add its counts to the row of its new key, together with a marker cell
that names the old key; delete the old row; delete the marker. After an interruption, the marker
shows whether the counts were added.
"""

import logging
from collections.abc import Callable
from functools import partial

import happybase

from trends.hbase.client import Client
from trends.hbase.hashtags_table import HASHTAGS
from trends.hbase.row import COUNT, Cells, Change, Row

log = logging.getLogger(__name__)

_MERGED = b"n:merged:"


def rekey(client: Client, key_of: Callable[[str], str], fence: int) -> None:
    """Move the rows whose key `key_of` changes; `fence` is that of the last batch.

    A row whose new key is empty is deleted: nothing of its tag is visible.
    """
    keys = client.call(_read_keys)
    moved = {old: new for old in keys if (new := key_of(old)) != old}
    for old, new in moved.items():
        client.call(partial(_move, old=old, new=new, fence=fence))
    if moved:
        log.info("moved %d hashtags to their current keys", len(moved))


def _read_keys(connection: happybase.Connection) -> list[str]:
    rows = connection.table(HASHTAGS).scan(columns=[COUNT], batch_size=1000)
    return [key.decode() for key, _ in rows]


def _move(connection: happybase.Connection, old: str, new: str, fence: int) -> None:
    table = connection.table(HASHTAGS)
    marker = _MERGED + old.encode()
    if new:
        source = _read(table, old)
        target = _read(table, new)
        if source and marker not in target:
            cells = Row.from_cells(target).add(_change(source), fence)
            table.put(new.encode(), {**cells, marker: b""}, timestamp=fence)
    table.delete(old.encode(), timestamp=fence)
    if new:
        table.delete(new.encode(), columns=[marker], timestamp=fence)


def _read(table: happybase.Table, key: str) -> Cells:
    cells: Cells = table.row(key.encode(), include_timestamp=True)
    return cells


def _change(cells: Cells) -> Change:
    """Convert a whole row to a change of another one."""
    row = Row.from_cells(cells)
    days = {**row.days, row.day: row.hours}
    return Change(
        row.count,
        row.first,
        row.last,
        row.spellings,
        {24 * day + hour: posts for day, of in sorted(days.items()) for hour, posts in of.items()},
        row.minutes,
    )
