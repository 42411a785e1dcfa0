"""The points of a chart, as static/series.js makes them of histories."""

import json
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import web
from reference.twitter_text import NODE

pytestmark = pytest.mark.component

SERIES = Path(web.__file__).parent / "static" / "series.js"
PROGRAM = """const {combine} = await import(process.argv[1]);
const [histories, range, zone] = JSON.parse(process.argv[2]);
console.log(JSON.stringify(combine(histories, range, zone)));"""
HOUR = timedelta(hours=1)


def combine(histories: list[dict[str, Any]], range_: str, zone: str) -> dict[str, Any]:
    given = json.dumps([histories, range_, zone])
    command = [NODE, "--input-type=module", "--eval", PROGRAM, SERIES.as_uri(), given]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def hours(start: datetime, counts: list[int]) -> dict[str, Any]:
    return {"step": "hour", "from": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "counts": counts}


def local(series: dict[str, Any], offset: int) -> list[str]:
    zone = timezone(offset * HOUR)
    times = [datetime.fromtimestamp(time / 1000, zone) for time in series["times"]]
    return [time.strftime("%m-%d %H:%M") for time in times]


def test_hours_stay_hours() -> None:
    start = datetime(2026, 11, 27, 5, tzinfo=UTC)
    found = combine([hours(start, [1, 0, 2])], "24h", "America/Los_Angeles")
    assert (found["step"], found["zone"]) == ("hour", "America/Los_Angeles")
    assert found["lines"] == [[1, 0, 2]]
    assert local(found, 0) == ["11-27 05:00", "11-27 06:00", "11-27 07:00"]


def test_days_are_those_of_the_visitor() -> None:
    """West of UTC the last posts of a UTC day are of the same day, not of the one before."""
    start = datetime(2026, 11, 26, 0, tzinfo=UTC)
    counts = [0] * 72
    counts[8] = 5  # 00:00 of the 26th in Los Angeles
    counts[31] = 7  # 23:00 of the 26th there, 07:00 of the 27th in UTC
    found = combine([hours(start, counts)], "30d", "America/Los_Angeles")
    assert (found["step"], found["zone"]) == ("day", "America/Los_Angeles")
    # The 25th, of which only the end is known, is left out.
    assert local(found, -8) == ["11-26 00:00", "11-27 00:00", "11-28 00:00"]
    assert found["lines"] == [[12, 0, 0]]


def test_a_first_day_that_is_whole_is_kept() -> None:
    start = datetime(2026, 11, 26, 23, tzinfo=UTC)
    found = combine([hours(start, [1] * 25)], "30d", "Europe/Berlin")
    assert local(found, 1) == ["11-27 00:00", "11-28 00:00"]
    assert found["lines"] == [[24, 1]]


def test_a_day_may_have_25_hours() -> None:
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight in Berlin, before clocks go back
    found = combine([hours(start, [1] * 49)], "30d", "Europe/Berlin")
    assert found["lines"] == [[25, 24]]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu"])
def test_where_a_day_begins_within_an_hour_days_are_those_of_utc(zone: str) -> None:
    start = datetime(2026, 11, 26, 0, tzinfo=UTC)
    found = combine([hours(start, [1] * 30)], "30d", zone)
    assert (found["zone"], found["lines"]) == ("UTC", [[24, 6]])


def test_no_more_days_than_the_range_has() -> None:
    start = datetime(2026, 10, 1, 5, tzinfo=UTC)
    found = combine([hours(start, [1] * 31 * 24)], "30d", "UTC")
    # The first day is cut off, and of the last there are 5 hours.
    assert found["lines"] == [[24] * 29 + [5]]


def test_a_year_has_days_of_utc() -> None:
    history = hours(datetime(2026, 11, 27, tzinfo=UTC), [3, 4]) | {"step": "day"}
    found = combine([history], "1y", "Asia/Tokyo")
    assert (found["step"], found["zone"], found["lines"]) == ("day", "UTC", [[3, 4]])
    assert local(found, 0) == ["11-27 00:00", "11-28 00:00"]


def test_compared_tags_share_their_times() -> None:
    """An hour may have begun between the two answers."""
    start = datetime(2026, 11, 27, 5, tzinfo=UTC)
    found = combine([hours(start, [1, 2]), hours(start + HOUR, [3, 4])], "24h", "UTC")
    assert local(found, 0) == ["11-27 05:00", "11-27 06:00", "11-27 07:00"]
    assert found["lines"] == [[1, 2, 0], [0, 3, 4]]
