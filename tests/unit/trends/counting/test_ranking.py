"""Compares the order of boards with sorting the whole list."""

import random

import numpy as np
import pytest

from trends.counting.ranking import BOARD_SIZE, AllTime, RankedTag, changes, rank


def ranked(keys: list[str], counts: list[int], lasts: list[int], size: int) -> list[RankedTag]:
    return rank(keys, np.array(counts, np.int32), np.array(lasts, np.int64), size)


def update(board: AllTime, *tags: RankedTag) -> None:
    counts, lasts = [tag.count for tag in tags], [tag.last for tag in tags]
    board.update([tag.key for tag in tags], np.array(counts), np.array(lasts))


def test_order_is_count_then_recency_then_code_point() -> None:
    tags = ranked(["b", "a", "c", "d"], [2, 2, 2, 3], [5, 5, 9, 1], 4)
    assert [tag.key for tag in tags] == ["d", "c", "a", "b"]
    assert tags == sorted(tags, key=lambda tag: tag.order)
    # U+FF5E comes before U+1F600, although its UTF-16 is greater.
    assert [tag.key for tag in ranked(["😀", "～"], [1, 1], [1, 1], 2)] == ["～", "😀"]


def test_a_tag_that_was_not_used_is_on_no_board() -> None:
    assert ranked(["a", "b"], [0, 1], [9, 9], 5) == [RankedTag("b", 1, 9)]
    assert ranked([], [], [], 5) == ranked(["a"] * 9, [0] * 9, [9] * 9, 5) == []


@pytest.mark.parametrize("seed", range(200))
def test_ties_with_the_last_tag_of_a_board_are_decided_as_all_others_are(seed: int) -> None:
    """With few counts, times and tags, the end of the board is nearly always within a tie."""
    rng = random.Random(seed)
    size, many = rng.choice([1, 2, 10, BOARD_SIZE]), rng.choice([0, 5, 99, 100, 101, 300])
    keys = [f"t{number}" for number in rng.sample(range(1000), many)]
    counts = [rng.randrange(rng.choice([1, 2, 3, 50])) for _ in keys]
    lasts = [rng.randrange(rng.choice([1, 3, 50])) for _ in keys]
    tags = map(RankedTag, keys, counts, lasts)
    right = sorted((tag for tag in tags if tag.count), key=lambda tag: tag.order)
    assert ranked(keys, counts, lasts, size) == right[:size]


@pytest.mark.parametrize("seed", range(50))
def test_a_sample_of_the_counts_misleads_nobody(seed: int) -> None:
    """Large counts are all, some or none of those looked at first."""
    rng = random.Random(seed)
    size, step = rng.choice([1, 10, BOARD_SIZE]), rng.choice([1, 3, 64])
    counts = [
        rng.randrange(rng.choice([1, 3, 9, 999]) if at % step == 0 else 3) for at in range(9_000)
    ]
    tags = [RankedTag(f"t{at:04}", count, 0) for at, count in enumerate(counts)]
    right = sorted((tag for tag in tags if tag.count), key=lambda tag: tag.order)
    assert ranked([tag.key for tag in tags], counts, [0] * 9_000, size) == right[:size]


def test_all_time_keeps_the_leaders_when_only_changes_come() -> None:
    rng = random.Random(1)
    counts: dict[str, int] = {}
    lasts: dict[str, int] = {}
    board = AllTime()
    for moment in range(300):
        changed = {f"t{rng.randrange(400)}" for _ in range(rng.choice([20, 20, 20, 390]))}
        for key in changed:
            counts[key] = counts.get(key, 0) + rng.randrange(1, 5)
            lasts[key] = moment
        update(board, *(RankedTag(key, counts[key], moment) for key in changed))
        tags = (RankedTag(key, count, lasts[key]) for key, count in counts.items())
        assert board.ranking() == sorted(tags, key=lambda tag: tag.order)[:BOARD_SIZE]
    expected = sorted(counts.values(), reverse=True)[:BOARD_SIZE]
    assert [tag.count for tag in board.ranking()] == expected


def test_changes_are_places_gained() -> None:
    earlier = [RankedTag("a", 3, 0), RankedTag("b", 2, 0)]
    now = [RankedTag("b", 5, 0), RankedTag("a", 3, 0), RankedTag("c", 1, 0)]
    assert changes(now, earlier) == {"b": 1, "a": -1, "c": None}
    assert changes(now, now) == {"b": 0, "a": 0, "c": 0}


def test_the_board_of_all_time_as_it_was_a_step_earlier() -> None:
    board = AllTime()
    update(board, RankedTag("b", 4, 9), RankedTag("a", 3, 9), RankedTag("new", 2, 9))
    earlier = board.earlier({"b": 3, "a": 0, "new": 2}.__getitem__)
    assert earlier == [RankedTag("a", 3, 9), RankedTag("b", 1, 9)]
