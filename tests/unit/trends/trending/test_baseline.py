"""What is usual: posts by hour, for a tag and for the others."""

import numpy as np
import pytest

from trends.counting.arrays import Integers, Ints
from trends.counting.spans import HOURS_KEPT
from trends.trending.baseline import Baseline

HOUR = 500_000  # since 1970
END = 60 * HOUR + 59  # its last minute


def integers(*values: int) -> Integers:
    return np.array(values, np.int32)


def ints(*values: int) -> Ints:
    return np.array(values, np.int64)


def baseline(*posts: tuple[int, int, int]) -> Baseline:
    """Make one of (tag, hours ago, posts)."""
    made = Baseline(HOUR)
    made.reserve(10)
    for tag, ago, amount in posts:
        made.add(integers(tag), ints(HOUR - ago), integers(amount))
    return made


def own_and_others(made: Baseline, tag: int, start: int, end: int, now: int = END) -> list[float]:
    found: list[float] = (
        made.curves(ints(tag), now).between(0, ints(start), ints(end)).ravel().tolist()
    )
    return found


def test_posts_of_a_tag_and_of_the_others() -> None:
    made = baseline((1, 0, 2), (1, 3, 4), (2, 3, 1), (2, 5, 3))
    assert own_and_others(made, 1, 60 * (HOUR - 5), END + 1) == [6, 4]
    assert own_and_others(made, 2, 60 * (HOUR - 3), END + 1) == [1, 6]
    assert own_and_others(made, 3, 60 * (HOUR - 4), END + 1) == [0, 7]


def test_within_an_hour_posts_are_spread_evenly() -> None:
    made = baseline((1, 3, 4))
    start = 60 * (HOUR - 3)
    assert own_and_others(made, 1, start + 15, start + 45) == [2, 0]
    assert own_and_others(made, 1, start - 30, start + 15) == [1, 0]


def test_the_current_hour_has_no_posts_in_its_future() -> None:
    made = baseline((1, 0, 4))
    now = 60 * HOUR + 19  # a third of the hour has passed
    assert own_and_others(made, 1, 60 * HOUR, now + 1, now) == [4, 0]
    assert own_and_others(made, 1, 60 * HOUR + 10, now + 1, now) == [2, 0]
    assert own_and_others(made, 1, now + 1, now + 100, now) == [0, 0]


@pytest.mark.parametrize(("name", "step", "times"), [("daily", 24, 27), ("weekly", 168, 4)])
def test_the_same_time_of_earlier_days_and_weeks(name: str, step: int, times: int) -> None:
    made = baseline(
        (1, 0, 50), (1, step, 1), (1, 2 * step, 2), (1, times * step, 4), (1, step + 1, 100),
        (1, (times + 1) * step, 200), (2, step, 3),
    )  # fmt: skip
    curve = getattr(made.curves(ints(1), END), name)
    assert curve(0, ints(60 * HOUR), ints(END + 1)).ravel().tolist() == [7, 3]


def test_a_flood_counts_little_in_the_total() -> None:
    flood = baseline((1, 3, 1_000), (2, 3, 3))
    assert own_and_others(flood, 2, 60 * (HOUR - 3), 60 * (HOUR - 2)) == pytest.approx([3, 100.3])
    small = baseline((1, 3, 40), (2, 3, 3))
    assert own_and_others(small, 2, 60 * (HOUR - 3), 60 * (HOUR - 2)) == [3, 5]
    assert own_and_others(small, 1, 60 * (HOUR - 3), 60 * (HOUR - 2)) == [40, 3]


def test_extremes_lie_around_every_tag() -> None:
    rng = np.random.default_rng(1)
    posts = [tuple(each) for each in rng.integers(0, (10, 100, 30), (300, 3)).tolist()]
    made = baseline(*posts)
    start, end = ints(60 * (HOUR - 70)), ints(END + 1)
    (most, least) = made.extremes(END).between(np.arange(2), start, end)[1]
    others = made.curves(np.arange(10), END).between(np.arange(10), start, end)[1]
    assert least <= others.min() <= others.max() <= most


def test_how_long_posts_are_known() -> None:
    assert baseline().known_hours == 0
    assert baseline((1, -1, 1)).known_hours == 0
    assert baseline((1, 5, 1)).known_hours == 5
    assert baseline((1, HOURS_KEPT - 1, 1)).known_hours == 28 * 24


def test_hours_are_forgotten_and_their_tags_freed() -> None:
    made = baseline((1, HOURS_KEPT - 2, 1), (2, HOURS_KEPT - 2, 1), (2, 0, 1))
    assert own_and_others(made, 1, 0, END + 1) == [1, 2]
    assert made.advance(HOUR + 1).tolist() == []
    assert made.advance(HOUR + 2).tolist() == [1]
    assert made.known_hours == 2
    assert own_and_others(made, 1, 0, END + 121, END + 120) == [0, 1]


def test_posts_that_arrive_late_are_added() -> None:
    made = baseline((1, 3, 4))
    assert own_and_others(made, 2, 0, END) == [0, 4]
    made.add(integers(1, 1), ints(HOUR - 3, HOUR - 3), integers(1, 2))
    assert own_and_others(made, 2, 0, END) == [0, 5]  # no more than a flood
    assert own_and_others(made, 1, 0, END) == [7, 0]
