"""Measures how long the driver takes for all boards when very many tags are active."""

import time
from dataclasses import dataclass

import numpy as np

from bench.trending.timeline import DAY, DAYS, Timeline, generate
from trends.counting.arrays import Ints, first_of_runs, run_ends
from trends.counting.leaderboard import Leaderboard
from trends.counting.spans import HOUR
from trends.counting.tally import TagUses

POSTS_A_DAY = 1_000_000
TIMES = 10


@dataclass
class Boards:
    """The median time for all boards, and what the driver's memory held."""

    milliseconds: float
    active_tags: int
    tags: int


def measure_boards() -> Boards:
    """Load six weeks of a large timeline, and compute all boards as the driver does."""
    timeline = generate(POSTS_A_DAY, seed=1)
    start = DAYS * DAY - 1
    leaderboard = Leaderboard(start)
    for day in range(DAYS):
        _add(leaderboard, timeline, day * DAY, (day + 1) * DAY)
    seconds = []
    for run in range(TIMES):
        began = time.perf_counter()
        leaderboard.rankings((start + run) * 60_000)
        seconds.append(time.perf_counter() - began)
    recent = timeline.tag[timeline.minute > start - 2 * DAY]
    return Boards(
        float(np.median(seconds)) * 1000,
        len(np.unique(recent)),
        len(leaderboard._windows),
    )


def _add(leaderboard: Leaderboard, timeline: Timeline, start: int, end: int) -> None:
    """Add what was posted in some minutes, as one batch."""
    first, last = np.searchsorted(timeline.minute, [start, end])
    codes, tag = np.unique(timeline.tag[first:last], return_inverse=True)
    minute, author = timeline.minute[first:last], timeline.author[first:last]
    order = np.lexsort((author, minute, tag))
    tag, minute, author = tag[order].astype(np.int32), minute[order], author[order]
    is_row = first_of_runs(tag) | first_of_runs(minute)
    is_hour = first_of_runs(tag) | first_of_runs(minute // HOUR)
    rows, hours = np.flatnonzero(is_row), np.flatnonzero(is_hour)
    is_author = is_row | first_of_runs(author)
    uses = TagUses(
        keys=[f"t{code}" for code in codes.tolist()],
        tag=tag[rows],
        minute=minute[rows],
        posts=_lengths(rows, len(tag)),
        hour_tag=tag[hours],
        hour=minute[hours] // HOUR,
        hour_posts=_lengths(hours, len(tag)),
        author_row=(np.cumsum(is_row)[is_author] - 1).astype(np.int32),
        author=author[is_author],
    )
    counts = np.bincount(tag, minlength=len(codes))
    leaderboard.add(uses, counts, np.full(len(codes), end * 60_000))


def _lengths(starts: Ints, length: int) -> Ints:
    return run_ends(starts, length) - starts
