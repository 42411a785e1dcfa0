"""Counts: recovers, starts the query, and refreshes the boards while it runs."""

import logging
import threading
import time
from concurrent.futures import Future
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from trends import stream
from trends.applier import Applier
from trends.hbase.boards_table import BoardsTable
from trends.hbase.client import Client
from trends.hbase.hashtags_table import HashtagsTable
from trends.hbase.progress_row import ProgressRow
from trends.hbase.totals_table import TotalsTable
from trends.heartbeat import Heartbeat
from trends.kafka.lag import LagMonitor
from trends.kafka.quarantine import Quarantine
from trends.kafka.topics import Topics
from trends.recovery import Recovery
from trends.settings import Settings
from trends.sink import Sink

log = logging.getLogger(__name__)

# Touched while the driver is healthy; the container's health check tests its age.
ALIVE = Path("/tmp/alive")  # noqa: S108 -- the container's own tmpfs
TICK_SECONDS = 5
STOP_SECONDS = 6
# If a batch takes longer than this, another driver may try. It begins the batch from scratch, so on
# a machine that is only slow this must not happen.
GIVE_UP_SECONDS = 300


def count(
    settings: Settings,
    stopping: threading.Event,
    topics: Topics,
    client: Client,
    progress: ProgressRow,
    heartbeat: Heartbeat,
    starting: Future[SparkSession],
) -> None:
    """Count until `stopping` is set; `starting` is Spark's session, which starts meanwhile.

    Raises:
        ProgressError: another driver has taken over.
        TopicError: Kafka's topic is not the one that was counted.
    """
    hashtags, totals = HashtagsTable(client, settings.thrift_connections), TotalsTable(client)
    hashtags.create()
    totals.create()
    sink = Sink(
        hashtags,
        BoardsTable(client),
        progress,
        totals,
        Quarantine(settings.kafka, topics),
        hidden=settings.hidden,
        min_authors=settings.min_authors,
        rising_people=settings.rising_people,
    )
    span = settings.deduplicate_minutes * 60_000
    recovery = Recovery(topics, client, progress, span=span, count_topic=settings.count_topic)
    recovery.adopt_topic()
    sink.load()
    applier = Applier(sink.apply)
    reading = stream.Stream(starting.result(), settings, applier)
    topic = recovery.run(sink, reading)
    query = reading.start(topic, sink.done.end)
    log.info("counting from the offsets %s", sink.done.end or "at the beginning")
    heartbeat.is_stuck = lambda: (
        reading.is_stuck(GIVE_UP_SECONDS) or applier.is_stuck(GIVE_UP_SECONDS)
    )
    LagMonitor(settings.kafka, lambda: sink.done.end, stopping).start()
    watch(query, reading, applier, sink, stopping)
    query.stop()


def watch(
    query: StreamingQuery,
    reading: stream.Stream,
    applier: Applier,
    sink: Sink,
    stopping: threading.Event,
) -> None:
    """Refresh the boards while the query runs; on SIGTERM let the running batch finish.

    While a batch is stuck nothing is refreshed: the boards become stale, the container unhealthy.
    """
    while query.isActive and not stopping.is_set():
        if failure := applier.failure():
            raise failure
        if reading.is_stuck():
            log.warning("a batch is stuck: is a spark-worker running?")
        elif applier.is_stuck():
            log.warning("a batch is stuck: is HBase running?")
        else:
            sink.refresh()
            ALIVE.touch()
        stopping.wait(TICK_SECONDS)
    if not stopping.is_set():
        query.awaitTermination()
    deadline = time.monotonic() + STOP_SECONDS
    while query.status["isTriggerActive"] and time.monotonic() < deadline:
        time.sleep(0.1)
    try:
        applier.wait(max(0.0, deadline - time.monotonic()))
    except Exception as error:
        log.warning(
            "the last batch will be applied at the next start: %s", stream.first_line(error)
        )
