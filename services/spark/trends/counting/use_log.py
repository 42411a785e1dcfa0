"""Keeps what was used in each minute, and finds the uses of some tags quickly."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trends.counting.arrays import Integers, Ints, first_of_runs


@dataclass(frozen=True, slots=True)
class Uses:
    """Columns: numbers, which may repeat, amounts, and minutes."""

    numbers: Integers
    amounts: Integers
    minutes: Integers

    def rows(self, which: Any) -> "Uses":
        """Some of the rows."""
        return Uses(self.numbers[which], self.amounts[which], self.minutes[which])

    def between(self, start: int, end: int) -> "Uses":
        """The rows of the minutes from `start` to `end`, inclusive."""
        return self.rows((self.minutes >= start) & (self.minutes <= end))


class _Minute:
    """The uses of one minute in the order in which they came."""

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


class _Unsorted:
    """The uses of several minutes, in the order of time; made in no time, but slow to search."""

    __slots__ = ("_tags", "uses")

    def __init__(self, uses: Uses, tags: Integers) -> None:
        self.uses, self._tags = uses, tags

    def of(self, tags: Integers) -> tuple[Uses, Ints]:
        """The uses of some tags, and the position in `tags` of each one's tag."""
        position = np.full(max(self._tags.max(), tags.max(initial=0)) + 1, -1, np.int32)
        position[tags] = np.arange(len(tags))
        found = position[self._tags]
        rows = np.flatnonzero(found >= 0)
        return self.uses.rows(rows), found[rows].astype(np.int64)


class _Sorted:
    """The uses of several minutes, sorted by tag; those of a tag stay in the order of time."""

    __slots__ = ("_bounds", "_tags", "uses")

    def __init__(self, uses: Uses, tags: Integers) -> None:
        order = np.argsort(tags, kind="stable")
        uses, tags = uses.rows(order), tags[order]
        starts = np.flatnonzero(first_of_runs(uses.numbers) | first_of_runs(uses.minutes))
        amounts = np.add.reduceat(uses.amounts, starts) if len(starts) else uses.amounts
        self.uses = Uses(uses.numbers[starts], amounts, uses.minutes[starts])
        # Each tag once, and where its rows begin: shorter to search than the rows. The last one is
        # no tag, so that what would come after all tags is found there, and is another.
        tags = tags[starts]
        heads = np.flatnonzero(first_of_runs(tags))
        self._tags = np.append(tags[heads], np.int32(-1))
        self._bounds = np.append(heads, len(tags)).astype(np.int32)

    def of(self, tags: Integers) -> tuple[Uses, Ints]:
        """The uses of some tags, and the position in `tags` of each one's tag."""
        at = np.searchsorted(self._tags[:-1], tags)
        first = self._bounds[at]
        each = self._bounds[at + (self._tags[at] == tags)] - first
        position = np.repeat(np.arange(len(tags)), each)
        # The k-th row of a tag is at `first` + k.
        before = np.cumsum(each) - each
        return self.uses.rows((first - before)[position] + np.arange(len(position))), position


class UseLog:
    """What was used in each minute.

    `tag_of` returns the tag of each number, which may be the number itself. To be searched, minutes
    are joined in groups of `size`; the latest `groups` of them are remembered until they are added
    to, and sorted once they are over. Instead of minutes, times may be in any unit.
    """

    def __init__(
        self, size: int, groups: int, tag_of: Callable[[Integers], Integers] = lambda tags: tags
    ) -> None:
        self._size, self._groups = size, groups
        self._tag_of = tag_of
        self._minutes: dict[int, _Minute] = {}
        self._joined: dict[int, _Sorted | _Unsorted] = {}
        # The latest group that was asked for; those before it are over.
        self._newest = 0

    def append(self, minute: int, numbers: Integers, amounts: Integers) -> None:
        """Add uses to a minute, which may be in the future or long ago."""
        self._joined.pop(minute // self._size, None)
        self._minutes.setdefault(minute, _Minute()).append(numbers, amounts)

    def at(self, minute: int) -> tuple[Integers, Integers] | None:
        """The numbers used in a minute, and their amounts; must be gone before it is added to."""
        return self._minutes[minute].columns() if minute in self._minutes else None

    def forget(self, minute: int) -> None:
        """Drop a minute; from then on, no minute up to it may be asked for."""
        self._minutes.pop(minute, None)

    def first(self) -> int | None:
        """The first minute with uses."""
        return min(self._minutes, default=None)

    def between(self, start: int, end: int) -> Uses:
        """All uses from the minute `start` to `end`, inclusive."""
        return _concatenated([group.uses for _, group in self._groups_of(start, end)]).between(
            start, end
        )

    def of(self, tags: Ints, start: int, end: int) -> tuple[Uses, Ints]:
        """The uses of some (distinct) tags, and the position in `tags` of each one's tag.

        The uses of a number are in the order of time.
        """
        # What is sorted is searched for several times faster.
        order = np.argsort(tags)
        wanted = tags[order].astype(np.int32)  # as theirs are; a search would convert those
        found: list[Uses] = []
        positions = [np.zeros(0, np.int64)]
        for first, group in self._groups_of(start, end):
            uses, position = group.of(wanted)
            if first < start or end < first + self._size - 1:
                inside = (uses.minutes >= start) & (uses.minutes <= end)
                uses, position = uses.rows(inside), position[inside]
            found.append(uses)
            positions.append(position)
        return _concatenated(found), order[np.concatenate(positions)]

    def _groups_of(self, start: int, end: int) -> Iterator[tuple[int, _Sorted | _Unsorted]]:
        """The groups with minutes from `start` to `end`, and the first minute of each."""
        self._newest = max(self._newest, end // self._size)
        for group in range(start // self._size, end // self._size + 1):
            self._joined.pop(group - self._groups, None)
            if joined := self._group(group):
                yield group * self._size, joined

    def _group(self, group: int) -> _Sorted | _Unsorted | None:
        found = self._joined.get(group)
        is_over = group < self._newest
        if found is None or (is_over and isinstance(found, _Unsorted)):
            minutes = range(group * self._size, (group + 1) * self._size)
            uses = self._uses(minutes)
            if uses is None:
                return None
            made = _Sorted if is_over else _Unsorted
            found = self._joined[group] = made(uses, self._tag_of(uses.numbers))
        return found

    def _uses(self, minutes: range) -> Uses | None:
        parts = [
            Uses(*columns, np.full(len(columns[0]), minute, np.int32))
            for minute in minutes
            if (columns := self.at(minute))
        ]
        return _concatenated(parts) if parts else None


def _concatenated(uses: Sequence[Uses]) -> Uses:
    none = np.zeros(0, np.int32)
    return Uses(
        np.concatenate([none, *(part.numbers for part in uses)]),
        np.concatenate([none, *(part.amounts for part in uses)]),
        np.concatenate([none, *(part.minutes for part in uses)]),
    )
