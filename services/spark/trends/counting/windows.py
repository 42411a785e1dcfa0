"""Keeps each tag's posts and authors in the windows, and ranks their boards and the rising one."""

from collections.abc import Iterable

import numpy as np

from trends.counting.arrays import Bools, Integers, Ints
from trends.counting.numbering import TagNumbers, grown
from trends.counting.ranking import BOARD_SIZE, PEOPLE, Floats, RankedTag, Rise, nth_largest, rank
from trends.counting.sliding import SlidingAuthors, SlidingCounts
from trends.counting.spans import ALL, HOUR, RISING, STEPS, WINDOWS, Span
from trends.counting.tally import TagUses

# Fewer posts than this in the last hour may be chance.
LEAST_OBSERVED = 5
# Floor for `Rise.expected`, so that a brand-new tag does not get an infinite score.
LEAST_EXPECTED = 1.0

# The rising board compares the last hour with the rest of the longest window.
_BASELINE = max(WINDOWS.values())
_LAST_STEP = Span(STEPS[ALL])
_SPANS = {
    _LAST_STEP,
    *(Span(length, lag) for name, length in WINDOWS.items() for lag in (0, STEPS[name])),
    *(Span(length, STEPS[RISING]) for length in (HOUR, _BASELINE)),
}


class Windows:
    """The tags used in the windows, with their posts and authors.

    The boards have only tags that at least `min_authors` different people used in the window.
    Tags are numbered, and the arrays have an element per number. Times are minutes since 1970.
    """

    def __init__(self, now: int, min_authors: int = 0) -> None:
        self._min_authors = min_authors
        self._tags = TagNumbers()
        self._posts = SlidingCounts(now, _SPANS)
        self._authors = SlidingAuthors(now, _SPANS)
        self._lasts: Ints = np.zeros(16, np.int64)

    def __len__(self) -> int:
        return len(self._tags)

    def add(self, uses: TagUses, lasts: Ints, is_shown: Bools) -> None:
        """Add the uses that are recent.

        For each of `uses.keys`, `lasts` has its last use of all time (milliseconds since 1970), and
        `is_shown` whether it may be on a board.
        """
        rows = is_shown[uses.tag] & self._posts.is_recent(uses.minute)
        numbers = self._number(uses, rows, lasts)
        tag = numbers[uses.tag]
        self._posts.add(tag[rows], uses.minute[rows], uses.posts[rows].astype(np.int32))
        author_rows = rows[uses.author_row]
        row = uses.author_row[author_rows]
        self._authors.add_uses(tag[row], uses.minute[row], uses.author[author_rows])

    def advance(self, now: int) -> None:
        """Move on to the minute `now`, which never goes back."""
        forgotten = self._posts.advance(now)
        self._authors.advance(now)
        self._lasts[forgotten] = 0
        self._tags.free(forgotten)

    def ranking(self, name: str, rank_by: str, *, earlier: bool = False) -> list[RankedTag]:
        """Rank a window's board by posts or people, as it is now or as it was a step earlier."""
        span = Span(WINDOWS[name], STEPS[name] if earlier else 0)
        posts, authors = self._columns(span)
        counts = authors if rank_by == PEOPLE else posts
        if self._min_authors:
            counts = np.where(authors >= self._min_authors, counts, 0)
        return rank(self._tags.keys, counts, self._lasts)

    def counts(self, name: str, keys: Iterable[str]) -> list[tuple[int, int]]:
        """The posts in a window of each of these (known) tags, and how many people wrote them."""
        numbers = [self._tags.numbers[key] for key in keys]
        posts, authors = self._columns(Span(WINDOWS[name]))
        return list(zip(posts[numbers].tolist(), authors[numbers].tolist(), strict=True))

    def posts_of_last_step(self, key: str) -> int:
        """The posts with a tag during the last step of the board of all time."""
        posts, _ = self._columns(_LAST_STEP)
        return int(posts[self._tags.numbers[key]]) if key in self._tags.numbers else 0

    def rises(self, *, earlier: bool = False) -> list[Rise]:
        """Rank the rising board, as it is now or as it was a step earlier."""
        lag = STEPS[RISING] if earlier else 0
        posts, authors = self._columns(Span(HOUR, lag))
        tags = np.flatnonzero((posts >= LEAST_OBSERVED) & (authors >= self._min_authors))
        observed = posts[tags]
        before = self._columns(Span(_BASELINE, lag))[0][tags] - observed
        expected = np.maximum(before / max(self.hours(lag), 1), LEAST_EXPECTED)
        is_rise = observed > expected
        return self._rank_rises(tags[is_rise], observed[is_rise], expected[is_rise])

    def hours(self, lag: int = 0) -> int:
        """How many hours before the last one have any posts.

        This is not the age of the oldest post, which may have arrived long after it was written.
        """
        ages = self._posts.now - lag - self._posts.minutes()
        hours = ages[(ages >= HOUR) & (ages < _BASELINE)] // HOUR
        return int(np.count_nonzero(np.bincount(hours)))

    def _number(self, uses: TagUses, rows: Bools, lasts: Ints) -> Integers:
        """The number of each of `uses.keys`, or -1 if none of its uses is in `rows`."""
        is_wanted = np.zeros(len(uses.keys), np.bool_)
        is_wanted[uses.tag[rows]] = True
        wanted = [uses.keys[code] for code in np.flatnonzero(is_wanted).tolist()]
        found = self._tags.number(wanted)
        self._reserve(len(self._tags.keys))
        self._lasts[found] = np.maximum(self._lasts[found], lasts[is_wanted])
        numbers = np.full(len(uses.keys), -1, np.int32)
        numbers[is_wanted] = found
        return numbers

    def _reserve(self, size: int) -> None:
        self._lasts = grown(self._lasts, size)
        self._posts.reserve(size)
        self._authors.reserve_tags(size)

    def _columns(self, span: Span) -> tuple[Integers, Integers]:
        """The posts and the authors of all tags in a span."""
        size, row = len(self._tags.keys), self._posts.row[span]
        return self._posts.sums[row, :size], self._authors.authors[row, :size]

    def _rank_rises(self, tags: Ints, observed: Integers, expected: Floats) -> list[Rise]:
        """Sort the first `BOARD_SIZE` rises; the columns have an element for each rise."""
        scores = (observed - expected) ** 2 / expected
        least = nth_largest(scores, BOARD_SIZE) if len(scores) > BOARD_SIZE else 0
        columns = (tags, observed, self._lasts[tags], expected, scores)
        first = zip(*(column[scores >= least].tolist() for column in columns), strict=True)
        rises = [
            Rise(RankedTag(self._tags.keys[tag], posts, last), usual, score)
            for tag, posts, last, usual, score in first
        ]
        return sorted(rises, key=lambda rise: rise.order)[:BOARD_SIZE]
