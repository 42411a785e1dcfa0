"""Keeps all boards in memory: loads them from HBase's tags, then adds each batch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from trends.counting.arrays import Ints
from trends.counting.hidden import NONE_HIDDEN, HiddenTags
from trends.counting.ranking import PEOPLE, TWEETS, AllTime, RankedTag
from trends.counting.spans import ALL, NOW, RISING, RISING_POINTS, WINDOWS
from trends.counting.sparklines import sparklines
from trends.counting.stored_tag import StoredTag
from trends.counting.tally import TagUses
from trends.counting.windows import Windows
from trends.trending.boards import Rise, Trending, before

# Tags are loaded this many at a time, so that their columns stay small.
_LOADED_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Ranking:
    """A board: its tags in order, and those of the same board a step earlier.

    `posts_and_people` has, for each tag on a window's board, its posts in the window and how many
    people wrote them, whichever the board is ranked by. It is None for the board of all time.
    `window` is the one that the board `now` is of. `points` has the sparkline of each tag.
    """

    name: str
    rank_by: str
    tags: list[RankedTag]
    earlier: list[RankedTag]
    posts_and_people: list[tuple[int, int]] | None = None
    window: str | None = None
    points: Sequence[list[int]] = ()

    @property
    def span(self) -> str:
        """The time that the board's sparklines cover, a key of `POINTS`."""
        return RISING_POINTS if self.name == RISING else self.window or self.name


@dataclass(frozen=True, slots=True)
class Rankings:
    """All boards at one moment.

    `rises` has the numbers behind the tags of the rising board, in the same order. What is usual
    is known from the last `known_hours`, at most four weeks.
    """

    boards: list[Ranking]
    rises: list[Rise]
    known_hours: int

    def keys(self) -> list[str]:
        """The keys of all tags that are shown, sorted."""
        return sorted({tag.key for board in self.boards for tag in board.tags})


class Leaderboard:
    """The board of all time, the boards of the windows, `rising` and `now`.

    `now` is the current minute (since 1970). Tags in `hidden` are counted, but are on no board.
    Tags used by fewer than `min_authors` people are only on the board of all time, and those used
    by fewer than `rising_people` do not rise.
    """

    def __init__(
        self,
        now: int,
        hidden: HiddenTags = NONE_HIDDEN,
        min_authors: int = 0,
        rising_people: int = 3,
    ) -> None:
        self._hidden = hidden
        self._min_authors = min_authors
        self._rising_people = rising_people
        self._all_time = AllTime()
        self._windows = Windows(now, min_authors, hidden)

    def hide(self, hidden: HiddenTags) -> None:
        """Keep these tags off the boards from now on, and show all others."""
        if hidden != self._hidden:
            self._hidden = hidden
            self._windows.hide(hidden)

    def load(self, rows: Iterable[StoredTag]) -> None:
        """Load all tags that HBase has; must come before the first `add`."""
        rows = iter(rows)
        while tags := list(islice(rows, _LOADED_AT_ONCE)):
            counts = np.array([tag.count for tag in tags], np.int64)
            lasts = np.array([tag.last for tag in tags], np.int64)
            self.add(_uses(tags), counts, lasts)

    def add(self, uses: TagUses, counts: Ints, lasts: Ints) -> None:
        """Add a batch, once HBase has it.

        `counts` and `lasts` have, for each of `uses.keys`, its posts of all time and its last use
        (milliseconds since 1970), including this batch.
        """
        self._all_time.update(uses.keys, counts, lasts)
        self._windows.add(uses, lasts)

    def rankings(self, version: int) -> Rankings:
        """Rank all boards at the time `version` (ms since 1970), which never goes back."""
        windows = self._windows
        windows.advance(version // 60_000)
        earlier = self._all_time.earlier(windows.posts_of_last_step, self._hidden)
        trending = Trending(windows, self._rising_people, self._min_authors)
        rises, now = trending.rises(), trending.now()
        boards = [
            Ranking(ALL, TWEETS, self._all_time.ranking(self._hidden), earlier),
            Ranking(
                RISING,
                PEOPLE,
                [rise.tag for rise in rises],
                before(rises),
                [(rise.tag.count, rise.people) for rise in rises],
            ),
            Ranking(NOW, PEOPLE, now.tags, now.earlier, now.posts_and_people, now.window),
            *(self._window(name, by) for name in WINDOWS for by in (TWEETS, PEOPLE)),
        ]
        return Rankings(self._with_points(boards), rises, windows.baseline.known_hours)

    def _window(self, name: str, rank_by: str) -> Ranking:
        tags = self._windows.ranking(name, rank_by)
        earlier = self._windows.ranking(name, rank_by, earlier=True)
        counts = self._windows.counts(name, [tag.key for tag in tags])
        return Ranking(name, rank_by, tags, earlier, counts)

    def _with_points(self, boards: list[Ranking]) -> list[Ranking]:
        """Add the sparklines; those of all boards of a span are counted together."""
        keys: dict[str, dict[str, None]] = {}
        for board in boards:
            keys.setdefault(board.span, {}).update(dict.fromkeys(tag.key for tag in board.tags))
        found = {span: sparklines(self._windows, span, list(of)) for span, of in keys.items()}
        return [
            replace(board, points=[found[board.span][tag.key] for tag in board.tags])
            for board in boards
        ]


def _uses(tags: Sequence[StoredTag]) -> TagUses:
    """Convert stored tags to columns."""
    rows = [
        (code, minute, *uses)
        for code, tag in enumerate(tags)
        for minute, uses in sorted(tag.minutes.items())
    ]
    hours = [(code, *each) for code, tag in enumerate(tags) for each in sorted(tag.hours.items())]
    authors_each = [len(authors) for *_, authors in rows]
    return TagUses(
        keys=[tag.key for tag in tags],
        tag=np.array([code for code, *_ in rows], np.int32),
        minute=np.array([minute for _, minute, *_ in rows], np.int64),
        posts=np.array([posts for _, _, posts, _ in rows], np.int64),
        hour_tag=np.array([code for code, *_ in hours], np.int32),
        hour=np.array([hour for _, hour, _ in hours], np.int64),
        hour_posts=np.array([posts for *_, posts in hours], np.int64),
        author_row=np.repeat(
            np.arange(len(rows), dtype=np.int32), np.array(authors_each, np.int64)
        ),
        author=np.array([author for *_, authors in rows for author in authors], np.uint64),
    )
