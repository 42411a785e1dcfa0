"""Counts uses, and distinct authors, over spans that move on with the clock."""

from collections.abc import Iterable, Iterator

import numpy as np

from trends.counting.arrays import (
    Bools,
    Integers,
    Ints,
    Unsigned,
    distinct,
    first_of_runs,
    run_ends,
)
from trends.counting.numbering import PairNumbers, grown
from trends.counting.spans import HOUR, Span
from trends.counting.use_log import UseLog

Table = np.ndarray[tuple[int, int], np.dtype[np.int32]]
"""A row for each span, and a column for each number."""

# The log is asked for the uses of some tags in the last days; so many hours stay joined.
_HOURS_JOINED = 3 * 24
# Has the arrays' type: with any other, `ufunc.at` takes its slow path, which is 20 times slower.
_ONE = np.int32(1)


class SlidingCounts:
    """Counts how often numbered things were used, in each of several spans of time.

    Numbers start at 0, and `sums[row[span]]` has the uses of each number in the span. A use is
    added once, when it enters a span, and subtracted once, when it leaves, so an idle number costs
    nothing. For this, `log` has each minute as it was added, at least while it is in a span, or as
    long as `kept` says.

    Times are minutes since 1970, and `now` is the current one. They may also be hours, if the
    spans and the log are in hours too.
    """

    def __init__(
        self, now: int, spans: Iterable[Span], log: UseLog | None = None, kept: int = 0
    ) -> None:
        self.now = now
        self.log = log or UseLog(HOUR, _HOURS_JOINED)
        self.row = {span: row for row, span in enumerate(spans)}
        self.sums: Table = np.zeros((len(self.row), 16), np.int32)
        self._lengths, self._lags = np.array(list(self.row), np.int64).T
        self._reach = max(kept, int(max(self._lags + self._lengths)))
        # How often each number occurs in the log.
        self._mentions: Integers = np.zeros(16, np.int32)

    def reserve(self, size: int) -> None:
        """Make room for the numbers below `size`."""
        self.sums, self._mentions = grown(self.sums, size), grown(self._mentions, size)

    def is_recent(self, minutes: Ints) -> Bools:
        """Whether each minute is in a span or will be in one; the others have left all spans."""
        return minutes > self.now - self._reach

    def add(self, numbers: Integers, minutes: Ints, amounts: Integers) -> None:
        """Add amounts to numbers, which must be reserved, in minutes, which must be recent.

        A pair of number and minute may repeat. A future minute counts once the clock reaches it.
        """
        order = np.argsort(minutes)
        numbers, minutes, amounts = numbers[order], minutes[order], amounts[order]
        np.add.at(self._mentions, numbers, _ONE)
        starts = np.flatnonzero(first_of_runs(minutes))
        ends = run_ends(starts, len(minutes))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            self.log.append(int(minutes[start]), numbers[start:end], amounts[start:end])
        # Minutes are sorted, so those in a span are a slice.
        newest = self.now - self._lags
        ends = np.searchsorted(minutes, newest + 1)
        starts = np.searchsorted(minutes, newest - self._lengths + 1)
        for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            if start < end:
                self._change(row, numbers[start:end], amounts[start:end])

    def advance(self, now: int) -> Integers:
        """Move on to the minute `now`, which never goes back; returns the numbers to free.

        They are distinct, and no longer occur in any minute, so their sums are 0.
        """
        forgotten = [np.zeros(0, np.int32)]
        while self.now < now:
            self.now += 1
            for span, row in self.row.items():
                newest = self.now - span.lag
                self._move(row, newest, 1)
                self._move(row, newest - span.length, -1)
            forgotten += self._forget(self.now - self._reach)
        return np.concatenate(forgotten)

    def _move(self, row: int, minute: int, sign: int) -> None:
        if columns := self.log.at(minute):
            numbers, amounts = columns
            self._change(row, numbers, sign * amounts)

    def _change(self, row: int, numbers: Integers, amounts: Integers) -> None:
        """Add amounts, which are all positive or all negative."""
        np.add.at(self.sums[row], numbers, amounts)

    def _forget(self, minute: int) -> Iterator[Integers]:
        if columns := self.log.at(minute):
            numbers, _ = columns
            np.subtract.at(self._mentions, numbers, _ONE)
            yield distinct(numbers[self._mentions[numbers] == 0])
        self.log.forget(minute)


class SlidingAuthors(SlidingCounts):
    """Counts how many different authors used each tag, in each of several spans of time.

    An author counts until the last of their uses of the tag has left the span. So the numbered
    things are pairs of a tag and an author, and `authors` counts each tag's pairs that have uses
    in a span.
    """

    def __init__(self, now: int, spans: Iterable[Span]) -> None:
        self._pairs = PairNumbers()
        super().__init__(now, spans, UseLog(HOUR, _HOURS_JOINED, self.tag_of))
        self._authors: Table = np.zeros((len(self.row), 16), np.int32)

    def reserve_tags(self, size: int) -> None:
        """Make room for the tags' numbers below `size`."""
        self._authors = grown(self._authors, size)

    def authors(self, span: Span) -> Integers:
        """The authors of each tag in a span."""
        counts: Integers = self._authors[self.row[span]]
        return counts

    def add_uses(self, tags: Integers, minutes: Ints, authors: Unsigned) -> None:
        """Add uses of tags, which must be reserved, by authors in minutes, which must be recent."""
        pairs = self._pairs.number(tags, authors)
        self.reserve(self._pairs.size)
        self.add(pairs, minutes, np.ones(len(pairs), np.int32))

    def advance(self, now: int) -> Integers:
        """Move on to the minute `now`; returns the pairs that were freed."""
        forgotten = super().advance(now)
        self._pairs.free(forgotten)
        return forgotten

    def tag_of(self, pairs: Integers) -> Integers:
        """The tag of each pair."""
        return self._pairs.tag[pairs]

    def _change(self, row: int, numbers: Integers, amounts: Integers) -> None:
        had_any = self.sums[row][numbers] > 0
        super()._change(row, numbers, amounts)
        has_any = self.sums[row][numbers] > 0
        changed = distinct(numbers[had_any != has_any])
        np.add.at(self._authors[row], self._pairs.tag[changed], np.sign(amounts[0]))
