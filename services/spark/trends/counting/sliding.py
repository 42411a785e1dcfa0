"""Counts uses, and distinct authors, over spans that move on with the clock."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from trends.counting.arrays import Bools, Integers, Ints, Unsigned, first_of_runs, run_ends
from trends.counting.numbering import PairNumbers, grown
from trends.counting.spans import HOUR, Span

Table = np.ndarray[tuple[int, int], np.dtype[np.int32]]
"""A row for each span, and a column for each number."""

# How long the minutes of an hour stay joined.
_JOINED = 3 * 24 * HOUR
# Has the arrays' type: with any other, `ufunc.at` takes its slow path, which is 20 times slower.
_ONE = np.int32(1)


class _Minute:
    """The counts of one minute: numbers, which may repeat, and their amounts."""

    __slots__ = ("_amounts", "_numbers")

    def __init__(self) -> None:
        # Unlike lists of numpy arrays, these have no overhead of a hundred bytes per batch.
        self._numbers, self._amounts = array("i"), array("i")

    def append(self, numbers: Integers, amounts: Integers) -> None:
        self._numbers.frombytes(numbers.tobytes())
        self._amounts.frombytes(amounts.tobytes())

    def columns(self) -> tuple[Integers, Integers]:
        """Return views; all of them must be gone before the next `append`."""
        return np.frombuffer(self._numbers, np.int32), np.frombuffer(self._amounts, np.int32)


class Log(NamedTuple):
    """What was added, minute by minute: numbers, which may repeat, amounts and minutes."""

    numbers: Integers
    amounts: Integers
    minutes: Ints

    def between(self, start: int, end: int) -> "Log":
        """Return what was added in the minutes from `start` to `end`, inclusive."""
        first, last = np.searchsorted(self.minutes, [start, end + 1]).tolist()
        inside = slice(first, last)
        return Log(self.numbers[inside], self.amounts[inside], self.minutes[inside])

    def of(self, wanted: Bools) -> "Log":
        """Return the rows whose number is wanted."""
        rows = np.flatnonzero(wanted[self.numbers])
        return Log(self.numbers[rows], self.amounts[rows], self.minutes[rows])


class SlidingCounts:
    """Counts how often numbered things were used, in each of several spans of time.

    Numbers start at 0, and `sums[row[span]]` has the uses of each number in the span. A use is
    added once, when it enters a span, and subtracted once, when it leaves, so an idle number costs
    nothing. For this, each minute is kept as it was added, at least while it is in a span, or as
    long as `kept` says.

    Times are minutes since 1970, and `now` is the current one. All but `log` also works in hours,
    if the spans are in hours too.
    """

    def __init__(self, now: int, spans: Iterable[Span], kept: int = 0) -> None:
        self.now = now
        self.row = {span: row for row, span in enumerate(spans)}
        self.sums: Table = np.zeros((len(self.row), 16), np.int32)
        self._lengths, self._lags = np.array(list(self.row), np.int64).T
        self._reach = max(kept, int(max(self._lags + self._lengths)))
        self._minutes: dict[int, _Minute] = {}
        # The minutes of each hour that is over, joined when they are asked for.
        self._hours: dict[int, Log] = {}
        # How often each number occurs in the minutes.
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
            at = int(minutes[start])
            self._hours.pop(at // HOUR, None)
            minute = self._minutes.setdefault(at, _Minute())
            minute.append(numbers[start:end], amounts[start:end])
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

    def log(self, start: int, end: int) -> Log:
        """Return what was added in the minutes from `start` to `end`, inclusive; none is future."""
        hours = [self._hour(hour) for hour in range(start // HOUR, end // HOUR + 1)]
        return _join(hours).between(start, end)

    def _hour(self, hour: int) -> Log:
        if hour in self._hours:
            return self._hours[hour]
        minutes = range(hour * HOUR, (hour + 1) * HOUR)
        joined = _join(
            [
                Log(*columns, np.full(len(columns[0]), minute, np.int64))
                for minute in minutes
                if minute in self._minutes
                for columns in [self._minutes[minute].columns()]
            ]
        )
        if minutes.stop <= self.now:
            self._hours[hour] = joined
        return joined

    def _move(self, row: int, minute: int, sign: int) -> None:
        if minute in self._minutes:
            numbers, amounts = self._minutes[minute].columns()
            self._change(row, numbers, sign * amounts)

    def _change(self, row: int, numbers: Integers, amounts: Integers) -> None:
        """Add amounts, which are all positive or all negative."""
        np.add.at(self.sums[row], numbers, amounts)

    def _forget(self, minute: int) -> Iterator[Integers]:
        self._hours.pop((self.now - _JOINED) // HOUR, None)
        if minute in self._minutes:
            numbers, _ = self._minutes.pop(minute).columns()
            np.subtract.at(self._mentions, numbers, _ONE)
            yield _distinct(numbers[self._mentions[numbers] == 0])


class SlidingAuthors(SlidingCounts):
    """Counts how many different authors used each tag, in each of several spans of time.

    An author counts until the last of their uses of the tag has left the span. So the numbered
    things are pairs of a tag and an author, and `authors[row[span]]` has, for each tag's number,
    how many of its pairs have uses in the span.
    """

    def __init__(self, now: int, spans: Iterable[Span]) -> None:
        super().__init__(now, spans)
        self.authors: Table = np.zeros((len(self.row), 16), np.int32)
        self._pairs = PairNumbers()
        # The minute of each pair's last use so far; a future one does not count before it comes.
        self._last: Integers = np.zeros(16, np.int32)

    def reserve_tags(self, size: int) -> None:
        """Make room for the tags' numbers below `size`."""
        self.authors = grown(self.authors, size)

    def add_uses(self, tags: Integers, minutes: Ints, authors: Unsigned) -> None:
        """Add uses of tags, which must be reserved, by authors in minutes, which must be recent."""
        pairs = self._pairs.number(tags, authors)
        self.reserve(self._pairs.size)
        self._last = grown(self._last, self._pairs.size)
        self.add(pairs, minutes, np.ones(len(pairs), np.int32))
        is_past = minutes <= self.now
        np.maximum.at(self._last, pairs[is_past], minutes[is_past].astype(np.int32))

    def advance(self, now: int) -> Integers:
        """Move on to the minute `now`; returns the pairs that were freed."""
        before = self.now
        forgotten = super().advance(now)
        for minute in range(max(before + 1, now - self._reach + 1), now + 1):
            if minute in self._minutes:
                self._last[self._minutes[minute].columns()[0]] = minute
        self._last[forgotten] = 0
        self._pairs.free(forgotten)
        return forgotten

    def last_uses(self, since: int) -> tuple[Integers, Integers]:
        """The tag of each pair that was used after the minute `since`, and the last minute."""
        pairs = np.flatnonzero(self._last > since)
        return self._pairs.tag[pairs], self._last[pairs]

    def tag_of(self, pairs: Integers) -> Integers:
        """The tag of each pair."""
        return self._pairs.tag[pairs]

    def log_of(self, tags: Ints, start: int, end: int) -> tuple[Log, Ints]:
        """What was added for some tags in the minutes from `start` to `end`, and whose tag it is.

        The log's numbers are those of pairs; the tag is given as a position in `tags`, which are
        sorted.
        """
        # The tag of a free pair is -1, which is the last of these.
        wanted = np.zeros(self.authors.shape[1] + 1, np.bool_)
        wanted[tags] = True
        log = self.log(start, end).of(wanted[self._pairs.tag])
        return log, np.searchsorted(tags, self._pairs.tag[log.numbers])

    def _change(self, row: int, numbers: Integers, amounts: Integers) -> None:
        had_any = self.sums[row][numbers] > 0
        super()._change(row, numbers, amounts)
        has_any = self.sums[row][numbers] > 0
        changed = _distinct(numbers[had_any != has_any])
        np.add.at(self.authors[row], self._pairs.tag[changed], np.sign(amounts[0]))


def _join(logs: Sequence[Log]) -> Log:
    none = np.zeros(0, np.int32)
    return Log(
        np.concatenate([none, *(log.numbers for log in logs)]),
        np.concatenate([none, *(log.amounts for log in logs)]),
        np.concatenate([np.zeros(0, np.int64), *(log.minutes for log in logs)]),
    )


def _distinct(numbers: Integers) -> Integers:
    """The distinct numbers; many times faster than `np.unique`."""
    numbers = np.sort(numbers)
    return numbers[first_of_runs(numbers)]
