"""Finds the tags that more people use than is usual for them."""

from collections.abc import Callable
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from trends.counting.arrays import Bools, Integers, Ints, first_of_runs
from trends.counting.sliding import SlidingAuthors
from trends.counting.spans import (
    DAY,
    HOUR,
    RISING,
    RISING_LENGTHS,
    STEPS,
    USUAL_DAYS,
    Span,
)
from trends.trending.baseline import LATELY, Baseline, Curves
from trends.trending.surprise import Numbers, Rate, seasonal_mean, surprise, usual_rate

Counts = npt.NDArray[np.int32]

LENGTHS = np.array(RISING_LENGTHS)
LONGEST_RISE = int(LENGTHS[-1])

# A tag enters the board when chance would bring any tag there less than once in e^ENTER boards, and
# leaves it below e^LEAVE.
ENTER, LEAVE = 8.0, 5.0
# A tag that entered longer ago than this, and has not been as surprising since, leaves too.
MEMORY = 12 * HOUR
# How often it is looked whether a tag has entered or left.
_STEP = 10
# A window does not count when it is over: fewer people than this in its last third, which is taken
# to be at least an hour, and at most six.
_STILL = 2
_LAST_THIRDS = np.clip(LENGTHS // 3, HOUR, 6 * HOUR)
# How busy a timeline is cannot be told from a few posts. As if so many more had come at the usual
# pace of this time of day.
_BUSY_WEIGHT = 10.0
# So many tags are scored at a time. Usually there are fewer that may rise; in a flood, of which
# nothing is usual yet, there may be so many that their curves would not fit into memory.
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Rises:
    """The tags that rise, by number, and for each the numbers behind it.

    `people` used the tag in the last `length` minutes, where `expected` is usual. Chance brings
    any tag so far once in e^`score` boards. `before` is the score `STEPS[RISING]` minutes earlier,
    or -inf for a tag that did not rise then.
    """

    tag: Ints
    people: Ints
    length: Ints
    expected: Numbers
    score: Numbers
    before: Numbers

    def ranks(self) -> list[tuple[float, int]]:
        """The score of each tag, and its people, who decide between equal scores."""
        return list(zip(self.score.tolist(), self.people.tolist(), strict=True))


Chosen = Callable[[Ints], Bools]
"""Says of each tag, by number, whether it is chosen."""


def _none(tags: Ints) -> Bools:
    return np.zeros(len(tags), np.bool_)


def find(
    authors: SlidingAuthors, baseline: Baseline, least: int, most: int, are_hidden: Chosen = _none
) -> Rises:
    """Find the tags that rise now, each of them used by at least `least` people.

    If there are more than `most`, those with the highest scores, and perhaps some others. Tags for
    which `are_hidden` returns true are left out.
    """
    model = _Model(baseline, authors)
    tags, bounds = model.candidates(least, are_hidden)
    found: list[Rises] = []
    ranks: list[tuple[float, int]] = []
    for start in range(0, max(len(tags), 1), _AT_ONCE):
        # The bounds fall, so no other tag can be among the first.
        if len(ranks) >= most and ranks[-most] > bounds[start]:
            break
        found.append(_find(model, np.sort(tags[start : start + _AT_ONCE]), least))
        ranks = sorted([*ranks, *found[-1].ranks()])
    return Rises(*(np.concatenate(column) for column in zip(*map(astuple, found), strict=True)))


def _find(model: "_Model", tags: Ints, least: int) -> Rises:
    """Find those of some tags that rise now."""
    now = model.now
    # Before the first posts nothing has risen.
    start = max(now - MEMORY, model.baseline.first_hour * HOUR)
    grid = np.arange(start // _STEP + 1, (now - 1) // _STEP + 1) * _STEP
    times = np.append(grid, [now - STEPS[RISING], now])
    history = _History(model.authors, tags, times)
    observed, still = history.people(LENGTHS), history.people(_LAST_THIRDS)
    cells = np.nonzero((observed >= least) & (still >= min(least, _STILL)))
    expected, score = np.zeros(observed.shape), np.full(observed.shape, -np.inf)
    tag, window, time = cells
    expected[cells], score[cells] = model.score(
        tags, tag, LENGTHS[window], times[time], observed[cells]
    )
    best = score.max(axis=1)
    # Whether each tag is on the board at each time of the grid; before it none is.
    on = np.zeros((len(tags), len(grid) + 1), np.bool_)
    for at in range(len(grid)):
        on[:, at + 1] = _stays(on[:, at], best[:, at])
    found = np.flatnonzero(_stays(on[:, -1], best[:, -1]))
    earlier = np.searchsorted(grid, now - STEPS[RISING])
    before = np.where(_stays(on[:, earlier], best[:, -2]), best[:, -2], -np.inf)
    window = score[found, :, -1].argmax(axis=1)
    return Rises(
        tags[found],
        observed[found, window, -1].astype(np.int64),
        LENGTHS[window],
        expected[found, window, -1],
        score[found, window, -1],
        before[found],
    )


def _stays(on: Bools, score: Numbers) -> Bools:
    """Whether tags are on the board that were on it, or not, and now have these scores."""
    return (score >= ENTER) | (on & (score >= LEAVE))


class _Model:
    """How many people are to be expected, by what is usual and how busy the timeline is."""

    def __init__(self, baseline: Baseline, authors: SlidingAuthors) -> None:
        self.baseline, self.authors, self.now = baseline, authors, authors.now
        self._tags = max(int(np.count_nonzero(self._people(LONGEST_RISE))), 1)
        self._lately = min(LATELY, baseline.known_hours * HOUR // 2)

    def candidates(self, least: int, are_hidden: Chosen) -> tuple[Ints, list[tuple[float, int]]]:
        """The tags that may rise, and a rank that each cannot exceed, the highest first.

        Its score is the one that the tag would have if less were usual.
        """
        time = np.array([self.now], np.int64)
        extremes = self.baseline.extremes(self.now)
        unused, flooding = 0, 1
        all_posts = float(extremes.between(unused, *self._usual_time(time))[1, 0])
        ends = np.repeat(time + 1, len(LENGTHS))
        exposures = self._exposure(extremes, flooding, ends - LENGTHS, ends)
        tags = np.flatnonzero(self._people(LONGEST_RISE) >= least)
        tags = tags[~are_hidden(tags)]
        rate = usual_rate(self._surely_usual(tags), all_posts, self._tags)
        bound = np.full(len(tags), -np.inf)
        before, smaller = np.zeros(len(tags), np.int32), 0.0
        for length, exposure in zip(LENGTHS.tolist(), exposures.tolist(), strict=True):
            observed = self._people(length)[tags]
            open_: Bools = (observed >= least) & (observed > rate.mean * exposure)
            if exposure >= smaller:  # the same people in more time surprise less
                open_ &= observed > before
            score = self._score(observed[open_], rate.of(open_), exposure)
            bound[open_] = np.maximum(bound[open_], score)
            before, smaller = observed, exposure
        people = self._people(LONGEST_RISE)[tags]
        order = np.lexsort((-people, -bound))[: np.count_nonzero(bound >= LEAVE)]
        return tags[order], list(zip(bound[order].tolist(), people[order].tolist(), strict=True))

    def _people(self, length: int) -> Integers:
        """The people who used each tag in the last `length` minutes."""
        return self.authors.authors(Span(length))

    def _surely_usual(self, tags: Ints) -> Ints | Integers:
        """Posts of each tag that are usual, though perhaps not all of them."""
        if self._lately == LATELY:
            return self.baseline.long_ago[tags]
        _, end = self._usual_time(np.array(self.now))
        hour = self.baseline.now if end > self.now else int(end) // HOUR - 1
        return self.baseline.posts_until(tags, hour)

    def score(
        self, tags: Ints, tag: Ints, length: Ints, time: Ints, observed: Integers
    ) -> tuple[Numbers, Numbers]:
        """The people to be expected, and how surprising those observed are.

        `tag` (the position in `tags`), `length`, `time` and `observed` have an element for each
        window that is scored, which ends with the minute `time`.
        """
        curves = self.baseline.curves(tags, self.now)
        window = tag, time + 1 - length, time + 1
        exposure = self._exposure(curves, *window)
        own, others = curves.between(tag, *self._usual_time(time))
        usual = usual_rate(own, others, self._tags)
        daily = seasonal_mean(usual, curves.daily(*window), exposure)
        weekly = seasonal_mean(usual, curves.weekly(*window), exposure)
        # The same hours of the day before a window of a day or longer are in the window itself.
        daily[length >= DAY] = 0
        mean = np.maximum(usual.mean, np.maximum(daily, weekly))
        return mean * exposure, self._score(observed, Rate(usual.shape, mean), exposure)

    def _score(self, observed: Integers, rate: Rate, exposure: Numbers | float) -> Numbers:
        # The more tags are looked at, the more of them are surprising by chance. Rounded, windows
        # that say the same are equal, and the shortest counts.
        score: Numbers = surprise(observed, rate, exposure) - np.log(self._tags)
        return score.round(6)

    def _exposure(self, curves: Curves, tag: Ints | int, starts: Ints, ends: Ints) -> Numbers:
        """The posts of other tags, or rather how many there would be on average."""
        others = curves.between(tag, starts, ends)[1]
        days = self._days_known(starts, ends)
        usual = curves.daily(tag, starts, ends)[1] / np.maximum(days, 1)
        smooth = usual * (others + _BUSY_WEIGHT) / (usual + _BUSY_WEIGHT)
        exposure: Numbers = np.maximum(np.where(days >= 1, smooth, others), 1)
        return exposure

    def _days_known(self, starts: Ints, ends: Ints) -> Numbers:
        """How many earlier days are known at this time of the day."""
        earlier = DAY * np.arange(1, USUAL_DAYS).reshape(-1, *([1] * starts.ndim))
        known = ends - earlier - self.baseline.first_hour * HOUR
        days: Numbers = np.clip(known / (ends - starts), 0, 1).sum(axis=0)
        return days

    def _usual_time(self, times: Ints) -> tuple[Ints, Ints]:
        return times - USUAL_DAYS * DAY, times + 1 - self._lately


class _History:
    """The people who used some tags, as it was at several times."""

    def __init__(self, authors: SlidingAuthors, tags: Ints, times: Ints) -> None:
        now = int(times[-1])
        uses, tag = authors.log.of(tags, now - LONGEST_RISE - MEMORY + 1, now)
        order = np.argsort(uses.numbers, kind="stable")
        pair, self._minute, self._tag = uses.numbers[order], uses.minutes[order], tag[order]
        self._shape = len(tags), len(times) + 1
        # A use counts until the same person's next one, or until it leaves the window.
        again = ~first_of_runs(pair)[1:]
        self._next = np.full(len(pair), np.iinfo(np.int32).max, np.int32)
        self._next[:-1][again] = self._minute[1:][again]
        self._order = np.argsort(times, kind="stable")
        self._times = times[self._order]

    def people(self, lengths: Ints) -> Counts:
        """How many people used each tag, for each length of window, at each time."""
        columns = []
        begin = np.searchsorted(self._times, self._minute)
        for length in lengths.tolist():
            end = np.searchsorted(self._times, np.minimum(self._next, self._minute + length))
            change = np.zeros(self._shape, np.int32)
            np.add.at(change, (self._tag, begin), np.int32(1))
            np.add.at(change, (self._tag, end), np.int32(-1))
            columns.append(change.cumsum(axis=1, dtype=np.int32)[:, :-1])
        counts = np.empty((self._shape[0], len(lengths), len(self._times)), np.int32)
        counts[:, :, self._order] = np.stack(columns, axis=1)
        return counts
