"""One hashtag as it is stored, and its history as it is served: pure, no input or output."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

STEPS = {"minute": 1, "hour": 60, "day": 24 * 60}
"""What a history can be told by, and how many minutes that is."""

LONGEST_HOURS = {"minute": 7 * 24, "hour": 90 * 24, "day": 3650 * 24}
"""How far back each step reaches."""

DEFAULT_HOURS, MAX_HOURS = 24, LONGEST_HOURS["day"]
MAX_SPELLINGS = 10

# Tags of over 100 characters are not counted, and NFKC makes 18 of one at most.
MAX_KEY_CHARACTERS = 1800

# Beyond these a step is too fine to be looked at, unless it is asked for.
_FINE_HOURS = {"minute": 3, "hour": 14 * 24}

# So many days, today included, are read, whatever less is asked for: all the ways to ask for a
# tag share few readings. Of more, all days are read.
_DAYS_READ = (15, 91)

_PEOPLE_MINUTES = 7 * STEPS["day"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Hashtag:
    """What docs/contracts/hbase.md calls a row of `hashtags`, without who wrote the tweets.

    `minutes` and `hours` are counted from 1970 and hold those that have any tweets; `people` is
    None when nobody of the last 7 days is known.
    """

    key: str
    count: int
    first: datetime
    last: datetime
    spellings: tuple[tuple[str, int], ...]
    minutes: Mapping[int, int]
    hours: Mapping[int, int]
    people: int | None


def key_of(tag: str) -> str:
    """Return what a tag is counted under, with or without its sign, in any case and width."""
    bare = tag.strip(" ").lstrip("#＃")
    return unicodedata.normalize("NFKC", bare).casefold()


def default_step(hours: int) -> str:
    """Return the step that suits so many hours."""
    return next((step for step, most in _FINE_HOURS.items() if hours <= most), "day")


def days_to_read(step: str, hours: int) -> int | None:
    """Return how many days, today included, answer a question; None for all there are."""
    days = _buckets(step, hours) if step == "day" else hours // 24 + 1
    return next((read for read in _DAYS_READ if days <= read), None)


def columns(days: int | None, now: datetime) -> list[bytes]:
    """Return the columns that tell of so many days; families are kept for a whole row of them."""
    if days is None:
        return [b"n", b"s", b"m"]
    today = _minute(now) // STEPS["day"]
    told = [b"n:d%08d" % day for day in range(today - days + 1, today + 1)]
    return [b"n:count", b"n:first", b"n:last", *told, b"s", b"m"]


def parse_hashtag(key: str, cells: Mapping[bytes, bytes], now: datetime) -> Hashtag | None:
    """Read a row; None when there is none, ValueError says what is wrong with it.

    Cells that are not in the contract are ignored: a newer driver may add some.
    """
    if b"n:count" not in cells:
        return None
    count, *times = _numbers(cells[b"n:count"])
    # An older driver wrote the times into cells of their own.
    first, last = times or (_time_cell(cells, b"n:first"), _time_cell(cells, b"n:last"))
    minutes, people = _minutes(cells, since=_minute(now) - _PEOPLE_MINUTES)
    spellings = [(column[2:].decode(), int(n)) for column, n in _family(cells, b"s:")]
    return Hashtag(
        key=key,
        count=count,
        first=_time(first),
        last=_time(last),
        spellings=tuple(sorted(spellings, key=lambda each: (-each[1], each[0]))),
        minutes=minutes,
        hours=_hours(cells, minutes),
        people=people or None,
    )


def _numbers(value: bytes) -> list[int]:
    return [int(number) for number in value.split()]


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
        raise ValueError(f"{milliseconds} ms is no time") from error


def _minutes(cells: Mapping[bytes, bytes], since: int) -> tuple[dict[int, int], int]:
    """Return the tweets by minute, and how many people wrote those after `since`."""
    minutes, people = {}, set[bytes]()
    for column, value in _family(cells, b"m:"):
        minute = int(column[2:])
        count, *authors = value.split()
        minutes[minute] = int(count)
        if minute > since:
            people.update(authors)
    return minutes, len(people)


def _hours(cells: Mapping[bytes, bytes], minutes: Mapping[int, int]) -> dict[int, int]:
    """Return the tweets by hour.

    An older driver wrote minutes alone; of a newer one they may be gone already. So the greater
    of both is right.
    """
    hours: Counter[int] = Counter()
    for minute, count in minutes.items():
        hours[minute // STEPS["hour"]] += count
    for column, value in _family(cells, b"n:d"):
        for pair in value.split():
            hour, count = map(int, pair.split(b":"))
            if not 0 <= hour < 24:
                raise ValueError(f"{column.decode()} has an hour {hour}")
            number = int(column[3:]) * 24 + hour
            hours[number] = max(hours[number], count)
    return dict(hours)


def history(hashtag: Hashtag, *, step: str, hours: int, now: datetime) -> dict[str, Any]:
    """Return the answer that docs/contracts/hashtag.schema.json describes.

    The running minute, hour or day is the last one told of.
    """
    end = _minute(now) // STEPS[step] + 1
    start = end - _buckets(step, hours)
    counts = _counts(hashtag, step)
    return {
        "tag": hashtag.spellings[0][0] if hashtag.spellings else hashtag.key,
        "key": hashtag.key,
        "count": hashtag.count,
        "first_seen": _iso(hashtag.first),
        "last_seen": _iso(hashtag.last),
        "spellings": [
            {"tag": tag, "count": count} for tag, count in hashtag.spellings[:MAX_SPELLINGS]
        ],
        "step": step,
        "from": _iso(_EPOCH + timedelta(minutes=start * STEPS[step])),
        "to": _iso(_EPOCH + timedelta(minutes=end * STEPS[step])),
        "counts": [counts.get(number, 0) for number in range(start, end)],
        "people": hashtag.people,
    }


def _counts(hashtag: Hashtag, step: str) -> Mapping[int, int]:
    if step == "minute":
        return hashtag.minutes
    if step == "hour":
        return hashtag.hours
    days: Counter[int] = Counter()
    for hour, count in hashtag.hours.items():
        days[hour // 24] += count
    return days


def _buckets(step: str, hours: int) -> int:
    return -(-hours * STEPS["hour"] // STEPS[step])


def _minute(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(minutes=1)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
