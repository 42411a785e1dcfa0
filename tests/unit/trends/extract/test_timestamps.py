"""Times with a zone, in milliseconds since 1970."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trends.extract.timestamps import milliseconds

TIMES = [
    ("1970-01-01T00:00:00Z", 0),
    ("1970-01-01T00:00:00.001Z", 1),
    ("1970-01-01T00:00:00.9999Z", 999),
    ("1970-01-01T00:00:00.123456789Z", 123),
    ("1969-12-31T23:59:59.9999Z", -1),
    ("1970-01-01T00:01Z", 60_000),
    ("1970-01-01T02:00:00+02:00", 0),
    ("1970-01-01T00:00:00.5-05:30", 19_800_500),
    ("2024-02-29T23:59:59.999Z", 1_709_251_199_999),
    ("9999-12-31T23:59:59Z", 253_402_300_799_000),
]


@pytest.mark.parametrize(("time", "expected"), TIMES)
def test_a_time(time: str, expected: int) -> None:
    assert milliseconds(time) == expected


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.timezones()))
def test_any_time_in_any_zone(moment: datetime) -> None:
    time = moment.isoformat(timespec="microseconds")
    if len(time) == len("2026-11-22T10:00:00.000000+00:00"):  # some old zones have seconds
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        assert milliseconds(time) == since // (since.resolution * 1000)


NO_TIMES = [
    "",
    "Z",
    "now",
    "2026-11-22",
    "2026-11-22Z",
    "2026-11-22T10:00:00",
    "2026-11-22T10Z",
    "2026-11-22T10:00:00z",
    "2026-11-22t10:00:00Z",
    "2026-11-22 10:00:00Z",
    "2026-11-22T10:00:00+01",
    "2026-11-22T10:00:00+0100",
    "2026-11-22T10:00:00+19:00",
    "2026-11-22T10:00:00.Z",
    "2026-11-22T10:00:00,5Z",
    "2026-11-22T10:00:00.1234567890Z",
    "2026-11-22T10:00.5Z",
    "2026-11-22T10:00:00ZZ",
    " 2026-11-22T10:00:00Z",
    "2026-11-22T10:00:00Z\n",
    "٢٠٢٦-11-22T10:00:00Z",
    "20261122T100000Z",
    "2026-W47-7T10:00:00Z",
    "2026-326T10:00:00Z",
    "2026-13-22T10:00:00Z",
    "2026-02-29T10:00:00Z",
    "2026-04-31T10:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T10:60:00Z",
    "2026-11-22T10:00:60Z",
    "0000-11-22T10:00:00Z",
    "2026-11-22T10:00:00+01:60",
]


@pytest.mark.parametrize("time", NO_TIMES)
def test_what_is_no_time(time: str) -> None:
    with pytest.raises(ValueError):
        milliseconds(time)
