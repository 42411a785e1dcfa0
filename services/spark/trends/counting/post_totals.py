"""Keeps how many posts there were in each minute of the last days, with hashtags and in all."""

from typing import NamedTuple

import numpy as np

from trends.counting.arrays import Bools, Ints
from trends.counting.spans import DAY, LONGEST
from trends.counting.tally import Counts

# A post may be dated ahead of the driver's clock. It counts once the clock reaches its minute.
_AHEAD = DAY
_READ, _TAGGED, _OF_DEMO = 0, 1, 2


class WindowTotals(NamedTuple):
    """Distinct posts in a window, and those of them that have hashtags."""

    posts: int
    tagged: int


class PostTotals:
    """Distinct posts by minute (since 1970); `now` is the current one.

    Posts are counted completely from the minute `since` on.
    """

    def __init__(self, now: int, since: int = 0) -> None:
        self._now = now
        self._since = since
        # The row of a minute is the remainder; a minute is no longer kept when its row is reused.
        self._counts: Counts = np.zeros((LONGEST, _OF_DEMO + 2), np.int64)

    @property
    def since(self) -> int:
        """The first minute from which posts are counted completely; 0 if all ever were."""
        return self._since

    def is_kept(self, minutes: Ints) -> Bools:
        """Whether each minute may be in a window, now or later."""
        newest = self._now + _AHEAD
        kept: Bools = (minutes > newest - LONGEST) & (minutes <= newest)
        return kept

    def add(self, minutes: Ints, counts: Counts) -> None:
        """Add posts to minutes, which are distinct and kept."""
        self._counts[minutes % LONGEST] += counts

    def at(self, minutes: Ints) -> Counts:
        """The posts in some minutes, which are kept."""
        counts: Counts = self._counts[minutes % LONGEST]
        return counts

    def advance(self, now: int) -> None:
        """Move on to the minute `now`; a clock that was set back is ignored."""
        now = max(now, self._now)
        first = max(self._now, now - LONGEST) + _AHEAD + 1
        self._counts[np.arange(first, now + _AHEAD + 1) % LONGEST] = 0
        self._now = now

    def window(self, length: int, *, demo: bool) -> WindowTotals | None:
        """The totals of the last `length` minutes, of the demo or of real posts.

        None if posts were not counted yet when the window began.
        """
        start = self._now + 1 - length
        if start < self._since:
            return None
        counts = self.at(np.arange(start, self._now + 1)).sum(axis=0)
        first = _OF_DEMO if demo else 0
        return WindowTotals(int(counts[first + _READ]), int(counts[first + _TAGGED]))
