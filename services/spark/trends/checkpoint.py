"""Spark's checkpoint: read to know a batch's offsets, and given up when HBase knows better.

The checkpoint can be on any file system that Hadoop reaches, so it is read through Spark's own.
"""

import json
import logging
import re
import time
import zlib
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from trends.hbase.progress import Done, Intent, Offsets, Topic
from trends.kafka.topics import TWEETS

log = logging.getLogger(__name__)

# What the state holds: to be changed with the query's stateful operator (`deduplicate`).
STATE = "ids within the watermark"
# After so many runs in a row that ended in an error and brought nothing about, the checkpoint is
# taken for damaged: HBase knows where to go on, and a new one costs no count.
FAILURES = 3
# What this module has ever put into a location; whatever else is there is not its own.
_OWN = re.compile(r"[0-9a-f]{8}|[0-9]{13}")


class Checkpoint:
    """One query's checkpoint: the folder `location`/fingerprint/begun (milliseconds).

    Spark holds a query to the plan that its checkpoint was begun with: another version cannot read
    it, and another number of shuffle partitions is silently not taken. So a checkpoint is one
    plan's, and one topic's; those of others are given up, as HBase knows where to go on.
    """

    def __init__(self, spark: SparkSession, location: str, topic: str) -> None:
        jvm: Any = spark._jvm
        self._path = jvm.org.apache.hadoop.fs.Path
        self._read_fully = jvm.org.apache.commons.io.IOUtils.toString
        self._files = self._path(location).getFileSystem(spark._jsc.hadoopConfiguration())
        fingerprint = _fingerprint(spark, topic)
        self._give_up_others(location, fingerprint)
        self._location = f"{location}/{fingerprint}"
        numbers = self._numbers(self._location)
        self.begun = numbers[-1] if numbers else _now()

    @property
    def path(self) -> str:
        """The folder."""
        return f"{self._location}/{self.begun}"

    def _give_up_others(self, location: str, fingerprint: str) -> None:
        others = [name for name in self._names(location) if _OWN.fullmatch(name)]
        if others := sorted({*others} - {fingerprint}):
            log.warning(
                "the checkpoint of another version of the job is given up: %s/%s",
                location,
                ", ".join(others),
            )
            for name in others:
                self._files.delete(self._path(f"{location}/{name}"), True)

    def _names(self, folder: str) -> list[str]:
        path = self._path(folder)
        if not self._files.exists(path):
            return []
        return [status.getPath().getName() for status in self._files.listStatus(path)]

    def _numbers(self, folder: str) -> list[int]:
        """The names in `folder` that are numbers, in order."""
        return sorted(int(name) for name in self._names(folder) if name.isdigit())

    def end(self, batch: int) -> Offsets:
        """The offsets at which `batch` ends (exclusive)."""
        return self._offsets(f"offsets/{batch}")

    def _offsets(self, name: str) -> Offsets:
        stream = self._files.open(self._path(f"{self.path}/{name}"))
        try:
            text: str = self._read_fully(stream, "UTF-8")
        finally:
            stream.close()
        offsets: Offsets = json.loads(text.splitlines()[-1])[TWEETS]
        return offsets

    @property
    def is_new(self) -> bool:
        """Whether no batch was ever planned with it."""
        return not self._numbers(f"{self.path}/offsets")

    def failed(self) -> None:
        """Note that a run with it has ended in an error."""
        name = f"{self._failures}/{self._committed()}-{_now()}"
        self._files.create(self._path(name), False).close()

    @property
    def is_damaged(self) -> bool:
        """Whether runs with it end in an error, one after the other, at the same batch."""
        last = f"{self._committed()}-"
        return sum(name.startswith(last) for name in self._names(self._failures)) >= FAILURES

    @property
    def _failures(self) -> str:
        return f"{self.path}/failures"

    def _committed(self) -> int | None:
        """The number of the batch that came to its end last."""
        return max(self._numbers(f"{self.path}/commits"), default=None)

    def agrees(self, done: Done, pending: Intent | None, topic: Topic) -> bool:
        """Whether the batch that Spark would run next is the one that HBase waits for.

        HBase keeps the truth; a checkpoint of another story (a volume restored from a backup, or
        HBase emptied) would count a second time, or leave out. One that wants records which Kafka
        no longer has would only fail.
        """
        try:
            return self.is_new or self._agrees(done, pending, topic)
        except (Py4JJavaError, ValueError, LookupError):  # it lacks a file, or half of one
            return False

    def _agrees(self, done: Done, pending: Intent | None, topic: Topic) -> bool:
        planned = self._numbers(f"{self.path}/offsets")
        end = self.end(planned[-1])
        start = self.end(planned[-2]) if len(planned) > 1 else self._offsets("sources/0/0")
        if planned[-1] in self._numbers(f"{self.path}/commits"):  # the next one starts there
            start = end
        if not (topic.has(start) and topic.has(end)):
            return False
        if pending:  # planned, announced, perhaps half applied: it is run again
            return start != end and pending.end == end
        # Only planned; or applied, and killed before Spark wrote it down.
        return topic.nearest(done.end) in (topic.nearest(start), topic.nearest(end))

    def renew(self, reason: str) -> None:
        """Begin a new one."""
        log.warning("the checkpoint %s %s: a new one is begun", self.path, reason)
        self._files.delete(self._path(self.path), True)
        self.begun = _now()


def _fingerprint(spark: SparkSession, topic: str) -> str:
    """Eight hexadecimal digits that tell apart what a checkpoint can not be taken over by."""
    plan = (
        spark.version,
        spark.conf.get("spark.sql.streaming.stateStore.providerClass"),
        spark.conf.get("spark.sql.shuffle.partitions"),
        STATE,
        topic,
    )
    return f"{zlib.crc32(repr(plan).encode()):08x}"


def _now() -> int:
    return time.time_ns() // 1_000_000
