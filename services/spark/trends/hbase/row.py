"""A row of the table `hashtags` (docs/contracts/hbase.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from trends.counting.spans import DAY, HOUR, LONGEST

COUNT, FIRST, LAST = b"n:count", b"n:first", b"n:last"
# If a row has many minutes and days, only the latest are kept in memory.
_MINUTES_KNOWN, _DAYS_KNOWN = 30, 4

Cells = Mapping[bytes, tuple[bytes, int]]
"""Column -> value and timestamp."""

# Posts by hour of the day (UTC).
Hours = dict[int, int]


class Change(NamedTuple):
    """What a batch adds to a tag: posts by spelling, by hour and by minute (both since 1970).

    `first` and `last` are the times of the earliest and latest post, in milliseconds since 1970. A
    minute has its posts, and their distinct authors in the cell's format: 16 hexadecimal digits
    each.
    """

    posts: int
    first: int
    last: int
    spellings: Mapping[str, int]
    hours: Mapping[int, int]
    minutes: Mapping[int, tuple[int, str]]


@dataclass(slots=True)
class Row:
    """The known part of a tag's row.

    The hours of the day `day` are written into the cell with the count, and so is `spelling` while
    all posts have the same one; otherwise it is empty and `spellings` has them all.

    `minutes` has each minute's posts and authors, the authors in the cell's format. After the
    minute `empty_after`, what `minutes` and `days` lack does not exist; before, HBase may have it.
    """

    count: int = 0
    first: int = 0
    last: int = 0
    fence: int = 0
    day: int = -1
    hours: Hours = field(default_factory=dict)
    spelling: str = ""
    spellings: dict[str, int] = field(default_factory=dict)
    minutes: dict[int, tuple[int, str]] = field(default_factory=dict)
    days: dict[int, Hours] = field(default_factory=dict)
    empty_after: int = 0

    @classmethod
    def from_cells(cls, cells: Cells) -> "Row":
        """Parse the cells that HBase has."""
        row = cls()
        for column, (value, timestamp) in cells.items():
            qualifier = column[2:]
            if column == COUNT:
                row.fence = timestamp
                row._read_count(value)
            elif column == FIRST:  # early versions wrote it to a cell of its own
                row.first = row.first or int(value)
            elif column == LAST:
                row.last = row.last or int(value)
            elif column.startswith(b"s:"):
                row.spellings[qualifier.decode()] = int(value)
            elif column.startswith(b"m:"):
                posts, _, authors = value.decode().partition(" ")
                row.minutes[int(qualifier)] = int(posts), authors
            elif column.startswith(b"n:d"):
                row.days[int(qualifier[1:])] = _read_hours(value.split())
        if row.day >= 0:  # a cell of that day is outdated
            row.days.pop(row.day, None)
        if row.spelling:
            row.spellings = {row.spelling: row.count}
        return row

    def _read_count(self, value: bytes) -> None:
        numbers = value.split(b" ", 5)
        self.count = int(numbers[0])
        if len(numbers) > 1:
            self.first, self.last = int(numbers[1]), int(numbers[2])
        if len(numbers) > 3:
            self.day = int(numbers[3])
            self.hours = _read_hours(numbers[4].split(b","))
            self.spelling = numbers[5].decode()

    def knows(self, change: Change, fence: int) -> bool:
        """Whether the row has every value that `change` adds to."""
        if self.empty_after < 0:
            return True
        since = oldest(fence)
        for minute in change.minutes:
            if since < minute <= self.empty_after and minute not in self.minutes:
                return False
        for hour in change.hours:
            day = hour // 24
            if day <= self.empty_after // DAY and day != self.day and day not in self.days:
                return False
        return True

    def posts_by_hour(self) -> dict[int, int]:
        """The posts by hour (since 1970) of all days that are known."""
        days = {**self.days, self.day: self.hours}
        return {24 * day + hour: posts for day in days for hour, posts in days[day].items()}

    def keep_last_day(self) -> bool:
        """Forget all days but the last, `day`; the row is complete from that day on.

        Returns whether it is: a row that an early version began may have a cell for its last day
        too.
        """
        self.empty_after = self.day * DAY - 1
        self.days.clear()
        self._forget()
        return self.day == self.last // 60_000 // DAY

    def add(self, change: Change, fence: int) -> dict[bytes, bytes]:
        """Apply `change`; returns the cells that it changes."""
        self.fence = fence
        self.first = min(self.first, change.first) if self.count else change.first
        self.last = max(self.last, change.last)
        cells = self._add_spellings(change)
        self.count += change.posts
        cells |= self._add_hours(change.hours)
        cells[COUNT] = b"%d %d %d %d %b %b" % (
            self.count,
            self.first,
            self.last,
            self.day,
            _write_hours(self.hours, b","),
            self.spelling.encode(),
        )
        since = oldest(fence)
        for minute, (posts, authors) in change.minutes.items():
            if minute > since:
                cells[minute_column(minute)] = self._add_minute(minute, posts, authors)
        self._forget()
        return cells

    def _add_spellings(self, change: Change) -> dict[bytes, bytes]:
        """Add the spellings; must come before adding to the count, which is 0 for a new row.

        A single spelling needs no cell: its posts are the count.
        """
        total = self.spellings
        is_new = not self.count
        for spelling, posts in change.spellings.items():
            total[spelling] = total.get(spelling, 0) + posts
        if len(total) == 1 and (is_new or self.spelling):
            (self.spelling,) = total
            return {}
        # From the second spelling on, each has a cell; the first one's comes with the second's.
        written: Iterable[str] = total if self.spelling else change.spellings
        self.spelling = ""
        return {b"s:" + spelling.encode(): b"%d" % total[spelling] for spelling in written}

    def _add_hours(self, hours: Mapping[int, int]) -> dict[bytes, bytes]:
        cells = {}
        for number, posts in hours.items():
            day, hour = divmod(number, 24)
            if day > self.day:
                if self.day >= 0:  # that day is over and gets a cell of its own
                    cells[day_column(self.day)] = _write_hours(self.hours, b" ")
                    self.days[self.day] = self.hours
                self.day, self.hours = day, self.days.pop(day, {})
            known = self.hours if day == self.day else self.days.setdefault(day, {})
            known[hour] = known.get(hour, 0) + posts
            if day != self.day:
                cells[day_column(day)] = _write_hours(known, b" ")
        return cells

    def _add_minute(self, minute: int, posts: int, authors: str) -> bytes:
        if minute in self.minutes:
            before, known = self.minutes[minute]
            posts += before
            if known:
                seen = set(known.split())
                new = [author for author in authors.split() if author not in seen]
                authors = " ".join([known, *new])
        self.minutes[minute] = posts, authors
        return f"{posts} {authors}".rstrip().encode()

    def _forget(self) -> None:
        """Drop the oldest minutes and days if there are too many."""
        if len(self.minutes) > 2 * _MINUTES_KNOWN:
            dropped = sorted(self.minutes)[:-_MINUTES_KNOWN]
            self.empty_after = max(self.empty_after, dropped[-1])
            for minute in dropped:
                del self.minutes[minute]
        while len(self.days) > _DAYS_KNOWN:
            day = min(self.days)
            self.empty_after = max(self.empty_after, (day + 1) * DAY - 1)
            del self.days[day]

    @property
    def most_used_spelling(self) -> str:
        """The spelling used most; of several, the first in code-point order."""
        return min(self.spellings, key=lambda spelling: (-self.spellings[spelling], spelling))


def minute_column(minute: int) -> bytes:
    """The column of a minute since 1970."""
    return b"m:%08d" % minute


def day_column(day: int) -> bytes:
    """The column of a day since 1970."""
    return b"n:d%08d" % day


def oldest(fence: int) -> int:
    """The last minute without a cell: it is in no window, and the cell would soon expire."""
    return fence // 60_000 - LONGEST


def changed(change: Change, fence: int) -> tuple[set[int], set[int]]:
    """The minutes and the days whose cells `change` changes."""
    since = oldest(fence)
    minutes = {minute for minute in change.minutes if minute > since}
    return minutes, {hour * HOUR // DAY for hour in change.hours}


def _read_hours(pairs: Iterable[bytes]) -> Hours:
    split = (pair.split(b":") for pair in pairs if pair)
    return {int(hour): int(posts) for hour, posts in split}


def _write_hours(hours: Hours, separator: bytes) -> bytes:
    return separator.join([b"%d:%d" % each for each in sorted(hours.items())])
