"""Writes what the stack keeps to standard output, once all posts are counted.

python -m trends.moving.export

`ingest` and `alerts` must be stopped meanwhile, and `trends` must run.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import happybase
from kafka import TopicPartition

from trends.counting.progress import Done, Intent
from trends.hbase.boards_table import BOARDS
from trends.hbase.progress_row import DONE, INTENT, PROGRESS, parse
from trends.kafka.topics import TWEETS
from trends.moving.stores import (
    CURSORS,
    FORMAT,
    ROWS_AT_ONCE,
    TABLES,
    MoveError,
    Stores,
    records,
    to_text,
)
from trends.settings import SettingsError

COUNTED_WITHIN_SECONDS = 120.0

Line = dict[str, Any]


def main() -> int:
    """Run the command; returns the exit code."""
    logging.basicConfig(format="export: %(message)s", level="WARNING", stream=sys.stderr)
    try:
        for line in export(Stores.from_environment()):
            sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    except (MoveError, SettingsError) as error:
        sys.stderr.write(f"export: {error}\n")
        return 1
    return 0


def export(stores: Stores) -> Iterator[Line]:
    """Yield the lines of the file.

    Raises:
        MoveError: not all posts are counted, or something is counted meanwhile.
    """
    done = _wait_until_counted(stores)
    yield {"tweet_trends": FORMAT, "done": json.loads(done.to_json())}
    yield from _cursors(stores)
    yield from _recent_posts(stores, done)
    for name in TABLES:
        yield from _table(stores, name)
    if _read_progress(stores)[0] != done:
        raise MoveError("posts were counted meanwhile: is ingest stopped? Start again")


def _wait_until_counted(stores: Stores) -> Done:
    deadline = time.monotonic() + COUNTED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        done, intent = _read_progress(stores)
        end = stores.topics.tweets().end
        if done.has(intent) and all(done.end.get(p, 0) >= offset for p, offset in end.items()):
            return done
        time.sleep(1)
    raise MoveError("not all posts are counted after two minutes: see the log of trends")


def _read_progress(stores: Stores) -> tuple[Done, Intent | None]:
    def read(connection: happybase.Connection) -> dict[bytes, bytes]:
        if BOARDS.encode() not in connection.tables():
            return {}
        row: dict[bytes, bytes] = connection.table(BOARDS).row(PROGRESS, [DONE, INTENT])
        return row

    row = stores.client.call(read)
    if DONE not in row:
        raise MoveError("nothing has been counted yet, so there is nothing to export")
    return parse(row)


def _cursors(stores: Stores) -> Iterator[Line]:
    """How far each network was read; of one that was written often, the last time counts."""
    place = TopicPartition(CURSORS, 0)
    with stores.consumer() as consumer:
        if CURSORS not in consumer.topics():
            return
        start = consumer.beginning_offsets([place])[place]
        end = consumer.end_offsets([place])[place]
        last = {each.key: each.value for each in records(consumer, place, start, end)}
    for key, value in last.items():
        yield {"cursor": to_text(key), "value": to_text(value or b"")}


def _recent_posts(stores: Stores, done: Done) -> Iterator[Line]:
    """The posts by which duplicates are found: those of the last DEDUPLICATE_MINUTES."""
    span = stores.settings.deduplicate_minutes * 60_000
    starts = stores.topics.offsets_at({p: at - span for p, at in done.times.items()})
    with stores.consumer() as consumer:
        for partition, start in starts.items():
            place = TopicPartition(TWEETS, int(partition))
            for each in records(consumer, place, start, done.end[partition]):
                key = None if each.key is None else to_text(each.key)
                yield {"post": to_text(each.value or b""), "key": key, "partition": each.partition}


def _table(stores: Stores, name: str) -> Iterator[Line]:
    families = stores.client.call(lambda connection: _families(connection, name))
    if not families:
        return
    yield {"table": name, "families": families}
    start = b""
    while rows := stores.client.call(partial(_scan, name=name, start=start)):
        for key, cells in rows:
            if (name, key) != (BOARDS, PROGRESS):
                row = {to_text(column): to_text(value) for column, value in cells.items()}
                yield {"row": to_text(key), "cells": row}
        start = rows[-1][0] + b"\0"


def _families(connection: happybase.Connection, name: str) -> Line:
    if name.encode() not in connection.tables():
        return {}
    kept = ("max_versions", "time_to_live")
    return {
        family.decode(): {option: options[option] for option in kept}
        for family, options in connection.table(name).families().items()
    }


def _scan(
    connection: happybase.Connection, name: str, start: bytes
) -> list[tuple[bytes, dict[bytes, bytes]]]:
    table = connection.table(name)
    return list(table.scan(row_start=start, limit=ROWS_AT_ONCE, batch_size=ROWS_AT_ONCE))


if __name__ == "__main__":
    sys.exit(main())
