"""Measures what trending costs the driver when very many tags are active."""

import time
from dataclasses import dataclass

import numpy as np

from bench.trending.timeline import DAY, DAYS, Timeline, generate
from trends.counting.arrays import Integers, Ints, first_of_runs, run_ends
from trends.counting.leaderboard import Leaderboard
from trends.counting.spans import HOUR
from trends.counting.tally import TagUses
from trends.trending.baseline import Baseline

POSTS_A_DAY = 1_000_000
TIMES = 10


@dataclass
class Boards:
    """The median time for all boards, and what the driver's memory held.

    `baseline` is the time in which the four weeks' counts took in the uses, a day at a time, in
    microseconds a use.
    """

    milliseconds: float
    baseline: float
    active_tags: int
    tags: int


def measure_boards() -> Boards:
    """Load six weeks of a large timeline, and compute all boards as the driver does."""
    timeline = generate(POSTS_A_DAY, seed=1)
    start = DAYS * DAY - 1
    leaderboard = Leaderboard(start)
    baseline, spent = Baseline(start // HOUR), 0.0
    baseline.reserve(timeline.tags)
    for day in range(DAYS):
        tags, uses = _uses(timeline, day * DAY, (day + 1) * DAY)
        counts = np.bincount(uses.hour_tag, uses.hour_posts, len(tags)).astype(np.int64)
        leaderboard.add(uses, counts, np.full(len(tags), (day + 1) * DAY * 60_000))
        began = time.perf_counter()
        recent = baseline.is_recent(uses.hour)
        baseline.add(
            tags[uses.hour_tag[recent]], uses.hour[recent], uses.hour_posts[recent].astype(np.int32)
        )
        spent += time.perf_counter() - began
    seconds = []
    for run in range(TIMES):
        began = time.perf_counter()
        leaderboard.rankings((start + run) * 60_000)
        seconds.append(time.perf_counter() - began)
    active = np.unique(timeline.tag[timeline.minute > start - 2 * DAY])
    return Boards(
        float(np.median(seconds)) * 1000,
        spent / np.count_nonzero(baseline.is_recent(timeline.minute // HOUR)) * 1e6,
        len(active),
        len(leaderboard._windows),
    )


def _uses(timeline: Timeline, start: int, end: int) -> tuple[Integers, TagUses]:
    """What was posted in some minutes, as one batch, and the number of each of its tags."""
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
    return codes.astype(np.int32), uses


def _lengths(starts: Ints, length: int) -> Ints:
    return run_ends(starts, length) - starts
