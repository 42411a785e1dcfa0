"""Compares sliding counts with sums over everything ever added."""

import random
from collections import Counter

import numpy as np
import pytest

from trends.counting.sliding import SlidingAuthors, SlidingCounts
from trends.counting.spans import Span

NOW = 30_000_000
SPANS = [Span(1), Span(10), Span(10, 5), Span(30, 20)]


def ints(values: list[int]) -> np.ndarray:
    return np.array(values, np.int32)


def minutes(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


def is_inside(minute: int, now: int, span: Span) -> bool:
    return now - span.lag - span.length < minute <= now - span.lag


@pytest.mark.parametrize("seed", range(3))
def test_sums_equal_a_recount_at_every_moment(seed: int) -> None:
    """Covers repeated numbers in a batch, late and early minutes, and clock jumps."""
    rng = random.Random(seed)
    sliding, added, now = SlidingCounts(NOW, SPANS), [], NOW
    sliding.reserve(40)
    for _ in range(100):
        batch = [
            (rng.randrange(40), now - rng.randrange(-3, 50), rng.randrange(1, 5))
            for _ in range(rng.randrange(20))
        ]
        columns = list(zip(*batch, strict=True)) or [(), (), ()]
        sliding.add(ints(columns[0]), minutes(columns[1]), ints(columns[2]))
        added += batch
        for span, row in sliding.row.items():
            right: Counter[int] = Counter()
            for number, minute, amount in added:
                right[number] += amount * is_inside(minute, now, span)
            assert sliding.sums[row, :40].tolist() == [right[number] for number in range(40)]
        now += rng.choice([0, 0, 1, 1, 2, 60])
        sliding.advance(now)


def test_a_number_is_forgotten_when_its_last_minute_has_left_all_spans() -> None:
    sliding = SlidingCounts(NOW, SPANS)
    sliding.reserve(3)
    sliding.add(ints([0, 1, 1, 1]), minutes([NOW, NOW, NOW, NOW + 1]), ints([1, 1, 1, 1]))
    assert sliding.advance(NOW + 49).tolist() == []
    assert sliding.is_recent(minutes([NOW - 1, NOW])).tolist() == [False, True]
    assert sliding.advance(NOW + 50).tolist() == [0]
    assert sliding.advance(NOW + 500).tolist() == [1]
    assert not sliding.sums.any() and sliding.log.first() is None


def test_an_author_counts_until_the_last_use_has_left_the_span() -> None:
    sliding = SlidingAuthors(NOW, SPANS)
    sliding.reserve_tags(2)

    def add(*uses: tuple[int, int, int]) -> None:
        tags, when, authors = zip(*uses, strict=True)
        sliding.add_uses(ints(tags), minutes(when), np.array(authors, np.uint64))

    add((0, NOW, 7), (0, NOW - 3, 7), (0, NOW - 3, 8), (1, NOW, 7))
    assert sliding.authors(Span(10))[:2].tolist() == [2, 1]
    sliding.advance(NOW + 7)  # the minute NOW - 3 leaves the span
    assert sliding.authors(Span(10))[:2].tolist() == [1, 1]
    add((0, NOW + 7, 7))
    sliding.advance(NOW + 10)
    assert sliding.authors(Span(10))[:2].tolist() == [1, 0]
    sliding.advance(NOW + 17)
    assert not sliding.authors(Span(10)).any()
    assert len(sliding.advance(NOW + 60)) == 3


def test_what_is_kept_of_a_minute_does_not_grow_by_the_batch() -> None:
    """Otherwise a driver that applies small batches for days would run out of memory."""
    sliding = SlidingCounts(NOW, SPANS)
    sliding.reserve(1)
    for _ in range(1000):
        sliding.add(ints([0]), minutes([NOW]), ints([1]))
    (minute,) = sliding.log._minutes.values()
    assert minute._numbers.buffer_info()[1] == 1000
    assert sliding.sums[sliding.row[Span(1)], 0] == 1000
