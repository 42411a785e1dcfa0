"""Splits a tally into the change of each row of the table `hashtags`."""

import numpy as np

from trends.counting.arrays import Integers
from trends.counting.tally import Tally
from trends.hbase.row import Change

_AUTHOR_BYTES = 8
_WIDTH = 2 * _AUTHOR_BYTES + len(" ")


def changes_of(tally: Tally) -> list[Change]:
    """The change of each of the tally's keys, in the same order."""
    minutes, hours, spellings = _minutes(tally), _hours(tally), _spellings(tally)
    return [
        Change(count, first, last, *parts)
        for count, first, last, *parts in zip(
            tally.counts.tolist(),
            tally.firsts.tolist(),
            tally.lasts.tolist(),
            spellings,
            hours,
            minutes,
            strict=True,
        )
    ]


def _minutes(tally: Tally) -> list[dict[int, tuple[int, str]]]:
    uses = tally.uses
    authors = uses.author.astype(">u8").tobytes().hex(" ", _AUTHOR_BYTES)
    ends = np.cumsum(np.bincount(uses.author_row, minlength=len(uses.tag))).tolist()
    rows = zip(uses.minute.tolist(), uses.posts.tolist(), [0, *ends], ends, strict=False)
    values = [
        (minute, (posts, authors[_WIDTH * start : max(_WIDTH * end - 1, 0)]))
        for minute, posts, start, end in rows
    ]
    return [dict(values[start:end]) for start, end in _runs(uses.tag, len(uses.keys))]


def _hours(tally: Tally) -> list[dict[int, int]]:
    uses = tally.uses
    values = list(zip(uses.hour.tolist(), uses.hour_posts.tolist(), strict=True))
    runs = _runs(uses.hour_tag, len(uses.keys))
    return [dict(values[start:end]) for start, end in runs]


def _spellings(tally: Tally) -> list[dict[str, int]]:
    spellings: list[dict[str, int]] = [{} for _ in tally.uses.keys]
    rows = zip(
        tally.spelling_tag.tolist(), tally.spelling, tally.spelling_posts.tolist(), strict=True
    )
    for tag, spelling, posts in rows:
        spellings[tag][spelling] = posts
    return spellings


def _runs(tag: Integers, tags: int) -> list[tuple[int, int]]:
    """Start and end of each tag's rows, which are sorted by tag; every tag has some."""
    ends = np.cumsum(np.bincount(tag, minlength=tags)).tolist()
    return list(zip([0, *ends], ends, strict=False))
