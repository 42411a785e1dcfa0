"""Reads an export from standard input, into a Kafka and an HBase that have counted nothing.

python -m trends.moving.load

Until it is complete, the driver refuses to count; an import that was interrupted can be repeated.
"""

import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby, islice
from typing import Any

import happybase
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from trends.counting.progress import UNFINISHED_IMPORT, Done
from trends.hbase.boards_table import BOARDS, BoardsTable
from trends.hbase.hashtags_table import HashtagsTable
from trends.hbase.progress_row import DONE, PROGRESS
from trends.hbase.totals_table import TotalsTable
from trends.kafka.topics import TWEETS
from trends.moving.stores import CURSORS, FORMAT, ROWS_AT_ONCE, TABLES, MoveError, Stores, to_bytes
from trends.settings import SettingsError

SENT_WITHIN_SECONDS = 60

Line = Mapping[str, Any]


def main() -> int:
    """Run the command; returns the exit code."""
    logging.basicConfig(format="import: %(message)s", level="WARNING", stream=sys.stderr)
    try:
        load(Stores.from_environment(), map(json.loads, sys.stdin))
    except (MoveError, SettingsError) as error:
        sys.stderr.write(f"import: {error}\n")
        return 1
    return 0


def load(stores: Stores, lines: Iterator[Line]) -> None:
    """Write everything, and the progress last.

    Raises:
        MoveError: it is no export, or something has been counted already.
    """
    head = next(lines, {})
    if head.get("tweet_trends") != FORMAT:
        raise MoveError("this is no export of Tweet Trends, or one of a later version")
    done = Done.from_json(json.dumps(head["done"]).encode())
    _create(stores)
    _mark(stores)
    kafka = _Kafka(stores)
    table = ""
    for kind, group in groupby(lines, lambda line: next(iter(line))):
        for piece in _pieces(group):
            if kind == "cursor":
                kafka.send_cursors(piece)
            elif kind == "post":
                kafka.send_posts(piece)
            elif kind == "row":
                _put(stores, table, piece, done.fence)
            elif kind == "table":  # several, if some have no rows
                table = [_create_table(stores, line) for line in piece][-1]
    times = kafka.finish()
    topic = stores.topics.tweets()
    moved = replace(done, topic=topic.id, end=topic.end, times=times, offset_history=())
    _write_progress(stores, moved)


class _Kafka:
    """Sends records, and remembers when Kafka has appended the last post of each partition."""

    def __init__(self, stores: Stores) -> None:
        self._partitions = len(stores.topics.tweets().end)
        self._producer = KafkaProducer(**stores.settings.kafka.client(), acks="all", linger_ms=20)
        self._times: dict[str, int] = {}

    def send_cursors(self, lines: Iterable[Line]) -> None:
        """Send how far networks were read, and wait until Kafka has it."""
        self._send((CURSORS, to_bytes(each["cursor"]), each["value"], 0) for each in lines)

    def send_posts(self, lines: Iterable[Line]) -> None:
        """Send posts, and wait until Kafka has them."""
        for sent in self._send(
            # Here may be fewer partitions. One that has the posts of two is as good.
            (TWEETS, to_bytes(each["key"]), each["post"], each["partition"] % self._partitions)
            for each in lines
        ):
            partition = str(sent.partition)
            self._times[partition] = max(sent.timestamp, self._times.get(partition, 0))

    def _send(self, records: Iterable[tuple[str, bytes | None, str, int]]) -> list[Any]:
        futures = [
            self._producer.send(topic, to_bytes(value), key, partition=partition)
            for topic, key, value, partition in records
        ]
        return [future.get(timeout=SENT_WITHIN_SECONDS) for future in futures]

    def finish(self) -> dict[str, int]:
        """Return the time of each partition's last post, in milliseconds since 1970."""
        self._producer.close()
        return self._times


def _create(stores: Stores) -> None:
    """Create the driver's tables and topics, and that of the cursors, which ingest sets up."""
    settings, client = stores.settings, stores.client
    stores.topics.create(settings.topic_partitions, settings.retention_hours)
    with KafkaAdminClient(**settings.kafka.client()) as admin:
        if CURSORS not in admin.list_topics():
            compacted = {"cleanup.policy": "compact"}
            admin.create_topics([NewTopic(CURSORS, 1, topic_configs=compacted)])
            admin.wait_for_topics([CURSORS])
    for table in (HashtagsTable(client), BoardsTable(client), TotalsTable(client)):
        table.create()


def _mark(stores: Stores) -> None:
    """Keep the driver from counting on top of half an import; refuse if there is something."""
    row = stores.client.call(lambda connection: connection.table(BOARDS).row(PROGRESS))
    if DONE not in row:
        topic = stores.topics.tweets()
        if topic.begin != topic.end:
            raise MoveError(
                "Kafka's topic `tweets` has posts, whose copies would not be counted: delete it"
            )
    elif Done.from_json(row[DONE]).topic != UNFINISHED_IMPORT:
        raise MoveError("posts have been counted here already: empty this stack with `make reset`")
    _write_progress(stores, Done(topic=UNFINISHED_IMPORT))


def _write_progress(stores: Stores, done: Done) -> None:
    cells = {DONE: done.to_json()}
    stores.client.call(lambda connection: connection.table(BOARDS).put(PROGRESS, cells))


def _pieces(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while piece := list(islice(lines, ROWS_AT_ONCE)):
        yield piece


def _create_table(stores: Stores, line: Line) -> str:
    name = str(line["table"])
    if name not in TABLES:
        raise MoveError(f"the export has an unknown table, {name}")
    stores.client.create_table(name, line["families"])
    return name


def _put(stores: Stores, table: str, rows: Iterable[Line], fence: int) -> None:
    """Write rows as the batch with this fence would: the next one is newer."""

    def write(connection: happybase.Connection) -> None:
        with connection.table(table).batch(timestamp=fence) as batch:
            for row in rows:
                cells = {
                    to_bytes(column): to_bytes(value) for column, value in row["cells"].items()
                }
                batch.put(to_bytes(row["row"]), cells)

    stores.client.call(write)


if __name__ == "__main__":
    sys.exit(main())
