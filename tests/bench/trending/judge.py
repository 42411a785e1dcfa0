"""Judges what a method has shown: which events, how late, and what should not have been there."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.trending.methods import Board
from bench.trending.timeline import DAY, DAYS, JUDGED_FROM, Event, Timeline

STEP = 20  # minutes between two boards
TIMES = np.arange(JUDGED_FROM * DAY, DAYS * DAY, STEP)
WEEKS = (DAYS - JUDGED_FROM) / 7
# An event may still be shown so many minutes after its last post could have come.
AFTERWARDS = 12 * 60
_THRESHOLDS = 80


@dataclass
class Judgement:
    """What came of one or more timelines.

    `delays` has, for each event, the minutes from its begin until it was shown, or None;
    `appearances` how often each of the shown events entered the board. `false_tags` were shown
    and are no events; `habits` are those of them that are loud by habit.
    """

    delays: list[tuple[Event, int | None]] = field(default_factory=list)
    appearances: list[int] = field(default_factory=list)
    false_tags: int = 0
    habits: Counter[str] = field(default_factory=Counter)
    shown: int = 0
    boards: int = 0

    @property
    def weeks(self) -> float:
        """How many weeks were judged."""
        return self.boards * STEP / (7 * DAY)

    @property
    def false_a_week(self) -> float:
        """Tags a week that should not have been shown."""
        return self.false_tags / self.weeks

    def recall(self, least_people: int = 0) -> float:
        """The part of the events by so many people that were shown."""
        delays = [delay for event, delay in self.delays if event.people >= least_people]
        return sum(delay is not None for delay in delays) / len(delays)

    def recall_of(self, kind: tuple[int, int]) -> float:
        """The same for one kind of event."""
        delays = [delay for event, delay in self.delays if event.kind == kind]
        return sum(delay is not None for delay in delays) / len(delays)

    def delay(self, kind: tuple[int, int]) -> float | None:
        """The median minutes until an event of a kind was shown."""
        delays = [d for event, d in self.delays if event.kind == kind and d is not None]
        return statistics.median(delays) if delays else None

    @property
    def flicker(self) -> float:
        """How often an event that was shown entered the board, on average."""
        return statistics.fmean(self.appearances) if self.appearances else 0.0

    def add(self, other: "Judgement") -> None:
        """Add what came of another timeline."""
        self.delays += other.delays
        self.appearances += other.appearances
        self.false_tags += other.false_tags
        self.habits += other.habits
        self.shown += other.shown
        self.boards += other.boards


def judge(timeline: Timeline, boards: Iterable[Board], threshold: float = -np.inf) -> Judgement:
    """Judge boards, of which only the scores from `threshold` on are shown."""
    found: dict[Event, int] = {}
    appearances: Counter[Event] = Counter()
    false: set[int] = set()
    before: set[int] = set()
    judgement = Judgement()
    of_tag: dict[int, list[Event]] = {}
    for event in timeline.events:
        of_tag.setdefault(event.tag, []).append(event)
    for board in boards:
        tags = set(board.tags[board.scores >= threshold].tolist())
        judgement.boards += 1
        judgement.shown += bool(tags)
        for tag in tags:
            events = [event for event in of_tag.get(tag, ()) if _is_on(event, board.now)]
            if not events:
                false.add(tag)
            for event in events:
                found.setdefault(event, board.now - event.start)
                appearances[event] += tag not in before
        before = tags
    judgement.delays = [(event, found.get(event)) for event in timeline.events]
    judgement.appearances = [appearances[event] for event in found]
    judgement.false_tags = len(false)
    judgement.habits = Counter(timeline.habits[tag] for tag in false if tag in timeline.habits)
    return judgement


def judge_best(runs: Sequence[tuple[Timeline, list[Board]]], false_a_week: float) -> Judgement:
    """Judge with the threshold that shows most events without more false tags than allowed."""
    scores = np.concatenate([board.scores for _, boards in runs for board in boards])
    quantiles = np.unique(np.quantile(scores, 1 - np.geomspace(1e-5, 1, _THRESHOLDS)))
    best = Judgement([(event, None) for timeline, _ in runs for event in timeline.events], boards=1)
    # From the strictest on, until too much is shown.
    for threshold in quantiles[::-1].tolist():
        total = Judgement()
        for timeline, boards in runs:
            total.add(judge(timeline, boards, threshold))
        if total.false_a_week > false_a_week:
            break
        best = total
    return best


def _is_on(event: Event, now: int) -> bool:
    return event.start <= now <= event.start + event.hours * 60 + AFTERWARDS
