"""Parses rows of the `hashtags` table, which docs/contracts/hbase.md describes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR, _DAY = 60, 24 * 60  # minutes
_PEOPLE_DAYS = 7


@dataclass(frozen=True)
class Hashtag:
    """A row of `hashtags` (docs/contracts/hbase.md), without the authors' hashes.

    `minutes` and `hours` map minutes and hours since 1970 to posts, for those that have any.
    `people` counts the authors of the last 7 days; None when none is known.
    """

    key: str
    count: int
    first: datetime
    last: datetime
    spellings: tuple[tuple[str, int], ...]
    minutes: Mapping[int, int]
    hours: Mapping[int, int]
    people: int | None


def columns(days: int | None, now: datetime) -> list[bytes]:
    """Return the columns to read for the last `days` days; whole families for None."""
    if days is None:
        return [b"n", b"s", b"m"]
    today = _minute(now) // _DAY
    wanted = [b"n:d%08d" % day for day in range(today - days + 1, today + 1)]
    return [b"n:count", b"n:first", b"n:last", *wanted, b"s", b"m"]


def parse_hashtag(key: str, cells: Mapping[bytes, bytes], now: datetime) -> Hashtag | None:
    """Parse a row in any of the forms that drivers have written.

    Cells that are not in the contract are ignored: a newer driver may add some.

    Returns:
        None when there is no such row.

    Raises:
        ValueError: A cell breaks the contract; the message says how.
    """
    if b"n:count" not in cells:
        return None
    counted = _parse_count(cells)
    minutes, people = _minutes(cells, since=_minute(now) - _PEOPLE_DAYS * _DAY)
    return Hashtag(
        key=key,
        count=counted.count,
        first=_time(counted.first),
        last=_time(counted.last),
        spellings=_spellings(cells, counted),
        minutes=minutes,
        hours=_hours(cells, minutes, counted),
        people=people or None,
    )


@dataclass(frozen=True)
class Summary:
    """What the cells `SUMMARY_COLUMNS` of a row say; `spelling` is None if posts differ in it."""

    key: str
    count: int
    last: datetime
    spelling: str | None


SUMMARY_COLUMNS = (b"n:count", b"n:first", b"n:last")
"""Cells that are small, however long a tag has been in use."""

SPELLING_COLUMNS = (b"s",)
"""The cells that `leading_spelling` reads."""


def parse_summary(key: str, cells: Mapping[bytes, bytes]) -> Summary:
    """Parse `SUMMARY_COLUMNS` of a row; ValueError says what is wrong with them."""
    if b"n:count" not in cells:
        raise ValueError("n:count is missing")
    counted = _parse_count(cells)
    return Summary(key, counted.count, _time(counted.last), counted.spelling or None)


def leading_spelling(cells: Mapping[bytes, bytes]) -> str | None:
    """Return the spelling used most among the cells of the family `s`, None if there is none."""
    spellings = _by_posts(cells)
    return spellings[0][0] if spellings else None


@dataclass(frozen=True)
class _Counted:
    """The cell `n:count`, and `n:first` and `n:last` where an older driver wrote those.

    `hours` maps hours since 1970 to posts, for one day (days since 1970; None in older rows).
    `spelling` is that of all posts, or empty.
    """

    count: int
    first: int
    last: int
    day: int | None = None
    hours: Mapping[int, int] = field(default_factory=dict)
    spelling: str = ""


def _parse_count(cells: Mapping[bytes, bytes]) -> _Counted:
    # The spelling comes last, since it may have spaces.
    count, *rest = cells[b"n:count"].split(b" ", 5)
    if not rest:
        return _Counted(int(count), _time_cell(cells, b"n:first"), _time_cell(cells, b"n:last"))
    if len(rest) == 2:
        first, last = rest
        return _Counted(int(count), int(first), int(last))
    if len(rest) != 5:
        raise ValueError(f"n:count has {1 + len(rest)} fields, and not 1, 3 or 6")
    first, last, day, hours, spelling = rest
    return _Counted(
        int(count),
        int(first),
        int(last),
        int(day),
        _parse_hours("n:count", int(day), hours.split(b",")),
        spelling.decode(),
    )


def _parse_hours(column: str, day: int, pairs: Iterable[bytes]) -> dict[int, int]:
    """Parse `HOUR:N` pairs of a day since 1970, and return posts by hour since 1970."""
    posts = {}
    for pair in pairs:
        hour, count = map(int, pair.split(b":"))
        if not 0 <= hour < 24:
            raise ValueError(f"{column} has an hour {hour}")
        posts[day * 24 + hour] = count
    return posts


def _family(cells: Mapping[bytes, bytes], prefix: bytes) -> list[tuple[bytes, bytes]]:
    return [(column, value) for column, value in cells.items() if column.startswith(prefix)]


def _time_cell(cells: Mapping[bytes, bytes], column: bytes) -> int:
    if column not in cells:
        raise ValueError(f"{column.decode()} is missing")
    return int(cells[column])


def _time(milliseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise ValueError(f"{milliseconds} ms is not a time") from error


def _spellings(cells: Mapping[bytes, bytes], counted: _Counted) -> tuple[tuple[str, int], ...]:
    """Return the spellings with their posts, the one used most first."""
    return ((counted.spelling, counted.count),) if counted.spelling else _by_posts(cells)


def _by_posts(cells: Mapping[bytes, bytes]) -> tuple[tuple[str, int], ...]:
    spellings = [(column[2:].decode(), int(posts)) for column, posts in _family(cells, b"s:")]
    return tuple(sorted(spellings, key=lambda each: (-each[1], each[0])))


def _minutes(cells: Mapping[bytes, bytes], since: int) -> tuple[dict[int, int], int]:
    """Return the posts by minute, and the number of distinct authors after the minute `since`."""
    minutes, people = {}, set[bytes]()
    for column, value in _family(cells, b"m:"):
        minute = int(column[2:])
        count, *authors = value.split()
        minutes[minute] = int(count)
        if minute > since:
            people.update(authors)
    return minutes, len(people)


def _hours(
    cells: Mapping[bytes, bytes], minutes: Mapping[int, int], counted: _Counted
) -> dict[int, int]:
    """Return the posts by hour since 1970.

    The first drivers wrote only minutes, and minutes expire after 8 days while days do not. Either
    source can miss posts of an hour but never has too many, so the higher one is right.
    """
    hours: Counter[int] = Counter()
    for minute, count in minutes.items():
        hours[minute // _HOUR] += count
    stored = dict(counted.hours)
    for column, value in _family(cells, b"n:d"):
        day = int(column[3:])
        # n:count has newer hours of its day than that day's own cell.
        if day != counted.day:
            stored |= _parse_hours(column.decode(), day, value.split())
    for hour, count in stored.items():
        hours[hour] = max(hours[hour], count)
    return dict(hours)


def _minute(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(minutes=1)
