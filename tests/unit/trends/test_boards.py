"""Boards and windows against sums over the whole list."""

import random

import pytest

from trends.boards import BOARD_SIZE, WINDOWS, AllTime, Changes, Place, Windows

NOW = 30_000_000  # a minute since 1970


def test_order_is_count_then_recency_then_code_point() -> None:
    places = [Place.of("b", 2, 5), Place.of("a", 2, 5), Place.of("c", 2, 9), Place.of("d", 3, 1)]
    assert [place.key for place in sorted(places)] == ["d", "c", "a", "b"]


def test_all_time_keeps_the_leaders_when_only_changes_are_told() -> None:
    rng = random.Random(1)
    counts: dict[str, int] = {}
    board = AllTime()
    for moment in range(300):
        changed = {f"t{rng.randrange(400)}" for _ in range(20)}
        for key in changed:
            counts[key] = counts.get(key, 0) + rng.randrange(1, 5)
        board.update(Place.of(key, counts[key], moment) for key in changed)
    expected = sorted(counts.values(), reverse=True)[:BOARD_SIZE]
    assert [place.count for place in board.places()] == expected


@pytest.mark.parametrize("seed", range(5))
def test_windows_equal_a_recount_at_every_moment(seed: int) -> None:
    """Late, early and out-of-order minutes; a clock that jumps; minutes beyond every window."""
    rng = random.Random(seed)
    windows, told = Windows(NOW), []
    now = NOW
    for _ in range(400):
        key = f"t{rng.randrange(12)}"
        minute = now - rng.choice([0, 0, 1, 30, 59, 60, 61, 1439, 1441, 10_079, 10_081, -2])
        count = rng.randrange(1, 4)
        windows.add(key, {minute: count}, minute * 60_000)
        told.append((key, minute, count))
        now += rng.choice([0, 0, 0, 1, 1, 7, 500])
        windows.advance(now)
        for name, length in WINDOWS.items():
            sums: dict[str, int] = {}
            for told_key, told_minute, n in told:
                if now - length < told_minute <= now:
                    sums[told_key] = sums.get(told_key, 0) + n
            assert {place.key: place.count for place in windows.places(name)} == sums


def test_windows_decay_without_anything_arriving() -> None:
    windows = Windows(NOW)
    windows.add("a", {NOW: 3}, NOW * 60_000)
    windows.advance(NOW + 59)
    assert [place.count for place in windows.places("1h")] == [3]
    windows.advance(NOW + 60)
    assert windows.places("1h") == []
    assert [place.count for place in windows.places("24h")] == [3]


def test_what_rises_is_what_is_more_than_the_days_before_lead_to_expect() -> None:
    windows = Windows(NOW)
    for hour in range(1, 49):  # two days: "steady" ten an hour, "rare" two tweets in all
        windows.add("steady", {NOW - 60 * hour: 10}, 0)
    windows.add("rare", {NOW - 600: 2}, 0)
    windows.add("steady", {NOW: 12}, NOW * 60_000)
    windows.add("rare", {NOW - 5: 20}, NOW * 60_000)
    windows.add("new", {NOW - 1: 6}, NOW * 60_000)
    windows.add("few", {NOW - 1: 4}, NOW * 60_000)
    rises, hours = windows.rises()
    assert hours == 48
    assert [(rise.place.key, rise.place.count, rise.expected) for rise in rises] == [
        ("rare", 20, 1.0), ("new", 6, 1.0), ("steady", 12, 10.0),
    ]  # fmt: skip
    assert [rise.score for rise in rises] == [361.0, 25.0, 0.4]


def test_an_hour_without_any_tweet_is_no_hour_of_the_baseline() -> None:
    windows = Windows(NOW)
    windows.add("a", {NOW: 5, NOW - 10_000: 3, NOW - 60: 3, NOW - 119: 3}, NOW * 60_000)
    ((rise,), hours) = windows.rises()
    assert (hours, rise.expected) == (2, 4.5)


def test_as_much_as_usual_or_less_does_not_rise() -> None:
    windows = Windows(NOW)
    windows.add("same", {NOW: 7, NOW - 100: 7}, NOW * 60_000)
    windows.add("less", {NOW: 7, NOW - 100: 9}, NOW * 60_000)
    assert windows.rises() == ([], 1)
    windows.advance(NOW + 60)
    assert windows.rises() == ([], 2)


def test_changes_compare_with_the_board_of_ten_minutes_ago() -> None:
    changes = Changes()
    first = [Place.of("a", 3, 0), Place.of("b", 2, 0)]
    second = [Place.of("b", 5, 0), Place.of("a", 3, 0), Place.of("c", 1, 0)]
    assert changes.of("all", first, 0) == {"a": 0, "b": 0}
    assert changes.of("all", second, 60_000) == {"b": 1, "a": -1, "c": None}
    changes.of("all", second, 10 * 60_000)  # the next board to compare with
    assert changes.of("all", second, 20 * 60_000) == {"b": 0, "a": 0, "c": 0}
