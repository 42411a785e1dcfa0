"""Ranks tags, and keeps the board of all time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from trends.counting.arrays import Integers, Ints
from trends.counting.hidden import NONE_HIDDEN, HiddenTags

BOARD_SIZE = 100
# Every so many-th count is looked at first.
_SAMPLED = 64
# What a window's board can be ranked by.
TWEETS, PEOPLE = "tweets", "people"


@dataclass(frozen=True, slots=True)
class RankedTag:
    """A tag on a board.

    The higher count comes first, then the later last use, then the key in code-point order.
    `count` is posts with the tag, or people who used it; `last` is milliseconds since 1970.
    """

    key: str
    count: int
    last: int

    @property
    def order(self) -> tuple[int, int, str]:
        """The sort key of tags on a board."""
        return -self.count, -self.last, self.key


def rank(
    keys: Sequence[str], counts: Ints | Integers, lasts: Ints, size: int = BOARD_SIZE
) -> list[RankedTag]:
    """Sort the first `size` tags, without those that have a count of 0.

    The three columns have an element for each tag.
    """
    at = _candidates(counts, lasts, size)
    columns = (-counts[at]).tolist(), (-lasts[at]).tolist(), [keys[each] for each in at.tolist()]
    first = sorted(zip(*columns, strict=True))[:size]
    return [RankedTag(key, -count, -last) for count, last, key in first]


def _candidates(counts: Ints | Integers, lasts: Ints, size: int) -> Ints:
    """The positions of the first `size` tags, and of those that tie with the last but for the key.

    So Python objects are made for few of the tags.
    """
    some = _some_largest(counts, size)
    if len(some) <= size:
        return some
    counts = counts[some]
    least = _nth_largest(counts, size)
    above, tied = some[counts > least], some[counts == least]
    last = _nth_largest(lasts[tied], size - len(above))
    return np.concatenate([above, tied[lasts[tied] >= last]])


def _some_largest(counts: Ints | Integers, size: int) -> Ints:
    """The positions of all counts above some value, at least `size` of them, or of all above 0."""
    sample = counts[::_SAMPLED]
    expected = 4 * size // _SAMPLED + 1
    if len(sample) > expected:
        # Many times faster than finding all above 0. If the sample misleads, there are too few.
        some = np.flatnonzero(counts >= max(_nth_largest(sample, expected), 1))
        if len(some) >= size:
            return some
    return np.flatnonzero(counts > 0)


def _nth_largest(values: Ints | Integers, n: int) -> int:
    """The `n`-th largest of at least `n` values."""
    # Not partition(values, -n): where most values are equal, that takes up to 50 times as long.
    negative: int = np.partition(-values, n - 1)[n - 1].item()
    return -negative


def _first(tags: Iterable[RankedTag], size: int) -> list[RankedTag]:
    return sorted(tags, key=lambda tag: tag.order)[:size]


def changes(tags: Iterable[RankedTag], earlier: Iterable[RankedTag]) -> dict[str, int | None]:
    """By key, the places gained since the `earlier` board; None for a tag that was not on it."""
    ranks = {tag.key: rank for rank, tag in enumerate(earlier, 1)}
    return {
        tag.key: ranks[tag.key] - rank if tag.key in ranks else None
        for rank, tag in enumerate(tags, 1)
    }


class AllTime:
    """The board of all time.

    Counts never fall, so a tag can only enter when its own count changes: comparing the old top
    with the tags of a batch is enough. Three times the board's size is kept, so that the board a
    step earlier is known too, unless a whole board of tags has entered since, and that hidden tags
    leave no gaps, unless there are more than a whole board of them.
    """

    SIZE = 3 * BOARD_SIZE

    def __init__(self) -> None:
        self._top: dict[str, RankedTag] = {}

    def update(self, keys: Sequence[str], counts: Ints, lasts: Ints) -> None:
        """Update the totals of changed tags: posts of all time, and last use (ms since 1970)."""
        # A changed tag of the old top that `rank` leaves out stays there with its old count. It
        # still drops out, because `SIZE` changed tags rank before it.
        self._top.update({tag.key: tag for tag in rank(keys, counts, lasts, self.SIZE)})
        self._top = {tag.key: tag for tag in _first(self._top.values(), self.SIZE)}

    def ranking(self, hidden: HiddenTags = NONE_HIDDEN) -> list[RankedTag]:
        """The board as it is now."""
        return self._shown(hidden)[:BOARD_SIZE]

    def earlier(
        self, added: Callable[[str], int], hidden: HiddenTags = NONE_HIDDEN
    ) -> list[RankedTag]:
        """The board a step earlier; `added` returns how many posts a key has gained since."""
        tags = [
            RankedTag(tag.key, tag.count - added(tag.key), tag.last) for tag in self._shown(hidden)
        ]
        return _first([tag for tag in tags if tag.count > 0], BOARD_SIZE)

    def _shown(self, hidden: HiddenTags) -> list[RankedTag]:
        return [tag for tag in self._top.values() if tag.key not in hidden]
