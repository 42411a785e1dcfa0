"""Boards and windows against sums over the whole list."""

import random
from collections import Counter
from collections.abc import Iterable

import pytest

from trends.counting.ranking import (
    ALL,
    BOARD_SIZE,
    LONGEST,
    PEOPLE,
    STEPS,
    TWEETS,
    WINDOWS,
    AllTime,
    Place,
    Windows,
    changes,
)
from trends.counting.tally import Minute

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


Told = tuple[str, int, str]


def add(windows: Windows, told: Iterable[Told]) -> None:
    """Tell of tweets: key, minute and author."""
    for key, minute, author in told:
        windows.add(key, {minute: Minute(1, {author} - {""})}, minute * 60_000)


def recount(told: Iterable[Told], now: int, length: int) -> tuple[dict[str, int], dict[str, int]]:
    """Tweets and people of each tag in a window that ends with the minute `now`."""
    inside = [(key, author) for key, minute, author in told if now - length < minute <= now]
    people = Counter(key for key, _ in {(key, author) for key, author in inside if author})
    return dict(Counter(key for key, _ in inside)), dict(people)


@pytest.mark.parametrize("seed", range(5))
def test_windows_equal_a_recount_at_every_moment(seed: int) -> None:
    """Late, early and out-of-order minutes; a clock that jumps; minutes beyond every window."""
    rng = random.Random(seed)
    windows, told = Windows(NOW), []
    now = NOW
    ages = [0, 0, 1, 30, 59, 60, 61, 1439, 1441, 10_079, 10_081, 11_519, 11_521, -2]
    for _ in range(400):
        told.append(
            (f"t{rng.randrange(12)}", now - rng.choice(ages), rng.choice("abc") * rng.randrange(2))
        )
        add(windows, told[-1:])
        now += rng.choice([0, 0, 0, 1, 1, 7, 500])
        windows.advance(now)
        for name, length in WINDOWS.items():
            for earlier in (False, True):
                then = now - STEPS[name] if earlier else now
                for rank_by, right in zip(
                    (TWEETS, PEOPLE), recount(told, then, length), strict=True
                ):
                    places = windows.places(name, rank_by, earlier=earlier)
                    assert {place.key: place.count for place in places} == right
                    assert places == sorted(places)


def test_what_has_gone_by_is_forgotten() -> None:
    """Memory is that of the tags and people of the longest window, not of all there ever were."""
    windows = Windows(NOW)
    for hour in range(24 * 30):
        now = NOW + 60 * hour
        windows.advance(now)
        add(windows, [(f"t{hour}", now, f"a{hour}"), ("always", now, "b")])
    assert len(windows._last) == LONGEST // 60 + 1
    assert len(windows.people._keys) <= LONGEST // 60 * 2 + 2
    assert windows.places("1h", TWEETS) == [
        Place.of("always", 1, now * 60_000), Place.of(f"t{hour}", 1, now * 60_000)
    ]  # fmt: skip


def test_windows_decay_without_anything_arriving() -> None:
    windows = Windows(NOW)
    add(windows, [("a", NOW, "x")] * 3)
    windows.advance(NOW + 59)
    assert [place.count for place in windows.places("1h", TWEETS)] == [3]
    windows.advance(NOW + 60)
    assert windows.places("1h", TWEETS) == windows.places("1h", PEOPLE) == []
    assert windows.counts("24h", "a") == (3, 1)


def test_a_tag_that_too_few_people_use_is_on_no_board_of_the_last_days() -> None:
    windows = Windows(NOW, min_authors=2)
    add(windows, [("bot", NOW, "x")] * 50 + [("talk", NOW, author) for author in "abcde"])
    add(windows, [("nobody", NOW, "")] * 9)
    assert [place.key for place in windows.places("1h", TWEETS)] == ["talk"]
    assert [place.key for place in windows.places("7d", PEOPLE)] == ["talk"]
    assert [rise.place.key for rise in windows.rises()] == ["talk"]


def test_what_rises_is_what_is_more_than_the_days_before_lead_to_expect() -> None:
    windows = Windows(NOW)
    for hour in range(1, 49):  # two days: "steady" ten an hour, "rare" two tweets in all
        add(windows, [("steady", NOW - 60 * hour, "")] * 10)
    add(windows, [("rare", NOW - 600, "")] * 2 + [("rare", NOW - 5, "")] * 20)
    add(windows, [("steady", NOW, "")] * 12)
    add(windows, [("new", NOW - 1, "")] * 6 + [("few", NOW - 1, "")] * 4)
    rises = windows.rises()
    assert windows.hours() == 48
    assert [(rise.place.key, rise.place.count, rise.expected) for rise in rises] == [
        ("rare", 20, 1.0), ("new", 6, 1.0), ("steady", 12, 10.0),
    ]  # fmt: skip
    assert [rise.score for rise in rises] == [361.0, 25.0, 0.4]


def test_an_hour_without_any_tweet_is_no_hour_of_the_baseline() -> None:
    windows = Windows(NOW)
    add(windows, [("a", NOW, "")] * 5)
    add(windows, [("a", NOW - age, "") for age in (10_000, 60, 119) for _ in range(3)])
    (rise,) = windows.rises()
    assert (windows.hours(), rise.expected) == (2, 4.5)


def test_as_much_as_usual_or_less_does_not_rise() -> None:
    windows = Windows(NOW)
    add(windows, [("same", minute, "") for minute in (NOW, NOW - 100) for _ in range(7)])
    add(windows, [("less", NOW, "")] * 7 + [("less", NOW - 100, "")] * 9)
    assert (windows.rises(), windows.hours()) == ([], 1)
    windows.advance(NOW + 60)
    assert (windows.rises(), windows.hours()) == ([], 2)


def test_what_rose_earlier_is_known_too() -> None:
    windows = Windows(NOW)
    add(windows, [("a", NOW - 65, "")] * 9 + [("b", NOW - 5, "")] * 9)
    assert [rise.place.key for rise in windows.rises()] == ["b"]
    assert [rise.place.key for rise in windows.rises(earlier=True)] == ["a"]


def test_changes_are_places_gained() -> None:
    earlier = [Place.of("a", 3, 0), Place.of("b", 2, 0)]
    now = [Place.of("b", 5, 0), Place.of("a", 3, 0), Place.of("c", 1, 0)]
    assert changes(now, earlier) == {"b": 1, "a": -1, "c": None}
    assert changes(now, now) == {"b": 0, "a": 0, "c": 0}


def test_the_board_of_all_time_as_it_was_a_step_ago() -> None:
    windows = Windows(NOW)
    add(windows, [("b", NOW - STEPS[ALL] + 1, "")] * 3 + [("a", NOW - STEPS[ALL], "")] * 2)
    board = AllTime([Place.of("b", 4, 9), Place.of("a", 3, 9), Place.of("new", 0, 9)])
    assert [(place.key, place.count) for place in board.earlier(windows)] == [("a", 3), ("b", 1)]
