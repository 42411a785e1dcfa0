"""Counts the posts with a tag by bucket of time, for the sparklines of the boards."""

from collections.abc import Sequence

import numpy as np

from trends.counting.arrays import Integers, Ints
from trends.counting.spans import HOUR, POINTS, WINDOWS, Points, Span
from trends.counting.windows import Windows

# Longer spans are counted by hours: a tag that is used all the time has 10,000 minutes a week.
_LONGEST_BY_MINUTE = 48 * HOUR

Table = np.ndarray[tuple[int, int], np.dtype[np.int64]]
"""A row for each tag, and a column for each point."""


def sparklines(windows: Windows, span: str, keys: Sequence[str]) -> dict[str, list[int]]:
    """The points of some (distinct) tags, by key, as `POINTS[span]` divides it.

    The oldest point comes first, the last one ends with the current minute. Those of a window add
    up to the tag's posts in it.
    """
    points = POINTS[span]
    known = [key for key in keys if key in windows.tags.numbers]
    # A tag of the board of all time may have been idle for longer than anything is remembered.
    none = dict.fromkeys(keys, [0] * points.number)
    if not known:
        return none
    numbers = np.array([windows.tags.numbers[key] for key in known], np.int64)
    if points.minutes <= _LONGEST_BY_MINUTE:
        counts = _by_minute(windows, numbers, points)
    else:
        counts = _by_hour(windows, numbers, points)
        if span in WINDOWS:
            # The window begins within an hour: what the points lack of it was used there.
            counts[:, 0] += windows.posts_in(Span(WINDOWS[span]), numbers) - counts.sum(axis=1)
    # HBase may have dropped the window's first minutes already, if its clock runs ahead.
    return none | dict(zip(known, np.maximum(counts, 0).tolist(), strict=True))


def _by_minute(windows: Windows, numbers: Ints, points: Points) -> Table:
    now = windows.posts.now
    start = now + 1 - points.minutes
    uses, at = windows.posts.log.of(numbers, start, now)
    bucket = (uses.minutes - start) // points.length
    return _table(at * points.number + bucket, uses.amounts, len(numbers), points.number)


def _by_hour(windows: Windows, numbers: Ints, points: Points) -> Table:
    """Points of whole hours (UTC), the last of which has the current hour as far as it has come."""
    hours = points.length // HOUR
    now = windows.baseline.now
    start = now + 1 - hours * points.number
    uses, at = windows.baseline.log.of(numbers, start, now)
    bucket = (uses.minutes - start) // hours
    counts = _table(at * points.number + bucket, uses.amounts, len(numbers), points.number)
    # Posts may be dated later in the current hour, by a clock that runs ahead.
    uses, at = windows.posts.log.of(numbers, windows.posts.now + 1, (now + 1) * HOUR - 1)
    np.subtract.at(counts[:, -1], at, uses.amounts)
    return counts


def _table(cells: Ints, amounts: Integers, rows: int, columns: int) -> Table:
    """Add amounts to the cells of a table, numbered row by row."""
    counts = np.bincount(cells, amounts, rows * columns).astype(np.int64)
    return counts.reshape(rows, columns)
