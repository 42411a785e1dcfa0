"""Computes the boards `rising` and `now` from a list of uses, independently of the product.

It shares no code with services/, looks at one tag, window and moment at a time, and counts
everything from scratch for each. docs/trending.md has the rules.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from math import exp, log
from typing import Any, NamedTuple

from scipy.stats import nbinom

# By key: the minutes (since 1970) in which a tag was used, and by whom.
Uses = Mapping[str, Sequence[tuple[int, str | None]]]

WINDOWS = {"1h": 60, "2h": 120, "5h": 300, "12h": 720, "24h": 1440, "48h": 2880}
STEP = 10


class Rise(NamedTuple):
    """A tag on the rising board; `before` is the score ten minutes ago, None if it did not rise."""

    score: float
    people: int
    last: int
    key: str
    window: str
    expected: float
    posts: int
    before: float | None


class Timeline:
    """Uses as they are known at the minute `clock`."""

    def __init__(self, uses: Uses, clock: int) -> None:
        self.uses = uses
        self.clock = clock
        self.oldest = clock // 60 - 31 * 24 + 1
        self.hours = {
            key: Counter(
                minute // 60 for minute, _ in each if self.oldest <= minute // 60 <= clock // 60
            )
            for key, each in uses.items()
        }
        self.first = min([clock // 60, *(hour for hours in self.hours.values() for hour in hours)])
        self.known_hours = min(clock // 60 - self.first, 28 * 24)
        self.total: dict[int, float] = defaultdict(float)
        self.most: dict[int, float] = defaultdict(float)
        everything = sum(self.hours.values(), Counter[int]())
        for hour, posts in everything.items():
            self.most[hour] = max(5, posts / 10)
            self.total[hour] = sum(min(each[hour], self.most[hour]) for each in self.hours.values())

    def posts(self, key: str, start: float, end: float) -> tuple[float, float]:
        """The posts of a tag, and of the others, from minute `start` to `end` (exclusive)."""
        own = others = 0.0
        for hour in range(int(start) // 60, int(end) // 60 + 1):
            if self.oldest <= hour <= self.clock // 60:
                until = min(60 * hour + 60, self.clock + 1)
                part = max(min(end, until) - max(start, 60 * hour), 0) / (until - 60 * hour)
                posts = self.hours[key][hour]
                own += part * posts
                others += part * (self.total[hour] - min(posts, self.most[hour]))
        return own, others

    def at_other_times(
        self, key: str, start: int, end: int, step: int, times: int
    ) -> tuple[float, float]:
        """The posts at the same time of earlier days or weeks."""
        found = [self.posts(key, start - n * step, end - n * step) for n in range(1, times + 1)]
        return sum(own for own, _ in found), sum(others for _, others in found)

    def people(self, key: str, length: int, now: int) -> int:
        """How many people used a tag in a window that ends with the minute `now`."""
        return len({who for minute, who in self.uses[key] if who and now - length < minute <= now})

    def all_people(self, length: int, now: int) -> dict[str, int]:
        """The same for all tags."""
        return {key: self.people(key, length, now) for key in self.uses}

    def score(self, key: str, length: int, now: int, tags: int) -> tuple[float, float]:
        """Return how many people are expected, and how surprising those are that came."""
        end, start = now + 1, now + 1 - length
        busy = self.posts(key, start, end)[1]
        known = end - 60 * self.first
        days = sum(min(max((known - 1440 * day) / length, 0), 1) for day in range(1, 28))
        if days >= 1:
            usual = self.at_other_times(key, start, end, 1440, 27)[1] / days
            busy = usual * (busy + 10) / (usual + 10)
        busy = max(busy, 1)
        lately = min(2880, self.known_hours * 60 // 2)
        own, others = self.posts(key, now - 28 * 1440, end - lately)
        shape, rate = 0.2 + own, others + 0.2 * tags
        mean = shape / rate
        seasons = [self.at_other_times(key, start, end, 7 * 1440, 4)]
        if length < 1440:
            seasons.append(self.at_other_times(key, start, end, 1440, 27))
        for own, others in seasons:
            mean = max(mean, (own + shape / rate * busy) / (others + busy))
        surprise = _surprise(self.people(key, length, now), shape, mean, busy)
        return mean * busy, round(surprise - log(tags), 6)

    def is_surprising(self, key: str, length: int, now: int, least: int) -> bool:
        """Whether enough people used the tag, and still do."""
        last_third = min(max(length // 3, 60), 360)
        return self.people(key, length, now) >= least and self.people(key, last_third, now) >= min(
            least, 2
        )


def _surprise(observed: int, shape: float, mean: float, busy: float) -> float:
    shape = min(shape, 36)
    rate = shape / mean
    tail = nbinom.sf(observed - 1, shape, rate / (rate + busy))
    return -log(max(tail, 1e-300))


def rising(
    uses: Uses, now: int, least: int = 3, lasts: Mapping[str, int] | None = None
) -> list[Rise]:
    """Return the rising board at the minute `now`.

    `lasts` has the last use of each tag, by which equals are ordered, where it is known to more
    than the minute.
    """
    timeline = Timeline(uses, now)
    tags = max(sum(people > 0 for people in timeline.all_people(2880, now).values()), 1)
    grid = range((now - 720) // STEP * STEP + STEP, now, STEP)
    found = []
    for key in uses:
        if timeline.people(key, 2880, now) < least:
            continue

        @cache
        def best(time: int, key: str = key) -> tuple[float, str, float]:
            scores = [(-1e9, "", 0.0)]
            for window, length in WINDOWS.items():
                if timeline.is_surprising(key, length, time, least):
                    expected, score = timeline.score(key, length, time, tags)
                    scores.append((score, window, expected))
            return max(scores, key=lambda each: each[0])

        def rises(time: int) -> bool:
            on = False
            for moment in [*(moment for moment in grid if moment < time), time]:
                on = best(moment)[0] >= 8 or (on and best(moment)[0] >= 5)
            return on

        if best(now)[0] >= 5 and rises(now):
            score, window, expected = best(now)
            inside = [minute for minute, _ in uses[key] if now - WINDOWS[window] < minute <= now]
            people = timeline.people(key, WINDOWS[window], now)
            last = lasts[key] if lasts else max(minute for minute, _ in uses[key])
            before = best(now - 10)[0] if rises(now - 10) else None
            found.append(Rise(score, people, last, key, window, expected, len(inside), before))
    return sorted(
        found, key=lambda each: (-each.score, -each.people, -each.posts, -each.last, each.key)
    )


def earlier(board: Sequence[Rise]) -> list[str]:
    """Return the keys of those that rose ten minutes ago too, in the order that they had then."""
    rose = [(-rise.before, rise.key) for rise in board if rise.before is not None]
    return [key for _, key in sorted(rose)]


def window_of_now(uses: Uses, now: int) -> str:
    """Return the shortest window in which five tags were used by three people each."""
    timeline = Timeline(uses, now)
    for window, length in WINDOWS.items():
        if sum(people >= 3 for people in timeline.all_people(length, now).values()) >= 5:
            return window
    return "7d"


def explained(rise: Rise) -> dict[str, Any]:
    """Return what the JSON says of a tag that rises, besides its rank and its name."""
    return {
        "count": rise.posts,
        "people": rise.people,
        "window": rise.window,
        "observed": rise.people,
        "expected": float(f"{rise.expected:.2g}"),
        "surprise": int(float(f"{min(exp(rise.score), 1e9):.2g}")),
        "score": round(rise.score, 2),
    }
