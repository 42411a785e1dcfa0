"""Ranks the boards `rising` and `now`."""

from dataclasses import dataclass

import numpy as np

from trends.counting.arrays import Integers, Ints, distinct
from trends.counting.ranking import BOARD_SIZE, PEOPLE, RankedTag, rank
from trends.counting.spans import HOUR, NOW, RISING_LENGTHS, STEPS, Span
from trends.counting.windows import Windows
from trends.trending.rising import find

# `now` is of the shortest window in which so many tags were used by so many people each, and of
# seven days if there is none.
_NOW_TAGS, _NOW_PEOPLE = 5, 3
_NOW_OTHERWISE = "7d"


@dataclass(frozen=True, slots=True)
class Rise:
    """A tag on the rising board; its count is its posts in `window`.

    `people` used it there, where `expected` is usual. Chance would bring any tag so far once in
    e^`score` boards; `before` is the score a step earlier, -inf if the tag did not rise then. The
    higher score comes first, then more people, then the tag's own order.
    """

    tag: RankedTag
    people: int
    expected: float
    window: str
    score: float
    before: float

    @property
    def order(self) -> tuple[float, int, tuple[int, int, str]]:
        """The sort key of the rising board."""
        return -self.score, -self.people, self.tag.order


@dataclass(frozen=True, slots=True)
class NowBoard:
    """The board `now`: the tags that most people used in `window`, and those a step earlier.

    `posts_and_people` has both numbers for each of `tags`.
    """

    window: str
    tags: list[RankedTag]
    earlier: list[RankedTag]
    posts_and_people: list[tuple[int, int]]


def before(rises: list[Rise]) -> list[RankedTag]:
    """Those of the tags that rose a step earlier too, in the order that they had then."""
    rose = [rise for rise in rises if rise.before > -np.inf]
    return [rise.tag for rise in sorted(rose, key=lambda rise: (-rise.before, rise.tag.key))]


class Trending:
    """What is trending in the windows' current minute.

    A tag needs `least` people to rise, and `min_authors` to be on any of these boards.
    """

    def __init__(self, windows: Windows, least: int, min_authors: int) -> None:
        self._windows = windows
        self._least = max(least, min_authors, 1)
        self._min_authors = min_authors

    def rises(self) -> list[Rise]:
        """The first `BOARD_SIZE` of the rising tags."""
        windows = self._windows
        found = find(windows.authors, windows.baseline, self._least, BOARD_SIZE, windows.are_hidden)
        columns = (
            found.tag, self._posts(found.tag, found.length), windows.lasts[found.tag],
            found.people, found.expected, found.length, found.score, found.before,
        )  # fmt: skip
        rises = [
            Rise(
                RankedTag(windows.tags.keys[tag], posts, last),
                people,
                expected,
                name_of(length),
                score,
                earlier,
            )
            for tag, posts, last, people, expected, length, score, earlier in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]
        return sorted(rises, key=lambda rise: rise.order)[:BOARD_SIZE]

    def now(self) -> NowBoard:
        """The board `now`."""
        windows = self._windows
        length = self._shortest_window()
        if length is None:
            tags, earlier = (
                windows.ranking(_NOW_OTHERWISE, PEOPLE, earlier=flag) for flag in (False, True)
            )
            counts = windows.counts(_NOW_OTHERWISE, [tag.key for tag in tags])
            return NowBoard(_NOW_OTHERWISE, tags, earlier, counts)
        tags = self._rank(self._people(length))
        earlier = self._rank(self._people_before(length))
        numbers = np.array([windows.tags.numbers[tag.key] for tag in tags], np.int64)
        posts = self._posts(numbers, np.full(len(tags), length)).tolist()
        counts = list(zip(posts, [tag.count for tag in tags], strict=True))
        return NowBoard(name_of(length), tags, earlier, counts)

    def _shortest_window(self) -> int | None:
        """The shortest window in which enough tags were used by enough people."""
        least = max(_NOW_PEOPLE, self._min_authors)
        for length in RISING_LENGTHS:
            if np.count_nonzero(self._people(length) >= least) >= _NOW_TAGS:
                return length
        return None

    def _people(self, length: int) -> Integers:
        people = self._windows.authors.authors(Span(length))[: len(self._windows.tags.keys)]
        return self._windows.shown(people)

    def _rank(self, people: Ints | Integers) -> list[RankedTag]:
        if self._min_authors:
            people = np.where(people >= self._min_authors, people, 0)
        return rank(self._windows.tags.keys, people, self._windows.lasts)

    def _people_before(self, length: int) -> Ints:
        """The people who used each tag in a window, as it was a step earlier."""
        authors, end = self._windows.authors, self._windows.posts.now - STEPS[NOW]
        pairs = distinct(authors.log.between(end - length + 1, end).numbers)
        people = np.bincount(authors.tag_of(pairs), minlength=len(self._windows.tags.keys))
        return self._windows.shown(people)

    def _posts(self, tags: Ints, lengths: Ints) -> Ints:
        """The posts with each tag in a window of its own."""
        posts = self._windows.posts
        start = posts.now - int(lengths.max(initial=0)) + 1
        uses, at = posts.log.of(tags, start, posts.now)
        is_inside = uses.minutes > posts.now - lengths[at]
        return np.bincount(at[is_inside], uses.amounts[is_inside], len(tags)).astype(np.int64)


def name_of(length: int) -> str:
    """The name of a window of so many minutes."""
    return f"{length // HOUR}h"
