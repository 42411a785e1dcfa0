"""Keeps how often tags were used in each hour of four weeks: what is usual for them."""

from collections.abc import Iterator

import numpy as np

from trends.counting.arrays import Integers, Ints
from trends.counting.sliding import SlidingCounts
from trends.counting.spans import DAY, HOUR, HOURS_KEPT, USUAL_DAYS, Span
from trends.counting.use_log import UseLog
from trends.trending.surprise import Numbers

# What happened lately is not usual yet. While less than twice as much is known, half of it is.
LATELY = 2 * DAY
# A flood of one tag does not make a timeline busy: in the total of an hour a tag counts at most so
# many posts, or this part of the hour's posts.
_MOST_POSTS, _MOST_PART = 5, 0.1

_NEVER = 1 << 40
# An hour is left out at both ends, because they are not whole.
_LONG_AGO = Span(USUAL_DAYS * 24 - LATELY // HOUR - 2, LATELY // HOUR + 1)


class Baseline(SlidingCounts):
    """Counts posts by tag, which are numbered, and hour (since 1970): its minutes are hours."""

    def __init__(self, hour: int) -> None:
        super().__init__(hour, [_LONG_AGO], UseLog(24, HOURS_KEPT // 24 + 1), HOURS_KEPT)
        # Of each hour, when it is asked for: the posts without floods, and the most of a tag there.
        self._totals: dict[int, tuple[float, float]] = {}

    def add(self, numbers: Integers, minutes: Ints, amounts: Integers) -> None:
        """Add posts to tags in hours, as `SlidingCounts.add`."""
        super().add(numbers, minutes, amounts)
        for hour in set(minutes.tolist()):
            self._totals.pop(hour, None)

    @property
    def long_ago(self) -> Integers:
        """For each tag, its posts in most of the four weeks, without those of the last two days."""
        sums: Integers = self.sums[0]
        return sums

    def posts_until(self, tags: Ints, hour: int) -> Ints:
        """For some tags, their posts up to an hour, inclusive."""
        uses, position = self.log.of(tags, self.first_hour, hour)
        return np.bincount(position, uses.amounts, len(tags)).astype(np.int64)

    @property
    def first_hour(self) -> int:
        """The hour of the first posts."""
        first = self.log.first()
        return self.now if first is None else min(self.now, first)

    @property
    def known_hours(self) -> int:
        """How many hours ago the first posts were, at most four weeks."""
        return min(self.now - self.first_hour, USUAL_DAYS * 24)

    def curves(self, tags: Ints, now: int) -> "Curves":
        """The curves of some tags, as known at the minute `now` of the current hour."""
        total, most = self._hourly_totals()
        first = self.now - HOURS_KEPT + 1
        uses, position = self.log.of(tags, first, self.now)
        at = position * HOURS_KEPT + uses.minutes - first
        own: Numbers = np.bincount(at, uses.amounts, len(tags) * HOURS_KEPT).astype(np.float64)
        own = own.reshape(-1, HOURS_KEPT)
        return Curves(own, total - np.minimum(own, most), first, now)

    def extremes(self, now: int) -> "Curves":
        """The curves of a tag that nobody has used, and of one that has flooded every hour."""
        total, most = self._hourly_totals()
        others = np.stack([total, np.maximum(total - most, 0)])
        return Curves(np.zeros_like(others), others, self.now - HOURS_KEPT + 1, now)

    def _hourly_totals(self) -> tuple[Numbers, Numbers]:
        """The posts of each hour without floods, and the most that a tag counts there."""
        hours = range(self.now - HOURS_KEPT + 1, self.now + 1)
        total, most = np.array([self._total(hour) for hour in hours]).T
        return total, most

    def _total(self, hour: int) -> tuple[float, float]:
        if hour not in self._totals and (columns := self.log.at(hour)):
            numbers, amounts = columns
            _, at = np.unique(numbers, return_inverse=True)
            posts = np.bincount(at, amounts)
            most = max(_MOST_POSTS, _MOST_PART * float(posts.sum()))
            self._totals[hour] = float(np.minimum(posts, most).sum()), most
        return self._totals.get(hour, (0.0, 0.0))

    def _forget(self, minute: int) -> Iterator[Integers]:
        self._totals.pop(minute, None)
        return super()._forget(minute)


class Curves:
    """The posts of some tags, and those of the others, up to any time of four weeks.

    Within an hour, posts are taken to be spread evenly. All results are pairs: the posts of the
    tag, given by its position, and those of the others. Tags and times are broadcast together.
    """

    def __init__(self, own: Numbers, others: Numbers, first: int, now: int) -> None:
        """Take columns with an element for each hour from `first` on; the last is `now`'s."""
        by_hour = np.stack([own, others])
        self._first, self._end = first * HOUR, now + 1
        self._usual = np.zeros((*by_hour.shape[:2], by_hour.shape[2] + 1))
        np.cumsum(by_hour, axis=2, out=self._usual[..., 1:])
        self._daily = _shifted(self._usual, 24, USUAL_DAYS - 1)
        self._weekly = _shifted(self._usual, 7 * 24, USUAL_DAYS // 7)

    def between(self, tag: Ints | int, start: Ints, end: Ints) -> Numbers:
        """Posts from the minute `start` to `end` (exclusive)."""
        return self._between(self._usual, tag, start, end, self._end)

    def daily(self, tag: Ints | int, start: Ints, end: Ints) -> Numbers:
        """Posts at the same time of earlier days, added up."""
        return self._between(self._daily, tag, start, end)

    def weekly(self, tag: Ints | int, start: Ints, end: Ints) -> Numbers:
        """Posts at the same time of earlier weeks, added up."""
        return self._between(self._weekly, tag, start, end)

    def _between(
        self, curve: Numbers, tag: Ints | int, start: Ints, end: Ints, last: int = _NEVER
    ) -> Numbers:
        """The difference of two points of a curve, which has nothing after the minute `last`."""
        return self._at(curve, tag, end, last) - self._at(curve, tag, start, last)

    def _at(self, curve: Numbers, tag: Ints | int, minute: Ints, last: int) -> Numbers:
        since = np.clip(minute, self._first, self._end) - self._first
        hour = np.minimum(since // HOUR, curve.shape[-1] - 2)
        length = np.minimum(HOUR, last - self._first - hour * HOUR)
        part = (since - hour * HOUR) / length
        before, after = curve[:, tag, hour], curve[:, tag, hour + 1]
        found: Numbers = before + part * (after - before)
        return found


def _shifted(curve: Numbers, step: int, times: int) -> Numbers:
    """The sum of a curve shifted to the right by 1 to `times` steps."""
    total = np.zeros_like(curve)
    for shift in range(step, step * times + 1, step):
        total[..., shift:] += curve[..., :-shift]
    return total
