"""Keeps each tag's posts and authors of the last days, and ranks the boards of the windows."""

from collections.abc import Iterable

import numpy as np

from trends.counting.arrays import Bools, Integers, Ints
from trends.counting.hidden import NONE_HIDDEN, HiddenTags
from trends.counting.numbering import AnyArray, TagNumbers, grown
from trends.counting.ranking import PEOPLE, RankedTag, rank
from trends.counting.sliding import SlidingAuthors, SlidingCounts
from trends.counting.spans import ALL, HOUR, RISING_LENGTHS, STEPS, WINDOWS, Span
from trends.counting.tally import TagUses
from trends.trending.baseline import Baseline

_LAST_STEP = Span(STEPS[ALL])
_SPANS = {
    _LAST_STEP,
    *(Span(length, lag) for name, length in WINDOWS.items() for lag in (0, STEPS[name])),
}


class Windows:
    """The tags used lately, with their posts and authors.

    The boards have only tags that at least `min_authors` different people used in the window.
    Tags are numbered, and the arrays have an element per number. Times are minutes since 1970.
    """

    def __init__(self, now: int, min_authors: int = 0, hidden: HiddenTags = NONE_HIDDEN) -> None:
        self._min_authors = min_authors
        self._hidden = hidden
        self.tags = TagNumbers()
        self.posts = SlidingCounts(now, _SPANS)
        self.authors = SlidingAuthors(now, _SPANS | {Span(length) for length in RISING_LENGTHS})
        self.baseline = Baseline(now // HOUR)
        self.lasts: Ints = np.zeros(16, np.int64)
        self._is_hidden: Bools = np.zeros(16, np.bool_)

    def __len__(self) -> int:
        return len(self.tags)

    def hide(self, hidden: HiddenTags) -> None:
        """Keep these tags off the boards, and no others."""
        self._hidden = hidden
        self._is_hidden[: len(self.tags.keys)] = hidden.among(self.tags.keys)

    def shown(self, counts: AnyArray) -> AnyArray:
        """The counts of all tags, but 0 for those that are hidden."""
        if self._hidden == NONE_HIDDEN:
            return counts
        shown = counts.copy()
        shown[self._is_hidden[: len(counts)]] = 0
        return shown

    def are_hidden(self, numbers: Ints) -> Bools:
        """Whether each of these tags, given by number, is hidden."""
        are_hidden: Bools = self._is_hidden[numbers]
        return are_hidden

    def add(self, uses: TagUses, lasts: Ints) -> None:
        """Add the uses that are recent.

        `lasts` has the last use of all time of each of `uses.keys` (milliseconds since 1970).
        """
        rows = self.posts.is_recent(uses.minute)
        hours = self.baseline.is_recent(uses.hour)
        # Hours are kept longer than minutes, so these are all tags to be numbered.
        numbers = self._number(uses, uses.hour_tag[hours], lasts)
        hour_posts = uses.hour_posts[hours].astype(np.int32)
        self.baseline.add(numbers[uses.hour_tag[hours]], uses.hour[hours], hour_posts)
        tag = numbers[uses.tag]
        self.posts.add(tag[rows], uses.minute[rows], uses.posts[rows].astype(np.int32))
        author_rows = rows[uses.author_row]
        row = uses.author_row[author_rows]
        self.authors.add_uses(tag[row], uses.minute[row], uses.author[author_rows])

    def advance(self, now: int) -> None:
        """Move on to the minute `now`, which never goes back."""
        self.posts.advance(now)
        self.authors.advance(now)
        forgotten = self.baseline.advance(now // HOUR)
        self.lasts[forgotten] = 0
        self.tags.free(forgotten)

    def ranking(self, name: str, rank_by: str, *, earlier: bool = False) -> list[RankedTag]:
        """Rank a window's board by posts or people, as it is now or as it was a step earlier."""
        span = Span(WINDOWS[name], STEPS[name] if earlier else 0)
        posts, authors = self._columns(span)
        counts = authors if rank_by == PEOPLE else posts
        if self._min_authors:
            counts = np.where(authors >= self._min_authors, counts, 0)
        return rank(self.tags.keys, self.shown(counts), self.lasts)

    def counts(self, name: str, keys: Iterable[str]) -> list[tuple[int, int]]:
        """The posts in a window of each of these (known) tags, and how many people wrote them."""
        numbers = [self.tags.numbers[key] for key in keys]
        posts, authors = self._columns(Span(WINDOWS[name]))
        return list(zip(posts[numbers].tolist(), authors[numbers].tolist(), strict=True))

    def posts_of_last_step(self, key: str) -> int:
        """The posts with a tag during the last step of the board of all time."""
        posts, _ = self._columns(_LAST_STEP)
        return int(posts[self.tags.numbers[key]]) if key in self.tags.numbers else 0

    def posts_in(self, span: Span, numbers: Ints) -> Integers:
        """The posts with each of these tags, given by number, in a span."""
        posts: Integers = self._columns(span)[0][numbers]
        return posts

    def _number(self, uses: TagUses, codes: Integers, lasts: Ints) -> Integers:
        """The number of each of `uses.keys`, or -1 if its code is not in `codes`."""
        is_wanted = np.zeros(len(uses.keys), np.bool_)
        is_wanted[codes] = True
        wanted = [uses.keys[code] for code in np.flatnonzero(is_wanted).tolist()]
        found = self.tags.number(wanted)
        self._reserve(len(self.tags.keys))
        self.lasts[found] = np.maximum(self.lasts[found], lasts[is_wanted])
        self._is_hidden[found] = self._hidden.among(wanted)
        numbers = np.full(len(uses.keys), -1, np.int32)
        numbers[is_wanted] = found
        return numbers

    def _reserve(self, size: int) -> None:
        self.lasts, self._is_hidden = grown(self.lasts, size), grown(self._is_hidden, size)
        self.posts.reserve(size)
        self.authors.reserve_tags(size)
        self.baseline.reserve(size)

    def _columns(self, span: Span) -> tuple[Integers, Integers]:
        """The posts and the authors of all tags in a span."""
        size = len(self.tags.keys)
        return self.posts.sums[self.posts.row[span], :size], self.authors.authors(span)[:size]
