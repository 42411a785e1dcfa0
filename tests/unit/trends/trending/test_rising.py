"""The rising board: against a recount of everything, and what must never change it."""

import random
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import trending_oracle
from support.uses import Use, columns, stored, totals
from trends.counting.hidden import HiddenTags
from trends.counting.leaderboard import Leaderboard
from trends.counting.ranking import BOARD_SIZE
from trends.trending import rising
from trends.trending.boards import Rise

DAY = 1440
NOW = 30_000_000 // DAY * DAY + 14 * 60  # two in the afternoon, in minutes since 1970


def background(seed: int, days: float, *, now: int = NOW, daily: int = 40) -> list[Use]:
    """A small timeline: a few common tags, many rare ones, quiet nights, a habit at noon."""
    rng = random.Random(seed)
    uses: list[Use] = []
    for _ in range(int(days * daily)):
        minute = now - int(rng.random() * days * DAY)
        if minute % DAY < 7 * 60 and rng.random() < 0.8:
            continue
        uses.append((f"t{int(rng.random() ** 3 * 200)}", minute, rng.randrange(1, 60)))
    for day in range(int(days) + 1):
        noon = now // DAY * DAY - day * DAY + 12 * 60
        uses += [("noon", noon + rng.randrange(60), author) for author in range(1, 6)]
    return sorted((use for use in uses if now - days * DAY < use[1] <= now), key=lambda use: use[1])


def event(key: str, people: int, minutes: int, end: int = NOW, first: int = 1_000) -> list[Use]:
    """A tag that so many people use once each, evenly, until the minute `end`."""
    return [(key, end - minutes * n // people, first + n) for n in range(people)]


def board(uses: Iterable[Use], now: int = NOW, least: int = 3) -> list[Rise]:
    return leaderboard(uses, now, least).rankings(now * 60_000).rises


def leaderboard(uses: Iterable[Use], now: int = NOW, least: int = 3) -> Leaderboard:
    made = Leaderboard(now, rising_people=least)
    made.load(stored(uses))
    return made


def keys(rises: Iterable[Rise]) -> list[str]:
    return [rise.tag.key for rise in rises]


def uses_by_key(uses: Iterable[Use]) -> trending_oracle.Uses:
    found: dict[str, list[tuple[int, str | None]]] = {}
    for key, minute, author in uses:
        found.setdefault(key, []).append((minute, str(author) if author else None))
    return found


@pytest.mark.component
@pytest.mark.parametrize(("seed", "days"), [(1, 0.2), (2, 1.5), (3, 9), (4, 33), (5, 33)])
def test_the_board_equals_a_recount(seed: int, days: float) -> None:
    """With events of all kinds: just begun, slow, over, repeated weekly, by few people."""
    rng = random.Random(seed)
    uses = background(seed, days)
    for number in range(12):
        people, minutes = rng.choice([(3, 40), (4, 60), (6, 120), (9, 300), (12, 900), (25, 2000)])
        uses += event(f"e{number}", people, minutes, NOW - rng.choice([0, 5, 70, 400, 1500]))
        if number % 4 == 0:
            uses += event(f"e{number}", people, minutes, NOW - 7 * DAY)
    uses = [use for use in uses if NOW - days * DAY < use[1]]
    made, some = leaderboard(uses), False
    for now in (NOW, NOW + 7, NOW + 61, NOW + 300):
        rises = made.rankings(now * 60_000).rises
        right = trending_oracle.rising(uses_by_key(uses), now)
        assert keys(rises) == [rise.key for rise in right]
        for rise, wanted in zip(rises, right, strict=True):
            assert (rise.people, rise.window, rise.tag.count) == (
                wanted.people, wanted.window, wanted.posts,
            )  # fmt: skip
            assert (rise.expected, rise.score) == pytest.approx((wanted.expected, wanted.score))
        some |= bool(right)
    assert some or days < 1


USUAL = background(7, 30)


@pytest.mark.parametrize(
    ("people", "minutes"), [(6, 100), (8, 120), (8, 300), (12, 300), (12, 720), (20, 1400)]
)
def test_an_event_rises_and_says_why(people: int, minutes: int) -> None:
    rises = board(USUAL + event("news", people, minutes))
    assert keys(rises)[0] == "news"
    assert rises[0].people >= people - 1
    assert rises[0].expected < 1


@pytest.mark.component
@settings(deadline=None, max_examples=25)
@given(st.integers(5, 12), st.sampled_from([60, 300, 1200]), st.integers(0, 1439))
def test_one_more_person_never_lowers_the_rank(people: int, minutes: int, ago: int) -> None:
    """A day ago, one more would make the tag more usual at this time of the day."""
    others = USUAL + event("other", 9, 400, first=2_000)
    before = keys(board(others + event("news", people, minutes)))
    more = ("news", NOW - ago, 3_000)
    after = keys(board([*others, *event("news", people, minutes), more]))
    if "news" in before:
        assert after.index("news") <= before.index("news")


@pytest.mark.component
@settings(deadline=None, max_examples=25)
@given(st.integers(3, 12), st.sampled_from([60, 300, 1200]), st.integers(1, 20))
def test_an_accounts_second_post_changes_nothing(people: int, minutes: int, times: int) -> None:
    uses = USUAL + event("news", people, minutes)
    again = [("news", NOW, 1_000)] * times  # the last to post has posted just now
    before, after = board(uses), board(uses + again)
    assert keys(after) == keys(before)
    for one, other in zip(before, after, strict=True):
        assert (one.people, one.window) == (other.people, other.window)
        if one.tag.key == "news":
            assert (one.expected, one.score) == (other.expected, other.score)


@pytest.mark.parametrize("hours", [-24 * 365, -1, 1, 5, 24 * 7])
def test_shifting_the_stream_in_time_shifts_the_board(hours: int) -> None:
    uses = USUAL + event("news", 9, 300) + event("old", 12, 300, NOW - 200, 2_000)
    shifted = [(key, minute + 60 * hours, author) for key, minute, author in uses]
    assert [(rise.tag.key, rise.people, rise.expected, rise.score) for rise in board(uses)] == [
        (rise.tag.key, rise.people, rise.expected, rise.score)
        for rise in board(shifted, NOW + 60 * hours)
    ]


@pytest.mark.component
@pytest.mark.parametrize("seed", range(3))
def test_a_restart_at_any_minute_changes_nothing(seed: int) -> None:
    """The board depends on what was posted alone, not on what a driver has seen before."""
    rng = random.Random(seed)
    uses = background(seed, 20) + [
        use for n in range(9) for use in event(f"e{n}", 3 + n, 100 * n + 60, NOW - 90 * n)
    ]
    uses.sort(key=lambda use: use[1])
    start = NOW - 12 * 60
    running = leaderboard([use for use in uses if use[1] <= start], start)
    done = start
    for now in sorted(rng.sample(range(start, NOW + 600), 12)):
        batch = [use for use in uses if done < use[1] <= now]
        known = [use for use in uses if use[1] <= now]
        added = columns(batch)
        running.rankings(done * 60_000)
        running.add(added, *totals(added, known))
        done = now
        assert running.rankings(now * 60_000) == leaderboard(known, now).rankings(now * 60_000)


def test_neither_floods_nor_habits_nor_what_is_always_there_rise() -> None:
    flood = [("spam", NOW - n, 77) for n in range(120)]
    bot = [("bot", NOW - 37 * n, 78) for n in range(30 * DAY // 37)]
    weekly = [
        use for week in range(5)
        for use in event("caturday", 12, 300, NOW - 7 * DAY * week, 4_000)
    ]  # fmt: skip
    assert keys(board(USUAL + flood + bot + weekly)) == []


def test_a_habit_rises_the_first_time() -> None:
    assert keys(board(USUAL + event("caturday", 12, 300))) == ["caturday"]


def test_two_people_do_not_rise_unless_a_setting_allows_it() -> None:
    uses = USUAL + event("duo", 2, 20) * 5
    assert keys(board(uses, least=3)) == []
    assert keys(board(uses + event("trio", 3, 20, first=2_000), least=3)) == ["trio"]
    assert "duo" in keys(board(USUAL + event("duo", 2, 20), least=2))


def test_people_without_a_name_are_nobody() -> None:
    assert keys(board(USUAL + [("news", NOW - n, 0) for n in range(50)])) == []


def test_a_flood_of_one_tag_does_not_hide_another() -> None:
    flood = [("spam", NOW - n // 10, 77) for n in range(2_000)]
    assert keys(board(USUAL + flood + event("news", 8, 120))) == ["news"]


@pytest.mark.component
def test_what_is_over_leaves_and_does_not_come_back_for_one_straggler() -> None:
    uses = USUAL + event("news", 12, 120, NOW - 60)
    made = leaderboard(uses)
    present = [
        "news" in keys(made.rankings((NOW + minute) * 60_000).rises)
        for minute in range(0, 12 * 60, 5)
    ]
    stay = present.index(False)
    assert 60 < 5 * stay < 8 * 60
    assert not any(present[stay:])
    later = NOW + 11 * 60
    assert keys(board([*uses, ("news", later, 5_000)], later)) == []


@pytest.mark.component
def test_between_entering_and_leaving_lies_a_gap() -> None:
    """Hysteresis: a tag that would not enter any more stays until it is clearly usual."""
    uses = USUAL + event("news", 5, 100, NOW - 30)
    made = leaderboard(uses)
    scores = [
        next(
            (
                rise.score
                for rise in made.rankings((NOW + n) * 60_000).rises
                if rise.tag.key == "news"
            ),
            0,
        )
        for n in range(0, 600, 10)
    ]
    shown = [score for score in scores if score]
    assert scores[: len(shown)] == shown  # no gaps: it left once
    assert min(shown) >= 5


@pytest.mark.parametrize("hours", [0.2, 1, 5, 30])
def test_little_history_is_no_reason_to_call_everything_unusual(hours: float) -> None:
    uses = background(3, hours / 24, daily=300)
    assert len(board(uses)) <= 1


def test_no_uses_no_board() -> None:
    assert board([]) == []
    made = Leaderboard(NOW)
    assert made.rankings(NOW * 60_000).boards[2].window == "7d"


def test_hundred_rises_at_most() -> None:
    uses = USUAL + [use for n in range(130) for use in event(f"e{n}", 9, 50, first=1_000 + 20 * n)]
    rises = board(uses)
    assert len(rises) == 100
    assert [rise.order for rise in rises] == sorted(rise.order for rise in rises)
    assert np.isfinite([rise.score for rise in rises]).all()


FLOOD = [
    *background(6, 9, daily=4_000),
    *(use for n in range(180) for use in event(f"f{n}", 20 + n % 90, 50, first=1_000 * n)),
]


@pytest.mark.component
@pytest.mark.parametrize("at_once", [1, 30])
def test_how_many_are_scored_at_a_time_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Also if more tags rise than there are places."""
    right = board(FLOOD)
    assert len(right) == BOARD_SIZE
    monkeypatch.setattr(rising, "_AT_ONCE", at_once)
    assert board(FLOOD) == right


@pytest.mark.component
def test_tags_that_cannot_be_among_the_first_are_not_scored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rising, "_AT_ONCE", 30)
    windows = leaderboard(FLOOD)._windows
    first, everything = (
        rising.find(windows.authors, windows.baseline, 3, most) for most in (10, 1_000)
    )
    assert 10 <= len(first.tag) < len(everything.tag)
    assert sorted(first.ranks())[-10:] == sorted(everything.ranks())[-10:]


@pytest.mark.component
def test_hidden_tags_take_no_places() -> None:
    made = leaderboard(FLOOD)
    shown = [rise.tag.key for rise in made.rankings(NOW * 60_000).rises]
    made.hide(HiddenTags(frozenset(shown)))
    others = [rise.tag.key for rise in made.rankings(NOW * 60_000).rises]
    assert len(others) == 80 and not {*others} & {*shown}
