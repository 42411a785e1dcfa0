"""The history of a hashtag, from the cells of its row to the answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from web.hashtags.history import days_to_read, default_step, history
from web.hashtags.row import columns, parse_hashtag

NOW = datetime(2026, 11, 22, 10, 30, 20, tzinfo=UTC)
MINUTE = int(NOW.timestamp()) // 60
DAY = MINUTE // 1440
ANN, BOB, EVE = b"00000000000000aa", b"00000000000000bb", b"00000000000000ee"


def minute(ago: int) -> bytes:
    return b"m:%08d" % (MINUTE - ago)


def day(ago: int) -> bytes:
    return b"n:d%08d" % (DAY - ago)


def row() -> dict[bytes, bytes]:
    return {
        b"n:count": b"412 1767225600999 1795343400000",
        b"s:caf\xc3\xa9": b"11",
        b"s:Caf\xc3\xa9": b"390",
        b"s:CAF\xc3\x89": b"11",
    }


def answer_for(cells: dict[bytes, bytes], step: str = "hour", hours: int = 24) -> dict[str, Any]:
    found = parse_hashtag("café", cells, NOW)
    assert found
    return history(found, step=step, hours=hours, now=NOW)


def test_an_answer_has_all_of_the_row() -> None:
    answer = answer_for(row())
    assert answer["tag"] == "Café"
    assert answer["key"] == "café"
    assert answer["count"] == 412
    assert answer["first_seen"] == "2026-01-01T00:00:00Z"
    assert answer["last_seen"] == "2026-11-22T10:30:00Z"
    assert [(each["tag"], each["count"]) for each in answer["spellings"]] == [
        ("Café", 390),
        ("CAFÉ", 11),
        ("café", 11),
    ]
    assert answer["people"] is None


def test_a_tag_without_spellings_is_shown_as_its_key() -> None:
    assert answer_for({b"n:count": b"1 0 0"})["tag"] == "café"


def test_an_answer_has_the_ten_most_used_spellings() -> None:
    many = {b"s:x%02d" % n: b"%d" % n for n in range(1, 14)}
    answer = answer_for({b"n:count": b"91 0 0", **many})
    assert [each["count"] for each in answer["spellings"]] == list(range(13, 3, -1))


def test_minutes_end_with_the_running_one_and_have_zeros_between() -> None:
    cells = {**row(), minute(0): b"2 " + ANN, minute(3): b"5", minute(59): b"1", minute(60): b"9"}
    answer = answer_for(cells, "minute", 1)
    assert answer["step"] == "minute"
    assert (answer["from"], answer["to"]) == ("2026-11-22T09:31:00Z", "2026-11-22T10:31:00Z")
    assert answer["counts"] == [1, *[0] * 55, 5, 0, 0, 2]


def test_hours_end_with_the_running_one_and_span_midnight() -> None:
    cells = {**row(), day(0): b"0:3 10:7", day(1): b"10:8 11:2 23:4"}
    answer = answer_for(cells)
    assert (answer["from"], answer["to"]) == ("2026-11-21T11:00:00Z", "2026-11-22T11:00:00Z")
    assert answer["counts"] == [2, *[0] * 11, 4, 3, *[0] * 9, 7]


def test_days_are_those_of_utc_and_part_of_a_day_is_rounded_up() -> None:
    cells = {**row(), day(0): b"0:3 10:7", day(1): b"23:4", day(2): b"0:1", day(3): b"5:5"}
    answer = answer_for(cells, "day", 49)
    assert (answer["from"], answer["to"]) == ("2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z")
    assert answer["counts"] == [1, 4, 10]


def test_people_are_those_of_seven_days() -> None:
    week = 7 * 24 * 60
    cells = {
        **row(),
        minute(0): b"3 " + ANN + b" " + BOB,
        minute(9): b"2",
        minute(week - 1): b"2 " + BOB,
        minute(week): b"1 " + EVE,
    }
    assert answer_for(cells)["people"] == 2
    assert answer_for(cells, "minute", 1)["people"] == 2


def test_unknown_people_are_not_nobody() -> None:
    assert answer_for({**row(), minute(0): b"3"})["people"] is None


def test_an_answer_has_no_author() -> None:
    answer = answer_for({**row(), minute(0): b"1 " + ANN}, "minute", 1)
    assert ANN.decode() not in str(answer)


@pytest.mark.parametrize(
    ("hours", "step"),
    [(1, "minute"), (3, "minute"), (4, "hour"), (336, "hour"), (337, "day"), (87600, "day")],
)
def test_the_step_suits_the_span(hours: int, step: str) -> None:
    assert default_step(hours) == step


@pytest.mark.parametrize(
    ("step", "hours", "days"),
    [
        ("minute", 168, 15),
        ("hour", 336, 15),
        ("hour", 360, 91),
        ("hour", 2160, 91),
        ("day", 360, 15),
        ("day", 361, 91),
        ("day", 2184, 91),
        ("day", 2185, None),
        ("day", 87600, None),
    ],
)
def test_enough_days_are_read(step: str, hours: int, days: int | None) -> None:
    assert days_to_read(step, hours) == days
    oldest = NOW - timedelta(hours=hours - 1 if step == "hour" else hours - 24)
    needed = b"n:d%08d" % (int(oldest.timestamp()) // 86400)
    asked = columns(days, NOW)
    assert b"n" in asked or needed in asked or step == "minute"
