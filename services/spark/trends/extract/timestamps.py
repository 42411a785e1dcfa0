"""Parses the times of messages: ISO 8601 with a zone."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_match_time = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-8]):[0-5]\d)", re.ASCII
).fullmatch


def milliseconds(time: str) -> int:
    """Parse a time to milliseconds since 1970.

    Raises:
        ValueError: it is not a time, or has no zone.
    """
    try:
        return _whole_seconds(time[:19]) + _fraction(time[19:])
    except ValueError:  # perhaps without seconds
        return _parse(time)


# Cached, because many posts share a second, and a second has few fractions.
@lru_cache(maxsize=4096)
def _whole_seconds(date_and_time: str) -> int:
    return _parse(f"{date_and_time}Z")


@lru_cache(maxsize=4096)
def _fraction(fraction_and_zone: str) -> int:
    return _parse(f"1970-01-01T00:00:00{fraction_and_zone}")


def _parse(time: str) -> int:
    # `fromisoformat` alone would accept other notations of ISO 8601 too, such as weeks.
    if _match_time(time) is None:
        raise ValueError(time)
    return (datetime.fromisoformat(time) - _EPOCH) // timedelta(milliseconds=1)
