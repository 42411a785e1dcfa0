"""Starts the driver: waits until it is the one to count, counts, and hands over when it stops."""

import gc
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from prometheus_client import start_http_server
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from thriftpy2.thrift import TException

from trends import metrics, stream
from trends.applications import rehearse, remove_application, start_java
from trends.counting.progress import ProgressError, TopicError
from trends.driver import ALIVE, count
from trends.hbase.boards_table import BoardsTable
from trends.hbase.client import Client
from trends.hbase.progress_row import ProgressRow, name_driver
from trends.heartbeat import Heartbeat
from trends.kafka.topics import Topics
from trends.settings import Settings, SettingsError
from trends.standby import stand_by

log = logging.getLogger("trends")


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
        logging.getLogger("kafka").setLevel("CRITICAL")  # every failure is logged by its caller
        logging.getLogger("py4j").setLevel("ERROR")
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
    """Wait until no other driver is counting, then count."""
    # Starting Java takes longest and depends on nothing below, so it runs in parallel.
    background = ThreadPoolExecutor(1)
    java = background.submit(start_java, settings)
    topics = Topics(settings.kafka, stopping)
    topics.create(settings.topic_partitions, settings.retention_hours)
    client = Client(settings.hbase, stopping)
    BoardsTable(client).create()
    progress = ProgressRow(client, name_driver())
    prepare = partial(background.submit, rehearse)
    if not stand_by(progress, stopping, ALIVE.touch, prepare):
        return 0
    metrics.leads(True)
    heartbeat = Heartbeat(progress, _give_up)
    heartbeat.start()
    try:
        java.result()
        session = background.submit(_start_session, settings, stopping, progress)
        count(settings, stopping, topics, client, progress, heartbeat, session)
    except ProgressError as error:
        log.error("%s", error)
        return 1
    except (PySparkException, Py4JJavaError) as error:
        log.error("the query ended: %s", stream.first_line(error))
        return 1
    finally:
        metrics.leads(False)
        heartbeat.stop()
        _release(progress)
    session.result().stop()
    return 0


def _start_session(
    settings: Settings, stopping: threading.Event, progress: ProgressRow
) -> SparkSession:
    """Start Spark's session, and free the executors of the driver before this one."""
    session = stream.session(settings, stopping)
    remove_application(session, progress.application)
    progress.application = session.sparkContext.applicationId
    progress.beat()
    return session


def _give_up(error: ProgressError) -> None:
    """End this process at once: it may wait for executors that the next driver has by now."""
    log.error("%s", error)
    os._exit(1)


def _release(progress: ProgressRow) -> None:
    try:
        progress.release()
    except (TException, OSError) as error:
        log.warning("HBase does not answer, so another driver will wait: %s", error)


if __name__ == "__main__":
    sys.exit(main())
