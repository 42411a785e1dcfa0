"""Runs all methods on timelines of several sizes.

python -m bench.trending.measure [POSTS_A_DAY]...    prints the tables of docs/benchmarks.md
"""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.report import row, say, verdict
from bench.trending.boards import POSTS_A_DAY, Boards, measure_boards
from bench.trending.judge import STEP, TIMES, Judgement, judge_best
from bench.trending.methods import ALL, Board, Method
from bench.trending.timeline import EVENTS, KINDS, Timeline, generate

# Posts a day -> how many timelines, with the seeds 1, 2, …
SIZES = {100: 3, 300: 3, 1_000: 3, 3_000: 3, 30_000: 1, 1_000_000: 1}
OURS = next(iter(ALL))
MOST_FALSE = 1.0  # a week
RECALL_AIM, DELAY_AIM, BOARDS_AIM, BASELINE_AIM = 0.98, 90, 50, 1
AIMED = (300, 1_000, 3_000)
TYPICAL = (12, 5)


@dataclass
class Outcome:
    """What came of a method, with its best setting, at a size."""

    posts_a_day: int
    method: str
    setting: str
    judgement: Judgement


@dataclass
class Measured:
    """Everything that was measured."""

    outcomes: list[Outcome]
    boards: Boards | None = None


def measure(sizes: Sequence[int] = tuple(SIZES)) -> Measured:
    """Run every method at each size; ours first, whose false tags the others may have too."""
    outcomes: list[Outcome] = []
    for size in sizes:
        timelines = [generate(size, seed) for seed in range(1, SIZES[size] + 1)]
        allowed = math.inf
        for name, settings in ALL.items():
            say(f"trending: {size:,} posts a day, {name}")
            tried = [
                _run(size, name, setting, method, timelines, allowed)
                for setting, method in settings.items()
            ]
            outcomes.append(max(tried, key=lambda outcome: outcome.judgement.recall()))
            if name == OURS:
                allowed = outcomes[-1].judgement.false_a_week
    say("trending: the driver's boards")
    return Measured(outcomes, measure_boards())


def _run(
    size: int,
    name: str,
    setting: str,
    method: Method,
    timelines: Sequence[Timeline],
    false_a_week: float,
) -> Outcome:
    runs: list[tuple[Timeline, list[Board]]] = [
        (timeline, list(method(timeline, TIMES))) for timeline in timelines
    ]
    return Outcome(size, name, setting, judge_best(runs, false_a_week))


def report(measured: Measured) -> Iterator[str]:
    """The tables, in Markdown."""
    yield f"""
## Trending

Six weeks of a timeline are generated (tests/bench/trending/timeline.py); in the last two, {EVENTS}
events are hidden, and a board is asked for every {STEP} minutes. Up to 3,000 posts a day three
timelines are judged, above one. A *false* tag is one among the top 10 that is no event: noise, the
flood, the bot, or a habit. The other methods are given the threshold, and of several settings the
one, with which they show most events at no more false tags than ours; ours has no such choice.

### Events shown, and how late

| posts/day | method | events | ≥ 8 people | 12 in 5 h after | false/week | enters | shown |
|---|---|---|---|---|---|---|---|"""
    for outcome in measured.outcomes:
        yield _outcome(outcome)
    yield """
*12 in 5 h after*: the median time from the begin of such an event until it is shown. *Enters*: how
often an event that is shown enters the board; 1 is without flicker. *Shown*: the part of the time
with any tag on the board.

### By size and speed of the event, this product: part shown, and after how long
"""
    ours = [outcome for outcome in measured.outcomes if outcome.method == OURS]
    yield row("posts/day", *(f"{people} in {hours} h" for people, hours in KINDS))
    yield row(*["---"] * (1 + len(KINDS)))
    for outcome in ours:
        judged = outcome.judgement
        cells = (f"{judged.recall_of(kind):.0%}, {_hours(judged.delay(kind))}" for kind in KINDS)
        yield row(f"{outcome.posts_a_day:,}", *cells)
    yield """
| what, at 300 to 3,000 posts a day | measured | aim | |
|---|---|---|---|"""
    yield from _aims([outcome.judgement for outcome in ours if outcome.posts_a_day in AIMED])
    if measured.boards:
        yield from _boards(measured.boards)


def _outcome(outcome: Outcome) -> str:
    judged = outcome.judgement
    return row(
        f"{outcome.posts_a_day:,}",
        outcome.method + (f" ({outcome.setting})" if outcome.setting else ""),
        f"{judged.recall():.0%}",
        f"{judged.recall(8):.0%}",
        _hours(judged.delay(TYPICAL)),
        f"{judged.false_a_week:.1f}",
        f"{judged.flicker:.1f} ×",
        f"{judged.shown / judged.boards:.0%}",
    )


def _aims(judged: Sequence[Judgement]) -> Iterator[str]:
    """How far the aims are reached at the worst of several sizes."""
    if not judged:
        return
    recall = min(each.recall(8) for each in judged)
    reached = verdict(recall >= RECALL_AIM)
    yield row("events of ≥ 8 people shown", f"{recall:.1%}", f"≥ {RECALL_AIM:.0%}", reached)
    late = max(each.delay(TYPICAL) or math.inf for each in judged)
    reached = verdict(late <= DELAY_AIM)
    yield row("median delay, 12 in 5 h", _hours(late), f"≤ {_hours(DELAY_AIM)}", reached)
    false = max(each.false_a_week for each in judged)
    reached = verdict(false <= MOST_FALSE)
    yield row("false tags a week", f"{false:.1f}", f"≤ {MOST_FALSE:g}", reached)
    habits = sorted({habit for each in judged for habit in each.habits})
    what = "the flood, the bot, the habits"
    yield row(what, ", ".join(habits) or "never", "never", verdict(not habits))


def _boards(boards: Boards) -> Iterator[str]:
    yield f"""
What it costs the driver, on a timeline of {POSTS_A_DAY:,} posts a day, with {boards.active_tags:,}
tags in use in the last two days and {boards.tags:,} in four weeks:

| what | measured | aim | |
|---|---|---|---|"""
    took = boards.milliseconds
    reached = verdict(took <= BOARDS_AIM)
    yield row("all boards", f"{took:.0f} ms", f"≤ {BOARDS_AIM} ms", reached)
    reached = verdict(boards.baseline <= BASELINE_AIM)
    yield row(
        "to keep the four weeks", f"{boards.baseline:.2f} µs a use", f"≤ {BASELINE_AIM} µs", reached
    )


def _hours(minutes: float | None) -> str:
    return "–" if minutes is None else f"{minutes / 60:.1f} h"


def main() -> None:
    """Measure the sizes given, or all, and print the tables."""
    sizes = tuple(map(int, sys.argv[1:])) or tuple(SIZES)
    sys.stdout.write("\n".join([*report(measure(sizes)), ""]))


if __name__ == "__main__":
    main()
