"""Compares windows with sums over the whole list."""

import random
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest

from support.uses import Use, columns, totals
from trends.counting.ranking import PEOPLE, TWEETS, AllTime, RankedTag
from trends.counting.spans import ALL, HOURS_KEPT, LONGEST, STEPS, WINDOWS
from trends.counting.windows import Windows

NOW = 30_000_000  # minutes since 1970


def add(windows: Windows, uses: list[Use]) -> None:
    batch = columns(uses)
    _, lasts = totals(batch, uses)
    windows.add(batch, lasts)


def recount(uses: Iterable[Use], now: int, length: int) -> tuple[dict[str, int], dict[str, int]]:
    """Count the posts and people of each tag in a window that ends with the minute `now`."""
    inside = [(key, author) for key, minute, author in uses if now - length < minute <= now]
    people = Counter(key for key, _ in {(key, author) for key, author in inside if author})
    return dict(Counter(key for key, _ in inside)), dict(people)


@pytest.mark.component
@pytest.mark.parametrize("seed", range(5))
def test_windows_equal_a_recount_at_every_moment(seed: int) -> None:
    """Covers late, early and out-of-order minutes, clock jumps, and minutes beyond all windows."""
    rng = random.Random(seed)
    windows, uses = Windows(NOW), []
    now = NOW
    ages = [0, 0, 1, 30, 59, 60, 61, 1439, 1441, 10_079, 10_081, 11_519, 11_521, -2]
    for _ in range(400):
        author = rng.randrange(1, 4) * rng.randrange(2)
        uses.append((f"t{rng.randrange(12)}", now - rng.choice(ages), author))
        add(windows, uses[-1:])
        now += rng.choice([0, 0, 0, 1, 1, 7, 500])
        windows.advance(now)
        for name, length in WINDOWS.items():
            for earlier in (False, True):
                then = now - STEPS[name] if earlier else now
                for rank_by, right in zip(
                    (TWEETS, PEOPLE), recount(uses, then, length), strict=True
                ):
                    tags = windows.ranking(name, rank_by, earlier=earlier)
                    assert {tag.key: tag.count for tag in tags} == right
                    assert tags == sorted(tags, key=lambda tag: tag.order)


@pytest.mark.component
def test_tags_and_people_that_have_left_all_windows_are_forgotten() -> None:
    """Memory holds only the people of the longest window, and the tags of the baseline's days."""
    windows = Windows(NOW)
    for hour in range(24 * 60):
        now = NOW + 60 * hour
        windows.advance(now)
        add(windows, [(f"t{hour}", now, hour + 1), ("always", now, 1_000)])
    assert len(windows) == HOURS_KEPT + 1
    assert len(windows.tags.keys) <= HOURS_KEPT + 2
    assert windows.authors._pairs.size <= LONGEST // 60 * 2 + 2
    assert windows.ranking("1h", TWEETS) == [
        RankedTag("always", 1, now * 60_000), RankedTag(f"t{hour}", 1, now * 60_000)
    ]  # fmt: skip


def test_a_tag_that_comes_again_after_it_was_forgotten_starts_from_zero() -> None:
    windows = Windows(NOW)
    add(windows, [("a", NOW + 5, 1)] * 3)
    later = NOW + 60 * HOURS_KEPT + 5
    windows.advance(later - 60)
    assert len(windows) == 1
    windows.advance(later)
    assert len(windows) == 0
    add(windows, [("b", later - 1, 1)])
    assert windows.ranking("7d", TWEETS) == [RankedTag("b", 1, (later - 1) * 60_000)]
    assert windows.counts("7d", ["b"]) == [(1, 1)]


def test_windows_decay_without_anything_arriving() -> None:
    windows = Windows(NOW)
    add(windows, [("a", NOW, 1)] * 3)
    windows.advance(NOW + 59)
    assert [tag.count for tag in windows.ranking("1h", TWEETS)] == [3]
    windows.advance(NOW + 60)
    assert windows.ranking("1h", TWEETS) == windows.ranking("1h", PEOPLE) == []
    assert windows.counts("24h", ["a"]) == [(3, 1)]


def test_a_tag_that_too_few_people_use_is_on_no_board_of_the_last_days() -> None:
    windows = Windows(NOW, min_authors=2)
    add(windows, [("bot", NOW, 1)] * 50 + [("talk", NOW, author) for author in range(1, 6)])
    add(windows, [("nobody", NOW, 0)] * 9)
    assert [tag.key for tag in windows.ranking("1h", TWEETS)] == ["talk"]
    assert [tag.key for tag in windows.ranking("7d", PEOPLE)] == ["talk"]


def test_the_board_of_all_time_as_it_was_a_step_earlier() -> None:
    windows = Windows(NOW)
    add(windows, [("b", NOW - STEPS[ALL] + 1, 0)] * 3 + [("a", NOW - STEPS[ALL], 0)] * 2)
    board = AllTime()
    board.update(["b", "a", "new"], np.array([4, 3, 0]), np.array([9, 9, 9]))
    earlier = board.earlier(windows.posts_of_last_step)
    assert [(tag.key, tag.count) for tag in earlier] == [("a", 3), ("b", 1)]
