"""Compares the log with a list of everything ever added."""

import random
from collections import Counter

import numpy as np
import pytest

from trends.counting.arrays import Integers, Ints
from trends.counting.use_log import UseLog, Uses

NOW = 30_000_000
# Numbers from 0 to 19 belong to tags from 0 to 6.
TAGS = 7


def tag_of(numbers: Integers) -> Integers:
    return numbers % TAGS


def integers(values: object) -> Integers:
    return np.array(values, np.int32)


def ints(values: object) -> Ints:
    return np.array(values, np.int64)


def counted(uses: Uses) -> Counter[tuple[int, int]]:
    """Amounts by number and minute."""
    total: Counter[tuple[int, int]] = Counter()
    columns = uses.numbers.tolist(), uses.minutes.tolist(), uses.amounts.tolist()
    for number, minute, amount in zip(*columns, strict=True):
        total[number, minute] += amount
    return total


@pytest.mark.parametrize("seed", range(5))
def test_uses_equal_a_recount_while_time_goes_by(seed: int) -> None:
    """Covers late and future uses, forgotten minutes, and more groups than are remembered."""
    rng = random.Random(seed)
    log, kept, now = UseLog(10, 4, tag_of), Counter[tuple[int, int]](), NOW
    for _ in range(80):
        for _ in range(rng.randrange(12)):
            minute = now - rng.choice([-3, 0, 0, 1, 5, 20, 59])
            numbers, amounts = rng.choices(range(20), k=3), rng.choices(range(1, 5), k=3)
            log.append(minute, integers(numbers), integers(amounts))
            for number, amount in zip(numbers, amounts, strict=True):
                kept[number, minute] += amount
        start, end = sorted(now - rng.randrange(60) for _ in range(2))
        right = {key: amount for key, amount in kept.items() if start <= key[1] <= end}
        assert counted(log.between(start, end)) == right

        tags = rng.sample(range(TAGS + 2), k=rng.randrange(TAGS))
        uses, position = log.of(ints(tags), start, end)
        assert counted(uses) == {key: n for key, n in right.items() if key[0] % TAGS in tags}
        assert [tags[at] for at in position.tolist()] == (uses.numbers % TAGS).tolist()
        for number in range(20):
            assert (np.diff(uses.minutes[uses.numbers == number]) >= 0).all()

        for _ in range(rng.choice([0, 1, 1, 2, 30])):
            now += 1
            log.forget(now - 60)
        kept = Counter({key: amount for key, amount in kept.items() if key[1] > now - 60})
        first = log.first()
        assert first == min((minute for _, minute in kept), default=None)


def test_minutes_are_joined_once_until_they_are_added_to_and_not_for_ever() -> None:
    log = UseLog(10, 4)
    for minute in range(NOW, NOW + 96):
        log.append(minute, integers([1]), integers([1]))
    log.between(NOW, NOW + 95)
    joined = dict(log._joined)
    assert len(joined) == 4
    log.of(ints([1]), NOW + 70, NOW + 95)
    assert log._joined == joined
    for minute in (NOW + 75, NOW + 96):
        log.append(minute, integers([2]), integers([1]))
    assert len(log.of(ints([2]), NOW + 60, NOW + 96)[0].numbers) == 2


def test_a_joined_group_is_dropped_although_nothing_is_used_when_it_is_due() -> None:
    """Otherwise the busy hours before quiet nights would stay in memory."""
    log = UseLog(10, 4)
    log.append(NOW, integers([1]), integers([1]))
    log.between(NOW, NOW + 9)
    log.between(NOW + 40, NOW + 49)
    assert not log._joined
