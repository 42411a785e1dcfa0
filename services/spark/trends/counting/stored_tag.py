"""A tag as HBase has it, from which the boards are rebuilt after a start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredTag:
    """A tag's totals.

    `count` is its posts of all time, `last` its last use (milliseconds since 1970). `minutes` has,
    by minute since 1970, its posts and their distinct authors (64 bits each), and `hours` its posts
    by hour since 1970.
    """

    key: str
    count: int
    last: int
    minutes: Mapping[int, tuple[int, Sequence[int]]]
    hours: Mapping[int, int]
