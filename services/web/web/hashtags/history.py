"""Makes the history of a hashtag that is served; pure, without I/O."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from web.hashtags.row import Hashtag

STEPS = {"minute": 1, "hour": 60, "day": 24 * 60}
"""The steps that a history can have, in minutes."""

LONGEST_HOURS = {"minute": 7 * 24, "hour": 90 * 24, "day": 3650 * 24}
"""How far back each step reaches."""

DEFAULT_HOURS, MAX_HOURS = 24, LONGEST_HOURS["day"]
MAX_SPELLINGS = 10

# Beyond these spans a step is too fine to be the default.
_FINE_HOURS = {"minute": 3, "hour": 14 * 24}

# Requests are rounded up to these numbers of days, today included, so that they share cached
# reads; longer ones read every day there is.
_DAYS_READ = (15, 91)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def default_step(hours: int) -> str:
    """Return the step that suits a span of so many hours."""
    return next((step for step, most in _FINE_HOURS.items() if hours <= most), "day")


def days_to_read(step: str, hours: int) -> int | None:
    """Return how many days, today included, a history needs; None for all there are."""
    days = _buckets(step, hours) if step == "day" else hours // 24 + 1
    return next((read for read in _DAYS_READ if days <= read), None)


def history(hashtag: Hashtag, *, step: str, hours: int, now: datetime) -> dict[str, Any]:
    """Return the answer that docs/contracts/hashtag.schema.json describes.

    Its last step is the running minute, hour or day.
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
