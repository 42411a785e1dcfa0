"""The job as it is, but a tweet that comes twice counts twice."""

from collections.abc import Callable

from pyspark.sql import DataFrame

from trends import stream


def deduplicate(minutes: int) -> Callable[[DataFrame], DataFrame]:
    return lambda rows: rows


stream.deduplicate = deduplicate  # type: ignore[attr-defined]
