"""Composes the driver: settings, the stores, the query, and the clock of the windowed boards."""

import logging
import os
import signal
import sys
import threading
from pathlib import Path

from prometheus_client import start_http_server
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql.streaming.query import StreamingQuery

from trends import stream
from trends.hbase.hashtags_table import Store
from trends.hbase.progress import TopicError
from trends.kafka.topics import Topics
from trends.settings import Settings, SettingsError
from trends.sink import Sink

log = logging.getLogger("trends")

# Touched while all is well: the container's health check looks at its age.
ALIVE = Path("/tmp/alive")  # noqa: S108 -- the container's own tmpfs
TICK_SECONDS = 5
STOP_SECONDS = 6


def main() -> int:
    """Run until SIGTERM (0), or until the query ends and the container is started again (1)."""
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
    # Started again it would say the same again: it stays down until somebody has read it.
    stopping.wait()
    return 2


def run(settings: Settings, stopping: threading.Event) -> int:
    """Wait for the stores, start the query and watch over it."""
    topics = Topics(settings.kafka, stopping)
    topics.create(settings.topic_partitions, settings.retention_hours)
    store = Store(settings.thrift_host, settings.thrift_port, stopping, settings.thrift_connections)
    store.create_tables()
    stream.recognise(topics, store, settings.count_topic)
    horizon = settings.deduplicate_minutes * 60_000
    sink = Sink(store, topics, horizon, settings.hidden, settings.min_authors)
    spark = stream.session(settings, stopping)
    trends = stream.Trends(spark, settings, topics, store, sink)
    try:
        query = trends.start()
        log.info("counting from the offsets %s", sink.done.end or "at the beginning")
        watch(trends, query, sink, stopping)
    except (PySparkException, Py4JJavaError) as error:
        log.error("the query ended: %s", stream.gist(error))
        trends.failed()
        return 1
    query.stop()
    spark.stop()
    return 0


def watch(
    trends: stream.Trends, query: StreamingQuery, sink: Sink, stopping: threading.Event
) -> None:
    """Keep the boards fresh while the query runs; on SIGTERM let its batch come to an end.

    While a batch does not come to an end nothing is refreshed: the boards show as stale, the
    container as unhealthy.
    """
    while query.isActive and not stopping.is_set():
        if trends.is_stuck():
            log.warning("a batch does not come to an end: is a spark-worker running?")
        else:
            sink.refresh()
            ALIVE.touch()
        stopping.wait(TICK_SECONDS)
    if not stopping.is_set():
        query.awaitTermination()
    for _ in range(STOP_SECONDS * 10):
        if not query.status["isTriggerActive"]:
            return
        threading.Event().wait(0.1)


if __name__ == "__main__":
    sys.exit(main())
