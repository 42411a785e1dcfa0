"""Finds the tags that more people use than is usual for them."""

from dataclasses import dataclass

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

    def rows(self, which: Bools) -> "Rises":
        """Some of the tags."""
        return Rises(
            self.tag[which],
            self.people[which],
            self.length[which],
            self.expected[which],
            self.score[which],
            self.before[which],
        )


def find(authors: SlidingAuthors, baseline: Baseline, least: int) -> Rises:
    """Find the tags that rise now, each of them used by at least `least` people."""
    now = authors.now
    model = _Model(baseline, int(np.count_nonzero(authors.authors(Span(LONGEST_RISE)))), now)
    tags = model.candidates(authors, least)
    # Before the first posts nothing has risen.
    start = max(now - MEMORY, baseline.first_hour * HOUR)
    grid = np.arange(start // _STEP + 1, (now - 1) // _STEP + 1) * _STEP
    times = np.append(grid, [now - STEPS[RISING], now])
    history = _History(authors, tags, times)
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

    def __init__(self, baseline: Baseline, tags: int, now: int) -> None:
        self._baseline = baseline
        self._tags = max(tags, 1)
        self._now = now
        self._lately = min(LATELY, baseline.known_hours * HOUR // 2)

    def candidates(self, authors: SlidingAuthors, least: int) -> Ints:
        """The tags that may be surprising: those that would be if less were usual."""
        time = np.array([self._now], np.int64)
        extremes = self._baseline.extremes(self._now)
        unused, flooding = 0, 1
        all_posts = float(extremes.between(unused, *self._usual_time(time))[1, 0])
        ends = np.repeat(time + 1, len(LENGTHS))
        exposures = self._exposure(extremes, flooding, ends - LENGTHS, ends)
        tags = np.flatnonzero(authors.authors(Span(LONGEST_RISE)) >= least)
        rate = usual_rate(self._baseline.long_ago[tags], all_posts, self._tags)
        maybe = np.zeros(len(tags), np.bool_)
        for length, exposure in zip(LENGTHS.tolist(), exposures.tolist(), strict=True):
            observed = authors.authors(Span(length))[tags]
            open_: Bools = ~maybe & (observed >= least) & (observed > rate.mean * exposure)
            maybe[open_] = self._score(observed[open_], rate.of(open_), exposure) >= LEAVE
        return tags[maybe]

    def score(
        self, tags: Ints, tag: Ints, length: Ints, time: Ints, observed: Integers
    ) -> tuple[Numbers, Numbers]:
        """The people to be expected, and how surprising those observed are.

        `tag` (the position in `tags`), `length`, `time` and `observed` have an element for each
        window that is scored, which ends with the minute `time`.
        """
        curves = self._baseline.curves(tags, self._now)
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
        known = ends - earlier - self._baseline.first_hour * HOUR
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
