"""Converting rows of the `hashtags` table from and to cells."""

import random
from collections import Counter

import pytest

from trends.counting.spans import LONGEST
from trends.hbase.row import Change, Row

NOW = 1_795_341_600_000
MINUTE = NOW // 60_000
DAY = MINUTE // 1440
HOUR = 3_600_000


def change(*uses: tuple[str, int, str | None]) -> Change:
    """Return what posts add to a tag, from the spelling, time (milliseconds) and author of each."""
    times = [at for _, at, _ in uses]
    minutes: dict[int, tuple[int, str]] = {}
    for _, at, author in uses:
        posts, authors = minutes.get(at // 60_000, (0, ""))
        new = [author] if author and author not in authors else []
        minutes[at // 60_000] = posts + 1, " ".join([*authors.split(), *new])
    return Change(
        len(uses),
        min(times),
        max(times),
        Counter(spelling for spelling, _, _ in uses),
        Counter(at // 3_600_000 for at in sorted(times)),
        minutes,
    )


def cells_of(stored: dict[bytes, bytes], fence: int = NOW) -> dict[bytes, tuple[bytes, int]]:
    return {column: (value, fence) for column, value in stored.items()}


def test_a_row_is_read_as_it_was_written() -> None:
    row = Row(empty_after=-1)
    cells = row.add(change(("Café", NOW, "a" * 16), ("CAFÉ", NOW - 5, None)), NOW)
    assert cells == {
        b"n:count": b"2 %d %d %d 9:1,10:1 " % (NOW - 5, NOW, DAY),
        b"s:Caf\xc3\xa9": b"1",
        b"s:CAF\xc3\x89": b"1",
        b"m:%08d" % MINUTE: b"1 " + b"a" * 16,
        b"m:%08d" % (MINUTE - 1): b"1",
    }
    read = Row.from_cells(cells_of(cells))
    read.empty_after = -1
    assert read == row


def test_a_tag_that_has_one_spelling_takes_two_cells() -> None:
    row = Row(empty_after=-1)
    cells = row.add(change(("two words", NOW, "a" * 16)), NOW)
    assert cells == {
        b"n:count": b"1 %d %d %d 10:1 two words" % (NOW, NOW, DAY),
        b"m:%08d" % MINUTE: b"1 " + b"a" * 16,
    }
    read = Row.from_cells(cells_of(cells))
    assert (read.spellings, read.most_used_spelling) == ({"two words": 1}, "two words")


def test_the_second_spelling_gives_each_a_cell() -> None:
    row = Row(empty_after=-1)
    stored = row.add(change(("a", NOW, None), ("a", NOW, None)), NOW)
    assert not any(column.startswith(b"s:") for column in stored)
    stored |= row.add(change(("A", NOW, None)), NOW + 1)
    stored |= row.add(change(("a", NOW, None)), NOW + 2)
    assert {column: n for column, n in stored.items() if column.startswith(b"s:")} == {
        b"s:a": b"3",
        b"s:A": b"1",
    }
    assert Row.from_cells(cells_of(stored)).spellings == {"a": 3, "A": 1}


def test_a_day_that_is_over_gets_a_cell_of_its_own() -> None:
    row = Row(empty_after=-1)
    stored = row.add(change(("a", NOW - 24 * HOUR, None)), NOW)
    stored |= row.add(change(("a", NOW, None), ("a", NOW - 48 * HOUR, None)), NOW + 1)
    assert stored[b"n:d%08d" % (DAY - 1)] == b"10:1"
    assert stored[b"n:d%08d" % (DAY - 2)] == b"10:1"
    assert stored[b"n:count"].split()[3:5] == [b"%d" % DAY, b"10:1"]
    stored |= row.add(change(("a", NOW - 24 * HOUR, None)), NOW + 2)
    assert stored[b"n:d%08d" % (DAY - 1)] == b"10:2"


def test_a_row_of_the_version_before_is_continued() -> None:
    """Its day and spellings have cells of their own; the day moves into the count's cell."""
    stored = {
        b"n:count": b"3 1 %d" % NOW,
        b"n:d%08d" % DAY: b"9:2 10:1",
        b"s:a": b"3",
        b"m:%08d" % MINUTE: b"1 " + b"a" * 16,
    }
    row = Row.from_cells(cells_of(stored))
    row.empty_after = -1
    cells = row.add(change(("a", NOW, "b" * 16)), NOW + 1)
    assert cells == {
        b"n:count": b"4 1 %d %d 9:2,10:2 " % (NOW, DAY),
        b"s:a": b"4",
        b"m:%08d" % MINUTE: b"2 " + b"a" * 16 + b" " + b"b" * 16,
    }
    read = Row.from_cells(cells_of(stored | cells))
    assert (read.day, read.hours, read.days) == (DAY, {9: 2, 10: 2}, {})
    assert read.spellings == {"a": 4}


def test_a_row_of_an_early_version_is_read() -> None:
    cells = {b"n:count": b"7", b"n:first": b"1", b"n:last": b"9", b"s:a": b"7", b"m:00000003": b"2"}
    row = Row.from_cells(cells_of(cells, 5))
    assert (row.count, row.first, row.last, row.fence) == (7, 1, 9, 5)
    assert (row.minutes, row.days) == ({3: (2, "")}, {})
    # With both formats at once, the newer one has what was written later.
    both = cells | {b"n:count": b"8 1 10"}
    for columns in (sorted(both), sorted(both, reverse=True)):
        row = Row.from_cells({column: (both[column], 5) for column in columns})
        assert (row.count, row.first, row.last) == (8, 1, 10)


def test_minutes_too_old_for_every_window_are_in_their_day_alone() -> None:
    old = NOW - LONGEST * 60_000
    added = change(("a", old, None))
    row = Row(empty_after=-1)
    cells = row.add(added, NOW)
    assert not any(column.startswith(b"m:") for column in cells)
    assert row.knows(added, NOW)


@pytest.mark.component
def test_what_a_row_says_it_knows_it_knows() -> None:
    """What is forgotten to keep a row small has to be read again, or sums would be wrong."""
    rng = random.Random(3)
    row, stored = Row(empty_after=-1), dict[bytes, bytes]()
    posts, hours = Counter[int](), Counter[int]()
    for step in range(3000):
        fence = NOW + step * 20_000
        at = fence - 60_000 * rng.choice([0, 0, 0, 1, 40, 70, 3000, 9000, 20_000])
        added = change(("a", at, None))
        if step % 100 == 99:  # a restart, which reads no cells of days
            without_days = {c: value for c, value in stored.items() if not c.startswith(b"n:d")}
            row = Row.from_cells(cells_of(without_days, 1))
            assert row.keep_last_day()
        if not row.knows(added, fence):
            row = Row.from_cells(cells_of(stored, 1))
            row.empty_after = -1
        stored |= row.add(added, fence)
        hours[at // HOUR] += 1
        if at // 60_000 > fence // 60_000 - LONGEST:
            posts[at // 60_000] += 1
    whole = Row.from_cells(cells_of(stored, 1))
    assert {minute: n for minute, (n, _) in whole.minutes.items()} == posts
    days = whole.days | {whole.day: whole.hours}
    assert {24 * day + hour: n for day, of in days.items() for hour, n in of.items()} == hours
    assert len(row.minutes) < 100 and len(row.days) < 10


def stored(key: str, cells: dict[bytes, bytes]) -> int:
    """Return the bytes of uncompressed cells: HBase reference guide, "KeyValue"."""
    around = 4 + 4 + 2 + 1 + 8 + 1  # lengths of key, value, row and family; timestamp, type
    return sum(
        around + len(key.encode()) + len(column) - len(b":") + len(value)
        for column, value in cells.items()
    )


def test_what_a_tag_keeps_for_ever_is_bounded() -> None:
    """docs/contracts/hbase.md states these numbers."""
    kept, row = dict[bytes, bytes](), Row(empty_after=-1)
    for hour in range(365 * 24):
        at = NOW + hour * 3_600_000
        kept |= row.add(change(*[("hashtag", at, None)] * 20), at)
        if hour == 0:
            once = {column: cell for column, cell in kept.items() if column[:2] != b"m:"}
            assert stored("hashtag", once) < 200
    days = {column: cell for column, cell in kept.items() if column.startswith(b"n:d")}
    assert len(days) in (364, 365, 366)
    assert 60_000 < stored("hashtag", days) < 70_000
