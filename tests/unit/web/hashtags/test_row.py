"""Rows of the `hashtags` table, in every form that drivers have written."""

from datetime import UTC, datetime

import pytest

from web.hashtags.row import (
    SUMMARY_COLUMNS,
    Hashtag,
    columns,
    leading_spelling,
    parse_hashtag,
    parse_summary,
)

NOW = datetime(2026, 11, 22, 10, 30, 20, tzinfo=UTC)
MINUTE = int(NOW.timestamp()) // 60
HOUR, DAY = MINUTE // 60, MINUTE // 1440
FIRST, LAST = b"1767225600999", b"1795343400000"
SPELLINGS = {b"s:caf\xc3\xa9": b"11", b"s:Caf\xc3\xa9": b"390", b"s:CAF\xc3\x89": b"11"}


def minute(ago: int) -> bytes:
    return b"m:%08d" % (MINUTE - ago)


def day(ago: int) -> bytes:
    return b"n:d%08d" % (DAY - ago)


def row(fields: bytes = b"") -> dict[bytes, bytes]:
    return {b"n:count": b"412 %b %b" % (FIRST, LAST) + fields, **SPELLINGS}


def with_day(hours: bytes, spelling: bytes = b"", ago: int = 0) -> dict[bytes, bytes]:
    """The row with the hours of a day, and perhaps the only spelling, in `n:count`."""
    return row(b" %d %b %b" % (DAY - ago, hours, spelling))


def parse(cells: dict[bytes, bytes]) -> Hashtag:
    found = parse_hashtag("café", cells, NOW)
    assert found
    return found


def test_the_forms_of_older_drivers_mean_the_same() -> None:
    oldest = {**row(), b"n:count": b"412", b"n:first": FIRST, b"n:last": LAST}
    assert parse(oldest) == parse(row())


def test_outdated_and_unknown_cells_are_ignored() -> None:
    others = {b"n:first": b"1", b"n:last": b"2", b"n:mood": b"sunny"}
    assert parse(row() | others) == parse(row())


def test_a_row_without_a_count_is_not_one() -> None:
    assert parse_hashtag("café", {}, NOW) is None
    assert parse_hashtag("café", {minute(0): b"1"}, NOW) is None


def test_the_count_cell_may_hold_the_hours_of_a_day() -> None:
    cells = with_day(b"0:3,10:7") | {day(1): b"23:4"}
    assert parse(cells) == parse(row() | {day(0): b"0:3 10:7", day(1): b"23:4"})


def test_the_day_in_the_count_cell_wins_over_an_older_cell_of_that_day() -> None:
    cells = with_day(b"0:3,10:7") | {day(0): b"0:3 9:1 10:9", day(1): b"23:4"}
    today = (HOUR // 24) * 24
    assert parse(cells).hours == {today: 3, today + 10: 7, today - 1: 4}


def test_the_day_in_the_count_cell_need_not_be_among_those_that_were_read() -> None:
    assert parse(with_day(b"5:412", ago=100)).hours == {(DAY - 100) * 24 + 5: 412}


def test_the_only_spelling_may_be_in_the_count_cell() -> None:
    cells = with_day(b"10:412", "CafÉ".encode())
    assert parse(cells).spellings == (("CafÉ", 412),)


@pytest.mark.parametrize("spelling", ["New York", "a  b", " a", "a ", "a 1 2:3", "\u00a0x"])
def test_a_spelling_in_the_count_cell_may_hold_spaces(spelling: str) -> None:
    assert parse(with_day(b"10:412", spelling.encode())).spellings == ((spelling, 412),)


def test_several_spellings_are_in_cells_of_their_own_the_most_used_first() -> None:
    assert parse(with_day(b"10:412")).spellings == (("Café", 390), ("CAFÉ", 11), ("café", 11))


def test_minutes_stand_in_for_hours_that_an_older_driver_did_not_write() -> None:
    # This hour: 3 posts before the upgrade, then 2, which alone are among the day's hours.
    minutes = {minute(0): b"2", minute(30): b"3", minute(31): b"4"}
    for hours in (row() | {day(0): b"10:2"}, with_day(b"10:2")):
        assert parse(hours | minutes).hours == {HOUR: 5, HOUR - 1: 4}
    # Minutes expire after eight days, days do not.
    assert parse(with_day(b"10:9") | {minute(0): b"2"}).hours == {HOUR: 9}


@pytest.mark.parametrize(
    "cells",
    [
        {b"n:count": b""},
        {b"n:count": b"4"},
        {b"n:count": b"4 5"},
        {b"n:count": b"4 5 6 7"},
        {b"n:count": b"4 5 6 7 8:1"},
        {b"n:count": b"4 5 6 today 8:1 "},
        {b"n:count": b"4 5 6 7 24:1 "},
        {b"n:count": b"4 5 6 7 8:1,9 "},
        {b"n:count": b"4 5 6 7  x"},
        {b"n:count": b"4 5 6 7 8:1 \xff"},
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


def test_only_the_columns_of_an_answer_are_read() -> None:
    wanted = columns(15, NOW)
    assert wanted[:3] == [b"n:count", b"n:first", b"n:last"]
    assert wanted[3:18] == [day(ago) for ago in range(14, -1, -1)]
    assert wanted[18:] == [b"s", b"m"]
    assert columns(None, NOW) == [b"n", b"s", b"m"]


@pytest.mark.parametrize(
    "cells",
    [
        row(),
        {**row(), b"n:count": b"412", b"n:first": FIRST, b"n:last": LAST},
        with_day(b"0:3,10:7"),
        with_day(b"0:3,10:7", "Café au lait".encode()),
    ],
)
def test_the_summary_of_a_row_says_what_the_whole_does(cells: dict[bytes, bytes]) -> None:
    whole = parse(cells)
    summary = parse_summary(
        "café", {name: cells[name] for name in SUMMARY_COLUMNS if name in cells}
    )
    assert (summary.key, summary.count, summary.last) == (whole.key, whole.count, whole.last)
    assert (summary.spelling or leading_spelling(cells)) == whole.spellings[0][0]


def test_a_summary_without_a_count_is_refused() -> None:
    with pytest.raises(ValueError, match="n:count is missing"):
        parse_summary("café", {})
    assert leading_spelling({}) is None
