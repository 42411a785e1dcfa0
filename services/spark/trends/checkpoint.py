"""Spark's checkpoint: read to know a batch's offsets, and given up when HBase knows better.

The checkpoint can be on any file system that Hadoop reaches, so it is read through Spark's own.
"""

import json
import logging
import time
from typing import Any

from pyspark.sql import SparkSession

from trends.progress import Done, Intent, Offsets
from trends.topics import TWEETS

log = logging.getLogger(__name__)


class Checkpoint:
    """One query's checkpoint: a folder of `location`, named by when it was begun (milliseconds)."""

    def __init__(self, spark: SparkSession, location: str) -> None:
        jvm: Any = spark._jvm
        self._path = jvm.org.apache.hadoop.fs.Path
        self._read_fully = jvm.org.apache.commons.io.IOUtils.toString
        self._location = location
        self._files = self._path(location).getFileSystem(spark._jsc.hadoopConfiguration())
        names = self._numbers(location)
        self.begun = names[-1] if names else _now()

    @property
    def path(self) -> str:
        """The folder."""
        return f"{self._location}/{self.begun}"

    def _numbers(self, folder: str) -> list[int]:
        """The names in `folder` that are numbers, in order."""
        path = self._path(folder)
        if not self._files.exists(path):
            return []
        names = [status.getPath().getName() for status in self._files.listStatus(path)]
        return sorted(int(name) for name in names if name.isdigit())

    def end(self, batch: int) -> Offsets:
        """The offsets at which `batch` ends (exclusive)."""
        stream = self._files.open(self._path(f"{self.path}/offsets/{batch}"))
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

    def agrees(self, done: Done, pending: Intent | None) -> bool:
        """Whether the batch that Spark would run next is the one that HBase waits for.

        HBase keeps the truth; a checkpoint of another story (a volume restored from a backup, or
        HBase emptied) would count a second time, or leave out.
        """
        planned = self._numbers(f"{self.path}/offsets")
        if not planned:
            return True
        committed = set(self._numbers(f"{self.path}/commits"))
        last = self.end(planned[-1])
        if planned[-1] in committed:  # the next one starts where the last ended
            return pending is None and done.end == last
        if pending:  # planned, announced, perhaps half applied: it is run again
            return pending.end == last
        if done.end == last:  # applied, and killed before Spark wrote it down
            return True
        return len(planned) == 1 or done.end == self.end(planned[-2])

    def renew(self) -> None:
        """Begin a new one."""
        log.warning("the checkpoint %s does not go with HBase: a new one is begun", self.path)
        self._files.delete(self._path(self.path), True)
        self.begun = _now()


def _now() -> int:
    return time.time_ns() // 1_000_000
