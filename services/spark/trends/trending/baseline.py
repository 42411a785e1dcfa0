"""Keeps how often tags were used in each hour of four weeks: what is usual for them."""

from collections.abc import Iterator

import numpy as np

from trends.counting.arrays import Integers, Ints
from trends.counting.sliding import SlidingCounts
from trends.counting.spans import DAY, HOUR, HOURS_KEPT, USUAL_DAYS, Span
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
        super().__init__(hour, [_LONG_AGO], HOURS_KEPT)
        # Of each hour, when it is asked for: its tags in order, their posts, and the totals.
        self._sorted: dict[int, _Hour] = {}

    def add(self, numbers: Integers, minutes: Ints, amounts: Integers) -> None:
        """Add posts to tags in hours, as `SlidingCounts.add`."""
        super().add(numbers, minutes, amounts)
        for hour in set(minutes.tolist()):
            self._sorted.pop(hour, None)

    @property
    def long_ago(self) -> Integers:
        """For each tag, its posts in most of the four weeks, without those of the last two days."""
        sums: Integers = self.sums[0]
        return sums

    @property
    def first_hour(self) -> int:
        """The hour of the first posts."""
        return min([self.now, *self._minutes])

    @property
    def known_hours(self) -> int:
        """How many hours ago the first posts were, at most four weeks."""
        return min(self.now - self.first_hour, USUAL_DAYS * 24)

    def curves(self, tags: Ints, now: int) -> "Curves":
        """The curves of some tags, as known at the minute `now` of the current hour."""
        total, most = self._hourly_totals()
        own = np.zeros((len(tags), HOURS_KEPT))
        for at, hour in enumerate(self._kept()):
            if hour in self._minutes:
                own[:, at] = self._sorted_hour(hour).posts_of(tags)
        return Curves(own, total - np.minimum(own, most), self._kept().start, now)

    def extremes(self, now: int) -> "Curves":
        """The curves of a tag that nobody has used, and of one that has flooded every hour."""
        total, most = self._hourly_totals()
        others = np.stack([total, np.maximum(total - most, 0)])
        return Curves(np.zeros_like(others), others, self._kept().start, now)

    def _kept(self) -> range:
        return range(self.now - HOURS_KEPT + 1, self.now + 1)

    def _hourly_totals(self) -> tuple[Numbers, Numbers]:
        """The posts of each hour without floods, and the most that a tag counts there."""
        hours = [
            self._sorted_hour(hour) if hour in self._minutes else None for hour in self._kept()
        ]
        total = np.array([hour.total if hour else 0.0 for hour in hours])
        return total, np.array([hour.most if hour else 0.0 for hour in hours])

    def _forget(self, minute: int) -> Iterator[Integers]:
        self._sorted.pop(minute, None)
        return super()._forget(minute)

    def _sorted_hour(self, hour: int) -> "_Hour":
        if hour not in self._sorted:
            self._sorted[hour] = _Hour(*self._minutes[hour].columns())
        return self._sorted[hour]


class _Hour:
    """The posts of an hour by tag, and together."""

    __slots__ = ("_posts", "_tags", "most", "total")

    def __init__(self, numbers: Integers, amounts: Integers) -> None:
        self._tags, at = np.unique(numbers, return_inverse=True)
        self._posts = np.bincount(at, amounts).astype(np.int32)
        self.most = max(_MOST_POSTS, _MOST_PART * float(self._posts.sum()))
        self.total = float(np.minimum(self._posts, self.most).sum())

    def posts_of(self, tags: Ints) -> Integers:
        """The posts of some tags."""
        at = np.minimum(np.searchsorted(self._tags, tags), len(self._tags) - 1)
        return np.where(self._tags[at] == tags, self._posts[at], 0)


class Curves:
    """The posts of some tags, and those of the others, up to any time of four weeks.

    Within an hour, posts are taken to be spread evenly. All results are pairs of the posts of each
    tag, and of the others.
    """

    def __init__(self, own: Numbers, others: Numbers, first: int, now: int) -> None:
        """Take columns with an element for each hour from `first` on; the last is `now`'s."""
        by_hour = np.stack([own, others])
        self._first, self._end = first * HOUR, now + 1
        self._usual = np.zeros((*by_hour.shape[:2], by_hour.shape[2] + 1))
        np.cumsum(by_hour, axis=2, out=self._usual[..., 1:])
        self._daily = _shifted(self._usual, 24, USUAL_DAYS - 1)
        self._weekly = _shifted(self._usual, 7 * 24, USUAL_DAYS // 7)

    def between(self, start: Ints, end: Ints) -> Numbers:
        """Posts from the minute `start` to `end` (exclusive)."""
        return self._between(self._usual, start, end, self._end)

    def daily(self, start: Ints, end: Ints) -> Numbers:
        """Posts at the same time of earlier days, added up."""
        return self._between(self._daily, start, end)

    def weekly(self, start: Ints, end: Ints) -> Numbers:
        """Posts at the same time of earlier weeks, added up."""
        return self._between(self._weekly, start, end)

    def _between(self, curve: Numbers, start: Ints, end: Ints, last: int = _NEVER) -> Numbers:
        """The difference of two points of a curve, which has nothing after the minute `last`."""
        return self._at(curve, end, last) - self._at(curve, start, last)

    def _at(self, curve: Numbers, minute: Ints, last: int) -> Numbers:
        since = np.clip(minute, self._first, self._end) - self._first
        hour = np.minimum(since // HOUR, curve.shape[-1] - 2)
        length = np.minimum(HOUR, last - self._first - hour * HOUR)
        part = (since - hour * HOUR) / length
        before, after = curve[..., hour], curve[..., hour + 1]
        found: Numbers = before + part * (after - before)
        return found


def _shifted(curve: Numbers, step: int, times: int) -> Numbers:
    """The sum of a curve shifted to the right by 1 to `times` steps."""
    total = np.zeros_like(curve)
    for shift in range(step, step * times + 1, step):
        total[..., shift:] += curve[..., :-shift]
    return total
