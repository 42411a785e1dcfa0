"""The query: Kafka -> messages -> distinct tagged tweets -> the sink."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F  # noqa: N812 -- the name that Spark's own documentation uses
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.readwriter import DataStreamReader

from trends.checkpoint import Checkpoint
from trends.extract.message import deduplicate, digest, tagged
from trends.hbase.hashtags_table import Store
from trends.hbase.progress import Offsets, ProgressError, Seed, span, told
from trends.kafka.topics import TWEETS, Topics
from trends.retry import patiently
from trends.settings import Settings
from trends.sink import Sink

log = logging.getLogger(__name__)

# Batches of this size are told of one by one: somebody waits for the end of a backlog.
CATCHING_UP = 20_000
# By default Spark takes the Hadoop interface whose renaming starts processes on a local disk.
LOCAL_FILES = (
    "org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager"
)
# The first batch of a backlog takes less on a slow machine; without a worker it takes for ever.
STUCK_SECONDS = 120

R = TypeVar("R", DataFrameReader, DataStreamReader)


def session(settings: Settings, stopping: threading.Event) -> SparkSession:
    """The driver's session on the master; what never changes is in spark-defaults.conf."""
    _wait_for_master(settings.master, stopping)
    builder = SparkSession.builder.appName("tweet-trends")
    if settings.checkpoint.startswith("file:"):
        builder = builder.config("spark.sql.streaming.checkpointFileManagerClass", LOCAL_FILES)
    return (
        builder.master(settings.master)
        .config("spark.driver.memory", settings.driver_memory)
        .config("spark.executor.memory", settings.executor_memory)
        .config("spark.sql.shuffle.partitions", settings.shuffle_partitions)
        .getOrCreate()
    )


def _wait_for_master(master: str, stopping: threading.Event) -> None:
    """Spark itself gives a standalone master that is not there yet one minute only."""
    address = urlsplit(master)
    if address.scheme != "spark":
        return

    def tell(number: int, error: Any) -> None:
        log.warning("waiting for Spark's master at %s", master)

    retrying = patiently(stopping, OSError, tell, 0.5, 5)
    retrying(lambda: socket.create_connection((address.hostname, address.port), timeout=5).close())


def recognise(topics: Topics, store: Store, wanted: str) -> None:
    """See to it that HBase's offsets are those of the topic; `wanted` is one to be counted anew.

    Raises:
        TopicError: they are not.
    """
    done, intent = store.read_progress()
    found = done.on(topics.tweets(), intent, wanted)
    if found == done:
        return
    if not found.end:
        if done.end:
            log.warning("counting another topic on top of what HBase has: %s", found.topic)
        if intent and intent.fence > done.fence:
            log.warning("the last batch of the topic before may have been counted in part")
        store.write_seed(Seed(1, {}, {}))  # has served: the ids were on the topic before
    store.write_boards({}, found)


def gist(error: Exception) -> str:
    """What Spark says of an error, in one line."""
    told = error.java_exception if isinstance(error, Py4JJavaError) else error
    return str(told).partition("\n")[0]


class Trends:
    """One run of the counting, from where HBase says it stands."""

    def __init__(
        self, spark: SparkSession, settings: Settings, topics: Topics, store: Store, sink: Sink
    ) -> None:
        self._spark = spark
        self._settings = settings
        self._store = store
        self._sink = sink
        self._topic = topics.tweets()
        self._checkpoint = Checkpoint(spark, settings.checkpoint, self._topic.id)
        self._applying_since: float | None = None

    def start(self) -> StreamingQuery:
        """Finish what was half done, then follow the topic."""
        self._settle()
        rows = (
            self._read(self._spark.readStream, self._sink.done.end)
            .option("maxOffsetsPerTrigger", self._settings.max_tweets_per_batch)
            .load()
            .transform(tagged)
            .transform(self._without_earlier(self._store.read_seed()))
            .transform(deduplicate(self._settings.deduplicate_minutes))
        )
        return (
            rows.writeStream.queryName("trends")
            .option("checkpointLocation", self._checkpoint.path)
            .trigger(processingTime=f"{self._settings.trigger_seconds} seconds")
            .foreachBatch(self._apply)
            .start()
        )

    def failed(self) -> None:
        """Note that this run has ended in an error, which may be the checkpoint's fault."""
        try:
            self._checkpoint.failed()
        except Py4JError as error:  # the disk is full, perhaps
            log.warning("could not be noted in the checkpoint: %s", gist(error))

    def is_stuck(self) -> bool:
        """Whether a batch has been under way for so long that it may never end."""
        since = self._applying_since
        return since is not None and time.monotonic() - since > STUCK_SECONDS

    def _apply(self, rows: DataFrame, batch: int) -> None:
        self._applying_since = began = time.monotonic()
        # Also when the batch is applied already: Spark's state is kept by running it.
        found = rows.transform(digest).toArrow()
        computed = time.monotonic()
        start, end = self._sink.done.end, self._checkpoint.end(batch)
        try:
            self._sink.apply(found, start, end)
        except ProgressError as error:
            log.error("%s", error)  # what to do: Spark would bury it in a trace
            raise
        self._applying_since = None
        if (records := span(start, end)) >= CATCHING_UP:
            log.info(
                "%d records in %.1f s, %.1f s of them for %d tagged tweets in HBase",
                records,
                time.monotonic() - began,
                time.monotonic() - computed,
                found.num_rows,
            )

    def _settle(self) -> None:
        """Find where HBase, Kafka and the checkpoint go on together."""
        self._tell_losses()
        if self._checkpoint.is_damaged:
            self._checkpoint.renew("has only failed of late")
        elif not self._checkpoint.agrees(self._sink.done, self._sink.pending, self._topic):
            self._checkpoint.renew("does not go with HBase")
        if self._checkpoint.is_new:
            self._take_over()
        if self._sink.pending is None:  # a half applied batch has its own offsets
            earlier = self._sink.done.end
            self._sink.done = replace(self._sink.done, end=self._topic.nearest(earlier))
            if not self._topic.has(earlier):  # what comes in the places of lost records is new
                self._store.write_boards({}, self._sink.done)

    def _tell_losses(self) -> None:
        """Say what Kafka no longer has; nothing can bring it back."""
        done, pending = self._sink.done, self._sink.pending
        start = pending.start if pending else done.end
        if start and (removed := told(start, self._topic.begin)):
            log.warning(
                "Kafka has removed %s before they were counted: they are lost, and the counting "
                "goes on behind them. KAFKA_RETENTION_HOURS says how long tweets are kept",
                removed,
            )
        if lost := told(self._topic.end, (pending or done).end):
            log.warning("Kafka has lost %s that were counted: they stay counted", lost)

    def _take_over(self) -> None:
        """Make a new checkpoint go on where another one was lost.

        A half applied batch is run again, over just its offsets and with its fence; and Kafka
        is asked for the ids that the lost state remembered.
        """
        horizon = self._settings.deduplicate_minutes * 60_000
        done, pending = self._sink.done, self._sink.pending
        if pending:
            log.info("running the half applied batch to %s again", pending.end)
            seed = Seed(0, done.seed_start(pending.fence, horizon), pending.start)
            found = (
                self._read(self._spark.read, pending.start)
                .option("endingOffsets", self._offsets(pending.end))
                .load()
                .transform(tagged)
                .transform(self._without_earlier(seed))
                .dropDuplicates(["id"])
                .transform(digest)
            )
            self._sink.apply(found.toArrow(), pending.start, pending.end)
            done = self._sink.done
        if done.end:
            now = self._checkpoint.begun
            seed = Seed(now + horizon, done.seed_start(now, horizon), done.end)
            self._store.write_seed(seed)

    def _without_earlier(self, seed: Seed | None) -> Callable[[DataFrame], DataFrame]:
        """Leave out the tweets whose ids are among the seed's records, until the seed expires."""

        def step(rows: DataFrame) -> DataFrame:
            if seed is None or (seed.until and seed.until < time.time() * 1000):
                return rows
            # What retention has removed since then is not missed: it is older than the horizon.
            earlier = (
                self._read(self._spark.read, seed.start)
                .option("endingOffsets", self._offsets(seed.end))
                .load()
                .transform(tagged)
                .select("id")
                .distinct()
                .persist()
            )
            log.info("knowing %d tagged tweets from before the checkpoint", earlier.count())
            return rows.join(F.broadcast(earlier), "id", "left_anti")

        return step

    def _read(self, reader: R, start: Offsets) -> R:
        return (
            reader.format("kafka")
            .option("kafka.bootstrap.servers", self._settings.kafka)
            .option("subscribe", TWEETS)
            .option("startingOffsets", self._offsets(start))
            .option("failOnDataLoss", "true")
            # Large answers for backlogs; a quiet topic answers at once all the same.
            .option("kafka.max.poll.records", 10_000)
            .option("kafka.max.partition.fetch.bytes", 4 << 20)
            # At the end of the log a consumer leaves a request waiting at the broker, for half a
            # second by default; what the next batch asks first would be answered only after it.
            .option("kafka.fetch.max.wait.ms", 10)
        )

    def _offsets(self, offsets: Offsets) -> str:
        """In the connector's form, which wants every partition named."""
        return json.dumps({TWEETS: self._topic.nearest(offsets)})
