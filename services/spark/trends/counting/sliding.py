"""Counts of the last hours and days, which move on with the clock."""

from array import array
from collections.abc import Iterable, Iterator

import numpy as np

from trends.counting.arrays import Bools, Integers, Ints, Unsigned, first_of_runs, run_ends
from trends.counting.numbering import PairNumbers, grown
from trends.counting.spans import Span

Table = np.ndarray[tuple[int, int], np.dtype[np.int32]]
"""A row for each span, and a column for each number."""

# Of the arrays' type: for any other `ufunc.at` takes its slow path, 20 times as long.
_ONE = np.int32(1)


class _Minute:
    """What was counted in one minute: numbers, which may come more than once, and amounts."""

    __slots__ = ("_amounts", "_numbers")

    def __init__(self) -> None:
        # Unlike lists of numpy arrays these do not grow by a hundred bytes a batch.
        self._numbers, self._amounts = array("i"), array("i")

    def append(self, numbers: Integers, amounts: Integers) -> None:
        self._numbers.frombytes(numbers.tobytes())
        self._amounts.frombytes(amounts.tobytes())

    def columns(self) -> tuple[Integers, Integers]:
        """Views, which must be gone when `append` is called next."""
        return np.frombuffer(self._numbers, np.int32), np.frombuffer(self._amounts, np.int32)


class SlidingCounts:
    """How often each of many things was used, in each of several spans of time.

    The things are numbers from 0 on. `sums[row[span]]` has an element for each: its uses in the
    span. What enters a span is added once and what leaves it is subtracted once, so a thing costs
    nothing while nothing happens to it. For that, each minute is kept as it was added.

    Times are minutes since 1970; `now` is the running one.
    """

    def __init__(self, now: int, spans: Iterable[Span]) -> None:
        self.now = now
        self.row = {span: row for row, span in enumerate(spans)}
        self.sums: Table = np.zeros((len(self.row), 16), np.int32)
        self._lengths, self._lags = np.array(list(self.row), np.int64).T
        self._reach = int(max(self._lags + self._lengths))
        self._minutes: dict[int, _Minute] = {}
        # How often the minutes name each number.
        self._mentions: Integers = np.zeros(16, np.int32)

    def reserve(self, size: int) -> None:
        """Make room for the numbers below `size`."""
        self.sums, self._mentions = grown(self.sums, size), grown(self._mentions, size)

    def is_recent(self, minutes: Ints) -> Bools:
        """Whether each minute is in a span or will be in one; the others have left all of them."""
        return minutes > self.now - self._reach

    def add(self, numbers: Integers, minutes: Ints, amounts: Integers) -> None:
        """Add amounts, each to a number below what is reserved, in a minute that is recent.

        A number and minute may come more than once. A minute in the future counts when it comes.
        """
        order = np.argsort(minutes)
        numbers, minutes, amounts = numbers[order], minutes[order], amounts[order]
        np.add.at(self._mentions, numbers, _ONE)
        starts = np.flatnonzero(first_of_runs(minutes))
        ends = run_ends(starts, len(minutes))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            minute = self._minutes.setdefault(int(minutes[start]), _Minute())
            minute.append(numbers[start:end], amounts[start:end])
        # Minutes are sorted, so those in a span are a slice.
        newest = self.now - self._lags
        ends = np.searchsorted(minutes, newest + 1)
        starts = np.searchsorted(minutes, newest - self._lengths + 1)
        for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            if start < end:
                self._change(row, numbers[start:end], amounts[start:end])

    def advance(self, now: int) -> Integers:
        """Move on to the minute `now`; it never goes back. The distinct numbers to forget.

        A number is to be forgotten when no minute names it any more; its sums are 0 then.
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

    def minutes(self) -> Ints:
        """The minutes in which anything was used, in no order."""
        return np.fromiter(self._minutes, np.int64, len(self._minutes))

    def _move(self, row: int, minute: int, sign: int) -> None:
        if minute in self._minutes:
            numbers, amounts = self._minutes[minute].columns()
            self._change(row, numbers, sign * amounts)

    def _change(self, row: int, numbers: Integers, amounts: Integers) -> None:
        """Add amounts, which are all positive or all negative."""
        np.add.at(self.sums[row], numbers, amounts)

    def _forget(self, minute: int) -> Iterator[Integers]:
        if minute in self._minutes:
            numbers, _ = self._minutes.pop(minute).columns()
            np.subtract.at(self._mentions, numbers, _ONE)
            yield _distinct(numbers[self._mentions[numbers] == 0])


class SlidingAuthors(SlidingCounts):
    """How many different authors used each tag, in each of several spans of time.

    An author who used a tag again counts until the last of the uses has left the span. So what is
    counted are the uses of each pair of a tag and an author, and `authors[row[span]]` has, for
    each tag's number, how many pairs have any.
    """

    def __init__(self, now: int, spans: Iterable[Span]) -> None:
        super().__init__(now, spans)
        self.authors: Table = np.zeros((len(self.row), 16), np.int32)
        self._pairs = PairNumbers()

    def reserve_tags(self, size: int) -> None:
        """Make room for the tags below `size`."""
        self.authors = grown(self.authors, size)

    def add_uses(self, tags: Integers, minutes: Ints, authors: Unsigned) -> None:
        """Add that a tag, below what is reserved, was used by an author in a minute."""
        pairs = self._pairs.number(tags, authors)
        self.reserve(self._pairs.size)
        self.add(pairs, minutes, np.ones(len(pairs), np.int32))

    def advance(self, now: int) -> Integers:
        """Move on to the minute `now`. The pairs that were forgotten."""
        forgotten = super().advance(now)
        self._pairs.free(forgotten)
        return forgotten

    def _change(self, row: int, numbers: Integers, amounts: Integers) -> None:
        had_any = self.sums[row][numbers] > 0
        super()._change(row, numbers, amounts)
        has_any = self.sums[row][numbers] > 0
        changed = _distinct(numbers[had_any != has_any])
        np.add.at(self.authors[row], self._pairs.tag[changed], np.sign(amounts[0]))


def _distinct(numbers: Integers) -> Integers:
    """The distinct numbers; `np.unique` takes many times as long."""
    numbers = np.sort(numbers)
    return numbers[first_of_runs(numbers)]
