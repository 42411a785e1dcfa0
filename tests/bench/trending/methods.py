"""Methods that score how much each tag is trending, on the same timeline at the same moments.

Each yields, for every moment, the numbers of some tags and their scores; which score is enough is
found out afterwards, for each method the best one (bench.trending.judge). All but the product's
count posts, as their authors describe them.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from bench.trending.timeline import DAY, Floats, Timeline
from trends.counting.arrays import Ints
from trends.counting.ranking import BOARD_SIZE
from trends.counting.sliding import SlidingAuthors
from trends.counting.spans import HOUR, LONGEST, RISING_LENGTHS, Span
from trends.trending.baseline import Baseline
from trends.trending.rising import find

PEOPLE = 3


class Board(NamedTuple):
    """Tags and their scores at a moment, the highest score first."""

    now: int
    tags: Ints
    scores: Floats


Method = Callable[[Timeline, Ints], Iterator[Board]]


def product(timeline: Timeline, times: Ints) -> Iterator[Board]:
    """Ours (docs/trending.md), from the driver's own code; what it yields has entered its board."""
    authors = SlidingAuthors(0, [Span(length) for length in (*RISING_LENGTHS, LONGEST)])
    baseline = Baseline(0)
    authors.reserve_tags(timeline.tags)
    baseline.reserve(timeline.tags)
    step, done = int(times[1] - times[0]), 0
    for now in range(int(times[0]) % step, int(times[-1]) + 1, step):
        authors.advance(now)
        baseline.advance(now // HOUR)
        end = int(np.searchsorted(timeline.minute, now, "right"))
        tag, minute = timeline.tag[done:end], timeline.minute[done:end]
        authors.add_uses(tag, minute, timeline.author[done:end])
        baseline.add(tag, minute // HOUR, np.ones(len(tag), np.int32))
        done = end
        if now >= times[0]:
            rises = find(authors, baseline, PEOPLE, BOARD_SIZE)
            yield _board(now, rises.tag, rises.score)


def first_edition(timeline: Timeline, times: Ints) -> Iterator[Board]:
    """Mastodon's, in our first edition: the last hour against the mean hour of seven days.

    Pearson's (observed − expected)² / expected, with at least 5 observed and 1 expected.
    """
    hour, week = Window(timeline, HOUR), Window(timeline, 7 * DAY - HOUR)
    for now in times.tolist():
        observed = hour.posts(now)
        expected = np.maximum(week.posts(now - HOUR) / (7 * 24 - 1), 1)
        tags = np.flatnonzero((observed >= 5) & (observed > expected))
        yield _board(now, tags, (observed[tags] - expected[tags]) ** 2 / expected[tags])


def poisson(length: int) -> Method:
    """Gnip's: a window's posts against a Poisson distribution with the mean of four weeks.

    The score is (x − μ) / √μ, in standard deviations.
    """

    def method(timeline: Timeline, times: Ints) -> Iterator[Board]:
        window, weeks = Window(timeline, length), Window(timeline, 28 * DAY)
        for now in times.tolist():
            posts = window.posts(now)
            expected = np.maximum(weeks.posts(now - length) * length / (28 * DAY), 0.05)
            tags = np.flatnonzero(posts >= 2)
            yield _board(now, tags, (posts[tags] - expected[tags]) / np.sqrt(expected[tags]))

    return method


def ewma(length: int, half_life: int, bias: float) -> Method:
    """SigniTrend's: a z-score with exponentially weighted mean and variance of window counts.

    (x − max(mean, β)) / (deviation + β), where the bias β keeps rare tags down.
    """

    def method(timeline: Timeline, times: Ints) -> Iterator[Board]:
        weight = 1 - 0.5 ** (length / half_life)
        mean, variance = np.zeros(timeline.tags), np.zeros(timeline.tags)
        window, past = Window(timeline, length), Window(timeline, length)
        learnt = length
        for now in times.tolist():
            # Windows that do not overlap, all of which lie before the one that is judged.
            while learnt <= now - length:
                change = past.posts(learnt) - mean
                mean += weight * change
                variance = (1 - weight) * (variance + weight * change**2)
                learnt += length
            posts = window.posts(now)
            tags = np.flatnonzero(posts >= 2)
            score = (posts[tags] - np.maximum(mean[tags], bias)) / (np.sqrt(variance[tags]) + bias)
            yield _board(now, tags, score)

    return method


def kleinberg(length: int, ratio: float) -> Method:
    """Kleinberg's: a two-state automaton over batches; its burst state is `ratio` times as likely.

    The score is the weight of the burst: how much cheaper the burst state explains the batches
    since it began. (With two states, the cheapest path is that of a cumulative sum.)
    """

    def method(timeline: Timeline, times: Ints) -> Iterator[Board]:
        weight, usual = np.zeros(timeline.tags), np.zeros(timeline.tags)
        window, past = Window(timeline, length), Window(timeline, length)
        end = length
        for now in times.tolist():
            while end <= now - length:
                posts = past.posts(end)
                weight = np.maximum(weight + _gain(posts, usual, ratio), 0)
                usual += posts
                end += length
            # The batch that has just ended counts on top, until it is one of the fixed ones.
            posts = window.posts(now)
            tags = np.flatnonzero(posts >= 2)
            yield _board(now, tags, weight[tags] + _gain(posts, usual, ratio)[tags])

    return method


def _gain(posts: Floats, usual: Floats, ratio: float) -> Floats:
    """How much cheaper the burst state explains a batch than the usual one."""
    share = np.minimum((usual + 0.5) / max(float(usual.sum()), 1), 0.9 / ratio)
    others = max(float(posts.sum()), 1) - posts
    return np.asarray(
        posts * np.log(ratio) + others * (np.log1p(-ratio * share) - np.log1p(-share))
    )


ALL: dict[str, dict[str, Method]] = {
    "this product": {"": product},
    "first edition (Mastodon)": {"": first_edition},
    "Poisson (Gnip)": {
        f"{length // HOUR} h": poisson(length) for length in (HOUR, 2 * HOUR, 6 * HOUR, DAY)
    },
    "EWMA z-score (SigniTrend)": {
        f"{length // HOUR} h, β={bias:g}": ewma(length, 7 * DAY, bias)
        for length in (HOUR, 2 * HOUR, 6 * HOUR)
        for bias in (0.3, 1.0)
    },
    "Kleinberg": {
        f"{length // HOUR} h, s={ratio:g}": kleinberg(length, ratio)
        for length in (HOUR, 6 * HOUR)
        for ratio in (3.0, 20.0)
    },
}
"""Every method, and each of its settings that is tried; the best counts."""


class Window:
    """The posts with each tag in the `length` minutes up to a minute, which never goes back."""

    def __init__(self, timeline: Timeline, length: int) -> None:
        self._timeline, self._length = timeline, length
        self._posts = np.zeros(timeline.tags)
        self._start = self._end = 0

    def posts(self, now: int) -> Floats:
        """The posts up to the minute `now`."""
        tag = self._timeline.tag
        start, end = np.searchsorted(self._timeline.minute, [now - self._length, now], "right")
        np.add.at(self._posts, tag[self._end : end], 1)
        np.subtract.at(self._posts, tag[self._start : start], 1)
        self._start, self._end = int(start), int(end)
        return self._posts.copy()


def _board(now: int, tags: Ints, scores: Floats) -> Board:
    """Keep the ten highest scores."""
    first = np.argsort(-scores, kind="stable")[:10]
    return Board(now, tags[first], scores[first])
