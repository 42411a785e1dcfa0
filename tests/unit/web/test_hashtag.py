"""A row of the table `hashtags`, and the history that is made of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from web.hashtag import columns, days_to_read, default_step, history, key_of, parse_hashtag

NOW = datetime(2026, 11, 22, 10, 30, 20, tzinfo=UTC)
MINUTE = int(NOW.timestamp()) // 60
HOUR, DAY = MINUTE // 60, MINUTE // 1440
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


def told(cells: dict[bytes, bytes], step: str = "hour", hours: int = 24) -> dict[str, Any]:
    found = parse_hashtag("café", cells, NOW)
    assert found
    return history(found, step=step, hours=hours, now=NOW)


@pytest.mark.parametrize(
    ("tag", "key"),
    [
        ("Café", "café"),
        ("#CAFÉ", "café"),
        ("＃ＣＡＦÉ", "café"),
        ("Cafe\u0301", "café"),
        ("STRAẞE", "strasse"),
        ("##x", "x"),
        (" #x ", "x"),
        ("c#", "c#"),
        ("#", ""),
        ("＃#", ""),
        ("ﷺ" * 100, "صلى الله عليه وسلم" * 100),
    ],
)
def test_a_tag_is_looked_up_as_it_is_counted(tag: str, key: str) -> None:
    assert key_of(tag) == key
    assert key_of(key) == key


def test_a_row_is_told() -> None:
    answer = told(row())
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


def test_a_row_of_an_older_driver_is_told_alike() -> None:
    older = {**row(), b"n:count": b"412", b"n:first": b"1767225600999", b"n:last": b"1795343400000"}
    assert told(older) == told(row())


def test_what_an_older_driver_left_behind_gives_way() -> None:
    assert told({**row(), b"n:first": b"1", b"n:last": b"2", b"n:mood": b"sunny"}) == told(row())


def test_no_count_is_no_row() -> None:
    assert parse_hashtag("café", {}, NOW) is None
    assert parse_hashtag("café", {minute(0): b"1"}, NOW) is None


def test_a_tag_without_spellings_is_shown_as_its_key() -> None:
    assert told({b"n:count": b"1 0 0"})["tag"] == "café"


def test_the_leading_ten_spellings_are_told() -> None:
    many = {b"s:x%02d" % n: b"%d" % n for n in range(1, 14)}
    answer = told({b"n:count": b"91 0 0", **many})
    assert [each["count"] for each in answer["spellings"]] == list(range(13, 3, -1))


def test_minutes_are_told_up_to_the_running_one_with_zeros_between() -> None:
    cells = {**row(), minute(0): b"2 " + ANN, minute(3): b"5", minute(59): b"1", minute(60): b"9"}
    answer = told(cells, "minute", 1)
    assert answer["step"] == "minute"
    assert (answer["from"], answer["to"]) == ("2026-11-22T09:31:00Z", "2026-11-22T10:31:00Z")
    assert answer["counts"] == [1, *[0] * 55, 5, 0, 0, 2]


def test_hours_are_told_up_to_the_running_one_over_midnight() -> None:
    cells = {**row(), day(0): b"0:3 10:7", day(1): b"10:8 11:2 23:4"}
    answer = told(cells)
    assert (answer["from"], answer["to"]) == ("2026-11-21T11:00:00Z", "2026-11-22T11:00:00Z")
    assert answer["counts"] == [2, *[0] * 11, 4, 3, *[0] * 9, 7]


def test_days_are_those_of_utc_and_a_part_of_one_is_a_whole_one() -> None:
    cells = {**row(), day(0): b"0:3 10:7", day(1): b"23:4", day(2): b"0:1", day(3): b"5:5"}
    answer = told(cells, "day", 49)
    assert (answer["from"], answer["to"]) == ("2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z")
    assert answer["counts"] == [1, 4, 10]


def test_minutes_stand_in_for_the_days_that_an_older_driver_did_not_write() -> None:
    # This hour: 3 tweets before the upgrade, then 2, which alone are in the cell of the day.
    cells = {**row(), day(0): b"10:2", minute(0): b"2", minute(30): b"3", minute(31): b"4"}
    assert told(cells, "hour", 2)["counts"] == [4, 5]
    # Minutes go after eight days, the days stay.
    assert told({**row(), day(0): b"10:9", minute(0): b"2"}, "hour", 1)["counts"] == [9]


def test_people_are_told_apart_over_seven_days() -> None:
    week = 7 * 24 * 60
    cells = {
        **row(),
        minute(0): b"3 " + ANN + b" " + BOB,
        minute(9): b"2",
        minute(week - 1): b"2 " + BOB,
        minute(week): b"1 " + EVE,
    }
    assert told(cells)["people"] == 2
    assert told(cells, "minute", 1)["people"] == 2


def test_unknown_people_are_not_nobody() -> None:
    assert told({**row(), minute(0): b"3"})["people"] is None


def test_no_author_is_ever_told() -> None:
    answer = told({**row(), minute(0): b"1 " + ANN}, "minute", 1)
    assert ANN.decode() not in str(answer)


@pytest.mark.parametrize(
    "cells",
    [
        {b"n:count": b""},
        {b"n:count": b"4"},
        {b"n:count": b"4 5"},
        {b"n:count": b"4 5 6 7"},
        {b"n:count": b"four 5 6"},
        {b"n:count": b"4 5 99999999999999999999"},
        {b"s:\xff": b"1"},
        {b"s:x": b"one"},
        {minute(0): b""},
        {b"m:now": b"1"},
        {day(0): b"24:1"},
        {day(0): b"1"},
        {b"n:dawn": b"1:1"},
    ],
)
def test_what_breaks_the_contract_is_refused(cells: dict[bytes, bytes]) -> None:
    with pytest.raises(ValueError):
        parse_hashtag("café", {**row(), **cells}, NOW)


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
def test_as_many_days_are_read_as_are_told_of(step: str, hours: int, days: int | None) -> None:
    assert days_to_read(step, hours) == days
    oldest = NOW - timedelta(hours=hours - 1 if step == "hour" else hours - 24)
    needed = b"n:d%08d" % (int(oldest.timestamp()) // 86400)
    asked = columns(days, NOW)
    assert b"n" in asked or needed in asked or step == "minute"


def test_no_column_is_asked_for_that_is_not_told_of() -> None:
    wanted = columns(15, NOW)
    assert wanted[:3] == [b"n:count", b"n:first", b"n:last"]
    assert wanted[3:18] == [day(ago) for ago in range(14, -1, -1)]
    assert wanted[18:] == [b"s", b"m"]
    assert columns(None, NOW) == [b"n", b"s", b"m"]
