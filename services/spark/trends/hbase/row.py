"""One tag's row of the table `hashtags`, as docs/contracts/hbase.md describes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trends.counting.ranking import DAY, HOUR, LONGEST
from trends.counting.tally import Delta, Minute

COUNT, FIRST, LAST = b"n:count", b"n:first", b"n:last"
# Of many minutes and days the later ones stay known.
_MINUTES_KNOWN, _DAYS_KNOWN = 30, 4

Cells = Mapping[bytes, tuple[bytes, int]]
# Tweets by hour (UTC).
Day = dict[int, int]


@dataclass(slots=True)
class Row:
    """What is known of a tag's row.

    `minutes` and `days` hold all that there is after the minute `empty_after`, and some of what
    was before.
    """

    count: int = 0
    first: int = 0
    last: int = 0
    fence: int = 0
    spellings: dict[str, int] = field(default_factory=dict)
    minutes: dict[int, Minute] = field(default_factory=dict)
    days: dict[int, Day] = field(default_factory=dict)
    empty_after: int = 0

    @classmethod
    def of(cls, cells: Cells) -> "Row":
        """What HBase's cells say."""
        row = cls()
        for column, (value, timestamp) in cells.items():
            qualifier = column[2:]
            if column == COUNT:
                row.fence = timestamp
                row.count, *times = map(int, value.split())
                if times:
                    row.first, row.last = times
            elif column == FIRST:  # rows of earlier versions have it in a cell of its own
                row.first = row.first or int(value)
            elif column == LAST:
                row.last = row.last or int(value)
            elif column.startswith(b"s:"):
                row.spellings[qualifier.decode()] = int(value)
            elif column.startswith(b"m:"):
                tweets, *authors = value.decode().split()
                row.minutes[int(qualifier)] = Minute(int(tweets), set(authors))
            elif column.startswith(b"n:d"):
                hours = (pair.split(b":") for pair in value.split())
                row.days[int(qualifier[1:])] = {int(hour): int(n) for hour, n in hours}
        return row

    def knows(self, delta: Delta, fence: int) -> bool:
        """Whether all that `delta` changes is known."""
        minutes, days = changed(delta, fence)
        return all(m > self.empty_after or m in self.minutes for m in minutes) and all(
            day > self.empty_after // DAY or day in self.days for day in days
        )

    def add(self, delta: Delta, fence: int) -> dict[bytes, bytes]:
        """Apply `delta`; the cells that it changes."""
        since = oldest(fence)
        self.fence = fence
        self.first = min(self.first, delta.first) if self.count else delta.first
        self.last = max(self.last, delta.last)
        self.count += delta.count
        cells = {COUNT: b"%d %d %d" % (self.count, self.first, self.last)}
        for spelling, n in delta.spellings.items():
            total = self.spellings[spelling] = self.spellings.get(spelling, 0) + n
            cells[b"s:" + spelling.encode()] = b"%d" % total
        for minute, new in delta.minutes.items():
            number, rest = divmod(minute, DAY)
            day = self.days.setdefault(number, {})
            day[rest // HOUR] = day.get(rest // HOUR, 0) + new.tweets
            cells[day_column(number)] = b" ".join(b"%d:%d" % each for each in sorted(day.items()))
            if minute > since:
                old = self.minutes.setdefault(minute, Minute())
                old.tweets += new.tweets
                old.authors |= new.authors
                value = " ".join((str(old.tweets), *old.authors))
                cells[minute_column(minute)] = value.encode()
        self._forget()
        return cells

    def _forget(self) -> None:
        """Keep the row small."""
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
    def spelling(self) -> str:
        """The spelling used most; of equals the first in code-point order."""
        return min(self.spellings, key=lambda spelling: (-self.spellings[spelling], spelling))


def minute_column(minute: int) -> bytes:
    """The cell of a minute since 1970."""
    return b"m:%08d" % minute


def day_column(day: int) -> bytes:
    """The cell of a day since 1970."""
    return b"n:d%08d" % day


def oldest(fence: int) -> int:
    """The minute up to which no cell is written: what is in no window would only expire."""
    return fence // 60_000 - LONGEST


def changed(delta: Delta, fence: int) -> tuple[set[int], set[int]]:
    """The minutes and the days whose cells `delta` changes."""
    since = oldest(fence)
    return {m for m in delta.minutes if m > since}, {m // DAY for m in delta.minutes}
