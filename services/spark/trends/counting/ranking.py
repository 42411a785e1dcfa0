"""The boards: which tags lead, ever and in the last hours. Pure: no clock, no store."""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trends.counting.sliding import Distinct, Sliding, Span
from trends.counting.tally import Minute

BOARD_SIZE = 100
ALL, RISING = "all", "rising"
# What a window's board can be ranked by.
TWEETS, PEOPLE = "tweets", "people"
HOUR, DAY = 60, 24 * 60
# Minutes that each windowed board looks back, the running minute included.
WINDOWS = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY}
# "Places gained" compares with the board as it was so many minutes ago.
STEPS = {ALL: DAY, RISING: 10, "1h": 10, "24h": HOUR, "7d": DAY}
# Minutes older than this are in no window, and in none of a step before.
LONGEST = max(length + STEPS[name] for name, length in WINDOWS.items())
# Fewer tweets in the last hour than this may be chance.
LEAST_OBSERVED = 5
# Nothing is so rare that its first tweets would be endlessly many times as many.
LEAST_EXPECTED = 1.0
# Until there are tweets of so many earlier hours, what is usual is not known yet.
WARM_HOURS = 24

# The rising board: the last hour against the rest of the longest window.
_BASELINE = max(WINDOWS.values())
_SINCE_STEP = Span(STEPS[ALL])
_SPANS = {
    _SINCE_STEP,
    *(Span(length, lag) for name, length in WINDOWS.items() for lag in (0, STEPS[name])),
    *(Span(length, STEPS[RISING]) for length in (HOUR, _BASELINE)),
}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One tag's standing; places sort as they stand on a board.

    More of what is counted comes first, then the tag seen later, then the key in code-point order.
    """

    _order: tuple[int, int, str]

    @classmethod
    def of(cls, key: str, count: int, last: int) -> "Place":
        """`count` tweets with the tag `key`, or people; the last use at `last` (milliseconds)."""
        return cls((-count, -last, key))

    @property
    def key(self) -> str:
        """The folded tag."""
        return self._order[2]

    @property
    def count(self) -> int:
        """Tweets with the tag, or people who used it."""
        return -self._order[0]

    @property
    def last(self) -> int:
        """When it was last used, milliseconds."""
        return -self._order[1]


@dataclass(frozen=True, slots=True, order=True)
class Rise:
    """How far a tag's last hour is above what the days before lead one to expect.

    `score` is (observed - expected)² / expected, a term of Pearson's chi-squared test; rises sort
    by it, and then as places do.
    """

    _order: tuple[float, Place]
    expected: float

    @classmethod
    def of(cls, place: Place, expected: float) -> "Rise":
        """`place` has the tweets of the last hour, `expected` how many would be usual."""
        return cls((-((place.count - expected) ** 2) / expected, place), expected)

    @property
    def place(self) -> Place:
        """The tag and its tweets in the last hour."""
        return self._order[1]

    @property
    def score(self) -> float:
        """The higher, the less it can be chance."""
        return -self._order[0]


def leaders(places: Iterable[Place], size: int = BOARD_SIZE) -> list[Place]:
    """The first `size` places in their order."""
    return heapq.nsmallest(size, places)


def changes(places: Iterable[Place], earlier: Iterable[Place]) -> dict[str, int | None]:
    """Key -> places gained since the `earlier` board; None: it was not on it."""
    ranks = {place.key: rank for rank, place in enumerate(earlier, 1)}
    return {
        place.key: ranks[place.key] - rank if place.key in ranks else None
        for rank, place in enumerate(places, 1)
    }


class AllTime:
    """The top of all tags ever.

    Counts never fall, so a tag can only enter by a change of its own: the old top and the
    changed tags are all that has to be compared. Twice the board is kept, so that the board of
    some time ago is known too, unless a whole board of tags has come past since.
    """

    SIZE = 2 * BOARD_SIZE

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self._top = {place.key: place for place in leaders(places, self.SIZE)}

    def update(self, changed: Iterable[Place]) -> None:
        """Take in the new standings of the tags of a batch."""
        least = 0 if len(self._top) < self.SIZE else min(p.count for p in self._top.values())
        self._top.update({place.key: place for place in changed if place.count >= least})
        self._top = {place.key: place for place in leaders(self._top.values(), self.SIZE)}

    def places(self) -> list[Place]:
        """The board."""
        return leaders(self._top.values())

    def earlier(self, windows: "Windows") -> list[Place]:
        """The board of a step ago, which is before all that `windows` has of the last step."""
        since = {key: windows.tweets.count(_SINCE_STEP, key) for key in self._top}
        return leaders(
            Place.of(key, place.count - since[key], place.last)
            for key, place in self._top.items()
            if place.count > since[key]
        )


class Windows:
    """Tweets and people of the last hours and days.

    On its boards stand only tags that at least `min_authors` different people used.
    """

    def __init__(self, now: int, min_authors: int = 0) -> None:
        self._min_authors = min_authors
        self.tweets = Sliding[str](now, _SPANS)
        self.people = Distinct(now, _SPANS)
        self._last: dict[str, int] = {}

    def add(self, key: str, minutes: Mapping[int, Minute], last: int) -> None:
        """`minutes`: minute since 1970 -> what it has of the tag; `last` use in milliseconds."""
        recent = {m: each for m, each in minutes.items() if m > self.tweets.now - LONGEST}
        if not recent:
            return
        self._last[key] = max(self._last.get(key, 0), last)
        for minute, each in recent.items():
            self.tweets.add(key, minute, each.tweets)
            for author in each.authors:
                self.people.add((key, author), minute, 1)

    def advance(self, now: int) -> None:
        """The running minute is `now` (since 1970); it never goes back."""
        for key in self.tweets.advance(now):
            del self._last[key]
        self.people.advance(now)

    def places(self, name: str, rank_by: str, *, earlier: bool = False) -> list[Place]:
        """The board of a window by the number of tweets or of people; or as it was a step ago."""
        span = Span(WINDOWS[name], STEPS[name] if earlier else 0)
        if rank_by == TWEETS and not self._min_authors:
            return self._leaders(self.tweets.most(span, BOARD_SIZE))
        persons = self.people.persons[span]
        if rank_by == PEOPLE:
            # Few of many can stand on the board; only those are put in order.
            least = max(
                min(heapq.nlargest(BOARD_SIZE, persons.values()), default=0), self._min_authors
            )
            return self._leaders([(key, n) for key, n in persons.items() if n >= least])
        enough = [key for key, n in persons.items() if n >= self._min_authors]
        return self._leaders([(key, self.tweets.count(span, key)) for key in enough])

    def counts(self, name: str, key: str) -> tuple[int, int]:
        """The tweets of a window with the tag, and how many people wrote them."""
        span = Span(WINDOWS[name])
        return self.tweets.count(span, key), self.people.persons[span].get(key, 0)

    def rises(self, *, earlier: bool = False) -> list[Rise]:
        """The rising board."""
        lag = STEPS[RISING] if earlier else 0
        hour, baseline = Span(HOUR, lag), Span(_BASELINE, lag)
        hours, rises = max(self.hours(lag), 1), []
        for key, observed in self.tweets.at_least(hour, LEAST_OBSERVED):
            earlier_uses = self.tweets.count(baseline, key) - observed
            expected = max(earlier_uses / hours, LEAST_EXPECTED)
            persons = self.people.persons[hour].get(key, 0)
            if observed > expected and persons >= self._min_authors:
                rises.append(Rise.of(Place.of(key, observed, self._last[key]), expected))
        return heapq.nsmallest(BOARD_SIZE, rises)

    def hours(self, lag: int = 0) -> int:
        """Of how many hours before the last one there are tweets.

        It is not how long ago the oldest was: that one may be a straggler.
        """
        ages = (self.tweets.now - lag - minute for minute in self.tweets.minutes())
        return len({age // HOUR for age in ages if HOUR <= age < _BASELINE})

    def _leaders(self, counts: list[tuple[str, int]]) -> list[Place]:
        return leaders(Place.of(key, n, self._last[key]) for key, n in counts)
