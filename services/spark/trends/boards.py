"""The boards: which tags lead, ever and in the last hours. Pure: no clock, no store."""

import heapq
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

BOARD_SIZE = 100
ALL, RISING = "all", "rising"
# Minutes that each windowed board looks back, the running minute included.
WINDOWS = {"1h": 60, "24h": 24 * 60, "7d": 7 * 24 * 60}
LONGEST = max(WINDOWS.values())
# The rising board: the last hour against the rest of the longest window.
HOUR = 60
# Fewer tweets in the last hour than this may be chance.
LEAST_OBSERVED = 5
# Nothing is so rare that its first tweets would be endlessly many times as many.
LEAST_EXPECTED = 1.0
# Until there are tweets of so many earlier hours, what is usual is not known yet.
WARM_HOURS = 24
# "Places gained" compares with the board of at least this long ago.
CHANGE_MILLISECONDS = 10 * 60_000


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One tag's standing; places sort as they stand on a board.

    More tweets come first, then the tag seen later, then the key in code-point order.
    """

    _order: tuple[int, int, str]

    @classmethod
    def of(cls, key: str, count: int, last: int) -> "Place":
        """`count` tweets with the tag `key`, the last of them at `last` (milliseconds)."""
        return cls((-count, -last, key))

    @property
    def key(self) -> str:
        """The folded tag."""
        return self._order[2]

    @property
    def count(self) -> int:
        """Tweets with the tag."""
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


class AllTime:
    """The top of all tags ever.

    Counts never fall, so a tag can only enter by a change of its own: the old top and the
    changed tags are all that has to be compared.
    """

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self._top = {place.key: place for place in places}

    def update(self, changed: Iterable[Place]) -> None:
        """Take in the new standings of the tags of a batch."""
        self._top.update({place.key: place for place in changed})
        self._top = {place.key: place for place in leaders(self._top.values())}

    def places(self) -> list[Place]:
        """The board."""
        return leaders(self._top.values())


class Windows:
    """Counts of the last hours and days, minute by minute.

    A minute is an append-only pair of arrays (tag number, count), 8 bytes an entry, and each
    window keeps a running sum: what enters is added once, what leaves is taken off once.
    """

    def __init__(self, now: int) -> None:
        self._now = now
        self._keys: list[str] = []
        self._numbers: dict[str, int] = {}
        self._last = array("q")
        self._minutes: dict[int, tuple[array[int], array[int]]] = {}
        self._sums: dict[str, dict[int, int]] = {name: {} for name in WINDOWS}

    def add(self, key: str, minutes: Mapping[int, int], last: int) -> None:
        """`minutes`: minute since 1970 -> tweets with the tag `key`; `last` use in milliseconds."""
        number = self._number(key)
        self._last[number] = max(self._last[number], last)
        for minute, count in minutes.items():
            if minute <= self._now - LONGEST:
                continue
            numbers, counts = self._minutes.setdefault(minute, (array("I"), array("I")))
            numbers.append(number)
            counts.append(count)
            for name, length in WINDOWS.items():
                if self._now - length < minute <= self._now:
                    sums = self._sums[name]
                    sums[number] = sums.get(number, 0) + count

    def advance(self, now: int) -> None:
        """The running minute is `now` (since 1970); it never goes back."""
        while self._now < now:
            self._now += 1
            for name, length in WINDOWS.items():
                self._move(self._sums[name], self._now, 1)
                self._move(self._sums[name], self._now - length, -1)
            self._minutes.pop(self._now - LONGEST, None)

    def places(self, name: str) -> list[Place]:
        """The board of one window."""
        return leaders(
            Place.of(self._keys[number], count, self._last[number])
            for number, count in self._sums[name].items()
        )

    def rises(self) -> tuple[list[Rise], int]:
        """The rising board, and of how many hours before the last one there are tweets."""
        hours, rises = self._hours(), []
        for number, observed in self._sums["1h"].items():
            earlier = self._sums["7d"][number] - observed
            expected = max(earlier / max(hours, 1), LEAST_EXPECTED)
            if observed >= LEAST_OBSERVED and observed > expected:
                place = Place.of(self._keys[number], observed, self._last[number])
                rises.append(Rise.of(place, expected))
        return heapq.nsmallest(BOARD_SIZE, rises), hours

    def _hours(self) -> int:
        """Hours with tweets, and not all hours since the oldest: that one may be a straggler."""
        ages = (self._now - minute for minute in self._minutes)
        return len({age // HOUR for age in ages if HOUR <= age < LONGEST})

    def _number(self, key: str) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._keys)
            self._keys.append(key)
            self._last.append(0)
        return number

    def _move(self, sums: dict[int, int], minute: int, sign: int) -> None:
        for number, count in zip(*self._minutes.get(minute, ((), ())), strict=True):
            total = sums.get(number, 0) + sign * count
            if total:
                sums[number] = total
            else:
                sums.pop(number, None)


@dataclass(frozen=True, slots=True)
class Ranks:
    """An earlier board's ranks by key, and when it was that (milliseconds)."""

    at: int
    ranks: Mapping[str, int]


class Changes:
    """Places gained or lost against the board of ten to twenty minutes ago."""

    def __init__(self) -> None:
        self._earlier: dict[str, Ranks] = {}
        self._next: dict[str, Ranks] = {}

    def of(self, board: str, places: list[Place], now: int) -> dict[str, int | None]:
        """Key -> places gained on `board` at `now` (milliseconds); None: it was not on it."""
        ranks = {place.key: rank for rank, place in enumerate(places, 1)}
        if board not in self._next:
            self._earlier[board] = self._next[board] = Ranks(now, ranks)
        elif now - self._next[board].at >= CHANGE_MILLISECONDS:
            self._earlier[board], self._next[board] = self._next[board], Ranks(now, ranks)
        earlier = self._earlier[board].ranks
        return {key: earlier[key] - rank if key in earlier else None for key, rank in ranks.items()}
