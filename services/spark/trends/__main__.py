"""Starts the driver: settings, stores, recovery, the query, and the refresh of the boards."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prometheus_client import start_http_server
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql.streaming.query import StreamingQuery

from trends import stream
from trends.applier import Applier
from trends.counting.progress import ProgressError, TopicError
from trends.hbase.boards_table import BoardsTable
from trends.hbase.client import Client
from trends.hbase.hashtags_table import HashtagsTable
from trends.hbase.totals_table import TotalsTable
from trends.kafka.quarantine import Quarantine
from trends.kafka.topics import Topics
from trends.recovery import Recovery
from trends.settings import Settings, SettingsError
from trends.sink import Sink

log = logging.getLogger("trends")

# Touched while the driver is healthy; the container's health check tests its age.
ALIVE = Path("/tmp/alive")  # noqa: S108 -- the container's own tmpfs
TICK_SECONDS = 5
STOP_SECONDS = 6


def main() -> int:
    """Run until SIGTERM; returns the exit code.

    0 after SIGTERM, 1 if the query has failed and the container is to be restarted, 2 for a wrong
    setting or topic.
    """
    # Hundreds of thousands of cached rows have no reference cycles. With the default thresholds the
    # collector would spend a quarter of the time searching them for cycles.
    gc.set_threshold(100_000, 50, 100)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    logging.basicConfig(
        format="%(asctime)s %(levelname)-5s %(name)s %(message)s", level="INFO", stream=sys.stderr
    )
    try:
        settings = Settings.from_environment(os.environ)
        logging.getLogger().setLevel(settings.log_level)
        for chatty in ("kafka", "py4j"):
            logging.getLogger(chatty).setLevel("ERROR")
        start_http_server(settings.metrics_port)
        return run(settings, stopping)
    except SettingsError as error:
        log.error("%s; then start this service again", error)
    except TopicError as error:
        log.error("%s", error)
    # A restart would fail in the same way, so stay down until somebody has read the message.
    stopping.wait()
    return 2


def run(settings: Settings, stopping: threading.Event) -> int:
    """Wait for the stores, recover, start the query and watch it."""
    # Starting Spark takes longest and depends on nothing below, so it runs in parallel.
    starting = ThreadPoolExecutor(1).submit(stream.session, settings, stopping)
    topics = Topics(settings.kafka, stopping)
    topics.create(settings.topic_partitions, settings.retention_hours)
    client = Client(settings.thrift_host, settings.thrift_port, stopping)
    hashtags, boards = HashtagsTable(client, settings.thrift_connections), BoardsTable(client)
    totals = TotalsTable(client)
    hashtags.create()
    boards.create()
    totals.create()
    sink = Sink(
        hashtags,
        boards,
        totals,
        Quarantine(settings.kafka, topics),
        hidden=settings.hidden,
        min_authors=settings.min_authors,
        rising_people=settings.rising_people,
    )
    span = settings.deduplicate_minutes * 60_000
    recovery = Recovery(topics, client, boards, span=span, count_topic=settings.count_topic)
    recovery.adopt_topic()
    sink.load()
    spark = starting.result()
    applier = Applier(sink.apply)
    reading = stream.Stream(spark, settings, applier)
    try:
        topic = recovery.run(sink, reading)
        query = reading.start(topic, sink.done.end)
        log.info("counting from the offsets %s", sink.done.end or "at the beginning")
        watch(query, reading, applier, sink, stopping)
    except ProgressError as error:
        log.error("%s", error)
        return 1
    except (PySparkException, Py4JJavaError) as error:
        log.error("the query ended: %s", stream.first_line(error))
        return 1
    query.stop()
    spark.stop()
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
