"""What Spark's functions lack for longer expressions."""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 -- the name that Spark's own documentation uses


def let(value: Column, body: Callable[[Column], Column]) -> Column:
    """`body` of a value that is computed, and planned, only once however often it is used there."""
    return F.transform(F.array(value), body).getItem(0)
