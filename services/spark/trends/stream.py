"""The streaming query: Kafka records -> columns of posts with hashtags -> the applier."""

import json
import logging
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.readwriter import DataStreamReader

from trends import metrics, own_spark
from trends.applier import STUCK_SECONDS, Applier
from trends.counting.batch import Batch, Offsets
from trends.counting.progress import ProgressError
from trends.extract.columns import CHUNKS, extract, unpack
from trends.kafka.executor_options import executor_options
from trends.kafka.offsets import Topic
from trends.kafka.topics import TWEETS
from trends.retry import retry_until_stopped
from trends.settings import Settings

log = logging.getLogger(__name__)

# Log every batch from this size on: it shows the progress of a backlog.
BACKLOG_RECORDS = 20_000
# Batches up to this size are read in one task: several tasks would only cost more.
ONE_TASK_RECORDS = 4_000
# Below this rate (records per second) batches are `QUIET_SECONDS` apart, as most of the cost of a
# small batch does not depend on its size.
QUIET_RATE, QUIET_SECONDS = 50, 3.0

# Of several brokers one may be gone, and the client has to ask another. Its own limit is a minute.
_TIMEOUTS = {"kafka.request.timeout.ms": 15_000, "kafka.default.api.timeout.ms": 15_000}

R = TypeVar("R", DataFrameReader, DataStreamReader)


def session(settings: Settings, stopping: threading.Event) -> SparkSession:
    """Start the driver's session on the master; fixed settings are in conf/spark.conf."""
    _wait_for_master(settings.master, stopping)
    if settings.has_own_spark:
        return own_spark.session(settings, stopping)
    return (
        SparkSession.builder.appName("tweet-trends")
        .master(settings.master)
        .config("spark.driver.memory", settings.driver_memory)
        .config("spark.executor.memory", settings.executor_memory)
        .getOrCreate()
    )


def _wait_for_master(url: str, stopping: threading.Event) -> None:
    """Wait until a master answers; Spark itself would give up after a minute.

    The URL has several masters if others stand by.
    """
    scheme, _, masters = url.partition("://")
    if scheme != "spark":
        return

    def log_failure(number: int, error: Any) -> None:
        log.warning("Spark's master at %s does not answer (attempt %d, retrying)", url, number)

    retrying = retry_until_stopped(stopping, OSError, log_failure, 0.5, 5)
    retrying(_connect_to_one, masters.split(","))


def _connect_to_one(masters: Sequence[str]) -> None:
    failures = []
    for master in masters:
        host, _, port = master.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
            return
        except OSError as error:
            failures.append(error)
    raise failures[0]


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without Java's stack trace."""
    reason = error.java_exception if isinstance(error, Py4JJavaError) else error
    return str(reason).partition("\n")[0]


class Stream:
    """Reads the topic on the executors, in batches."""

    def __init__(self, spark: SparkSession, settings: Settings, applier: Applier) -> None:
        self._spark = spark
        self._settings = settings
        self._applier = applier
        self._expected_records = 0
        self._last_batch = time.monotonic()
        self._computing_since: float | None = None

    def read(self, topic: Topic, start: Offsets, end: Offsets) -> Batch:
        """Read the records from `start` to `end` (exclusive) that Kafka still has."""
        records = (
            self._reader(self._spark.read, topic, start)
            .option("endingOffsets", _spark_offsets(topic, end))
            .load()
            .transform(_select)
        )
        return _compute(records)

    def start(self, topic: Topic, start: Offsets) -> StreamingQuery:
        """Start the query at `start`; it hands its batches to the applier."""
        start = topic.nearest(start)
        self._expected_records = sum(topic.end[p] - offset for p, offset in start.items())
        return (
            self._reader(self._spark.readStream, topic, start)
            .option("maxOffsetsPerTrigger", self._settings.max_tweets_per_batch)
            .load()
            .transform(_select)
            .writeStream.queryName("trends")
            .option("checkpointLocation", f"file://{_empty_folder()}")
            .trigger(processingTime=f"{self._settings.trigger_seconds} seconds")
            .foreachBatch(self._on_batch)
            .start()
        )

    def is_stuck(self, seconds: float = STUCK_SECONDS) -> bool:
        """Whether a batch has taken so long to compute that it may never end."""
        since = self._computing_since
        return since is not None and time.monotonic() - since > seconds

    def _on_batch(self, records: DataFrame, _: int) -> None:
        self._computing_since = began = time.monotonic()
        if self._expected_records <= ONE_TASK_RECORDS:
            records = records.coalesce(1)
        batch = _compute(records)
        self._computing_since = None
        computed = time.monotonic()
        metrics.step_took("compute", computed - began)
        try:
            self._applier.submit(batch)
        except ProgressError as error:
            log.error("%s", error)  # Spark would bury it in a stack trace
            raise
        if batch.records >= BACKLOG_RECORDS:
            log.info(
                "%d records computed in %.1f s, then waited %.1f s for the previous batch",
                batch.records,
                computed - began,
                time.monotonic() - computed,
            )
        self._pace(batch.records, began)

    def _pace(self, records: int, began: float) -> None:
        """Delay the next batch while few posts arrive."""
        rate = records / max(began - self._last_batch, 0.1)
        self._expected_records, self._last_batch = records, began
        if rate < QUIET_RATE:
            time.sleep(max(0.0, began + QUIET_SECONDS - time.monotonic()))

    def _reader(self, reader: R, topic: Topic, start: Offsets) -> R:
        return (
            reader.format("kafka")
            .options(**executor_options(self._settings.kafka))
            .option("subscribe", TWEETS)
            .option("startingOffsets", _spark_offsets(topic, start))
            .option("failOnDataLoss", "true")
            .options(**_TIMEOUTS)
            # Large responses for backlogs; on a quiet topic the broker still answers at once.
            .option("kafka.max.poll.records", 10_000)
            .option("kafka.max.partition.fetch.bytes", 4 << 20)
            # At the end of the log a consumer leaves a fetch waiting at the broker, for half a
            # second by default. The next batch's first request would be answered only after it.
            .option("kafka.fetch.max.wait.ms", 10)
        )


def _select(records: DataFrame) -> DataFrame:
    """Select the columns of `trends.extract.columns.RECORDS`."""
    return records.selectExpr("value", "partition", "offset", "unix_millis(timestamp) AS appended")


def _compute(records: DataFrame) -> Batch:
    """Compute a batch on the executors."""
    chunks = records.mapInArrow(extract, CHUNKS).toArrow()["chunk"]
    return Batch.from_chunks(map(unpack, chunks.to_pylist()), TWEETS)


def _spark_offsets(topic: Topic, offsets: Offsets) -> str:
    """Format offsets for the connector: every partition's, moved to where Kafka has records."""
    return json.dumps({TWEETS: topic.nearest(offsets)})


def _empty_folder() -> Path:
    """Return a checkpoint folder without the earlier start's files, which are never read again."""
    folder = Path(tempfile.gettempdir()) / "checkpoint"
    shutil.rmtree(folder, ignore_errors=True)
    return folder
