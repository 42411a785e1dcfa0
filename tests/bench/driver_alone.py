"""Feeds the driver with executors' results as fast as it takes them, into a stack's HBase.

    python driver_alone.py TWEETS

It runs in Spark's image, beside a stack whose own driver is stopped, and prints JSON: the seconds
that the tweets took, and the processor seconds of the driver's process in them. The tweets are
those of a backlog (load.py), in batches as large as the product makes them.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import islice
from threading import Event

import pyarrow as pa
from load import messages  # type: ignore[import-not-found]

from trends.applier import Applier
from trends.counting.batch import Batch
from trends.counting.duplicates import RecentPosts
from trends.extract.columns import extract, unpack
from trends.hbase.boards_table import BoardsTable
from trends.hbase.client import Client
from trends.hbase.hashtags_table import HashtagsTable
from trends.hbase.progress_row import ProgressRow, name_driver
from trends.hbase.totals_table import TotalsTable
from trends.kafka.quarantine import Quarantine
from trends.kafka.topics import TWEETS, Topics
from trends.settings import Settings
from trends.sink import Sink

RECORDS_AT_ONCE = 50_000


def batches(tweets: int, size: int, start: int) -> Iterator[list[bytes]]:
    """Executors' results for batches of `size` posts, from offset `start` on."""
    values = (json.dumps(each).encode() for each in messages("tagged", "alone", tweets, 1))
    for first in range(start, start + tweets, size):
        parts = (
            _records(list(islice(values, RECORDS_AT_ONCE)), offset)
            for offset in range(first, min(first + size, start + tweets), RECORDS_AT_ONCE)
        )
        yield [cell for batch in extract(parts) for cell in batch["chunk"].to_pylist()]


def _records(values: list[bytes], offset: int) -> pa.RecordBatch:
    number, now = len(values), time.time_ns() // 1_000_000
    return pa.RecordBatch.from_pydict(
        {
            "value": values,
            "partition": pa.array([0] * number, pa.int32()),
            "offset": pa.array(range(offset, offset + number), pa.int64()),
            "appended": pa.array([now] * number, pa.int64()),
        }
    )


def main(tweets: int) -> None:
    """Count the posts and print how long it took."""
    gc.set_threshold(100_000, 50, 100)  # as the driver does
    settings, stopping = Settings.from_environment(os.environ), Event()
    client = Client(settings.hbase, stopping)
    hashtags = HashtagsTable(client, settings.thrift_connections)
    progress = ProgressRow(client, name_driver())
    progress.take_over(progress.read_lease())
    quarantine = Quarantine(settings.kafka, Topics(settings.kafka, stopping))
    sink = Sink(hashtags, BoardsTable(client), progress, TotalsTable(client), quarantine)
    done, intent = progress.read()
    sink.resume(done, intent, RecentPosts(settings.deduplicate_minutes * 60_000))
    sink.refresh()  # reads the tables
    start = done.end.get("0", 0)
    computed = list(batches(tweets, settings.max_tweets_per_batch, start))
    applier = Applier(sink.apply)
    began, used = time.time(), time.process_time()
    for cells in computed:
        applier.submit(Batch.from_chunks(map(unpack, cells), TWEETS))
    applier.wait()
    seconds = {"seconds": time.time() - began, "processor": time.process_time() - used}
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
