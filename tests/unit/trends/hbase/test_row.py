"""Rows of the table `hashtags`, from cells and to cells."""

import random
from collections import Counter

from trends.counting.ranking import LONGEST
from trends.counting.tally import Delta, Minute
from trends.hbase.row import Row

NOW = 1_795_341_600_000
MINUTE = NOW // 60_000
DAY = MINUTE // 1440


def use(delta: Delta, spelling: str, at: int, author: str | None = None) -> None:
    """Add a tweet to what a batch adds."""
    delta.first, delta.last = min(delta.first, at), max(delta.last, at)
    delta.spellings[spelling] = delta.spellings.get(spelling, 0) + 1
    minute = delta.minutes.setdefault(at // 60_000, Minute())
    minute.tweets += 1
    minute.authors |= {author} - {None}


def test_a_row_is_read_as_it_was_written() -> None:
    row = Row(empty_after=-1)
    delta = Delta(NOW - 5, NOW)
    use(delta, "Café", NOW, "a" * 16)
    use(delta, "CAFÉ", NOW - 5)
    cells = row.add(delta, NOW)
    assert cells == {
        b"n:count": b"2 %d %d" % (NOW - 5, NOW),
        b"n:d%08d" % DAY: b"9:1 10:1",
        b"s:Caf\xc3\xa9": b"1",
        b"s:CAF\xc3\x89": b"1",
        b"m:%08d" % MINUTE: b"1 " + b"a" * 16,
        b"m:%08d" % (MINUTE - 1): b"1",
    }
    read = Row.of({column: (value, NOW) for column, value in cells.items()})
    read.empty_after = -1
    assert read == row


def test_a_row_of_an_earlier_version_is_read() -> None:
    cells = {b"n:count": b"7", b"n:first": b"1", b"n:last": b"9", b"s:a": b"7", b"m:00000003": b"2"}
    row = Row.of({column: (value, 5) for column, value in cells.items()})
    assert (row.count, row.first, row.last, row.fence) == (7, 1, 9, 5)
    assert (row.minutes, row.days) == ({3: Minute(2)}, {})
    # Both forms at once: what was written later is in the newer one.
    both = cells | {b"n:count": b"8 1 10"}
    for columns in (sorted(both), sorted(both, reverse=True)):
        row = Row.of({column: (both[column], 5) for column in columns})
        assert (row.count, row.first, row.last) == (8, 1, 10)


def test_minutes_too_old_for_every_window_are_in_their_day_alone() -> None:
    old = NOW - LONGEST * 60_000
    delta = Delta(old, old)
    use(delta, "a", old)
    row = Row(empty_after=-1)
    cells = row.add(delta, NOW)
    assert not any(column.startswith(b"m:") for column in cells)
    assert row.knows(delta, NOW)


def test_what_a_row_says_it_knows_it_knows() -> None:
    """Whatever is forgotten to keep a row small is asked for again, or is added up wrongly."""
    rng = random.Random(3)
    row, stored = Row(empty_after=-1), dict[bytes, bytes]()
    tweets, days = Counter[int](), Counter[int]()
    for step in range(3000):
        fence = NOW + step * 20_000
        at = fence - 60_000 * rng.choice([0, 0, 0, 1, 40, 70, 3000, 9000, 20_000])
        delta = Delta(at, at)
        use(delta, "a", at)
        if not row.knows(delta, fence):
            row = Row.of({column: (value, 1) for column, value in stored.items()})
            row.empty_after = -1
        stored |= row.add(delta, fence)
        days[at // 3_600_000] += 1
        if at // 60_000 > fence // 60_000 - LONGEST:
            tweets[at // 60_000] += 1
    whole = Row.of({column: (value, 1) for column, value in stored.items()})
    assert {minute: each.tweets for minute, each in whole.minutes.items()} == tweets
    hours = {24 * day + hour: n for day, of in whole.days.items() for hour, n in of.items()}
    assert hours == days
    assert len(row.minutes) < 100 and len(row.days) < 10


def stored(key: str, cells: dict[bytes, bytes]) -> int:
    """Bytes of cells in HBase, without compression: HBase reference guide, "KeyValue"."""
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
        delta = Delta(at, at)
        for _ in range(20):
            use(delta, "hashtag", at)
        kept |= row.add(delta, at)
        if hour == 0:
            once = {column: cell for column, cell in kept.items() if column[:2] != b"m:"}
            assert stored("hashtag", once) < 200
    days = {column: cell for column, cell in kept.items() if column.startswith(b"n:d")}
    assert len(days) in (365, 366)
    assert 60_000 < stored("hashtag", days) < 70_000
