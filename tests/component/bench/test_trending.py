"""The comparison of methods: timelines, and how boards are judged."""

import numpy as np
import pytest

from bench.trending.judge import TIMES, judge, judge_best
from bench.trending.measure import OURS, Measured, Outcome, report
from bench.trending.methods import ALL, Board, Window
from bench.trending.timeline import DAY, DAYS, EVENTS, JUDGED_FROM, KINDS, Event, Timeline, generate

EVENT = Event(tag=3, people=8, hours=5, start=JUDGED_FROM * DAY + 100)


def timeline(*events: Event, habits: dict[int, str] | None = None) -> Timeline:
    none = np.zeros(0, np.int64)
    return Timeline(none, none, none, 10, list(events), habits or {})


def board(now: int, **scores: float) -> Board:
    tags = sorted(scores, key=lambda tag: -scores[tag])
    numbers = np.array([int(tag[1:]) for tag in tags], np.int64)
    return Board(now, numbers, np.array([scores[tag] for tag in tags]))


def test_a_timeline_is_as_described_and_the_same_each_time() -> None:
    made, again = generate(300, seed=1), generate(300, seed=1)
    assert made.tag.tolist() == again.tag.tolist() != generate(300, seed=2).tag.tolist()
    assert (np.diff(made.minute) >= 0).all() and made.minute.max() < DAYS * DAY
    assert made.tag.max() < made.tags
    assert len(made.events) == EVENTS
    for event in made.events:
        inside = (made.tag == event.tag) & (made.minute >= event.start)
        inside &= made.minute < event.start + 60 * event.hours
        assert len(np.unique(made.author[inside])) >= event.people
    for tag, habit in made.habits.items():
        people = len(np.unique(made.author[made.tag == tag]))
        assert people == 1 if habit in ("flood", "bot") else people > 10


def test_a_window_counts_what_is_in_it() -> None:
    made = generate(300, seed=1)
    window = Window(made, 300)
    for now in (0, 1_000, 1_020, 5_000, 5_001):
        inside = (made.minute > now - 300) & (made.minute <= now)
        right = np.bincount(made.tag[inside], minlength=made.tags)
        assert window.posts(now).tolist() == right.tolist()


def test_an_event_is_shown_from_its_begin_until_half_a_day_after_its_end() -> None:
    start, end = EVENT.start, EVENT.start + 5 * 60
    late = [board(start - 1, t3=9.0), board(end + 721, t3=9.0)]
    assert judge(timeline(EVENT), late).delays == [(EVENT, None)]
    assert judge(timeline(EVENT), late).false_tags == 1
    seen = [board(start), board(start + 70, t3=9.0), board(start + 90), board(end, t3=8.0)]
    judged = judge(timeline(EVENT), seen)
    assert judged.delays == [(EVENT, 70)]
    assert (judged.false_tags, judged.appearances, judged.shown) == (0, [2], 2)
    assert (judged.recall(), judged.recall(9 - 1), judged.delay((8, 5))) == (1, 1, 70)


def test_what_is_no_event_is_false_and_habits_are_named() -> None:
    made = timeline(EVENT, habits={4: "bot", 5: "flood"})
    boards = [board(EVENT.start, t4=9.0, t6=8.0), board(EVENT.start + 20, t4=9.0)]
    judged = judge(made, boards)
    assert (judged.false_tags, dict(judged.habits)) == (2, {"bot": 1})
    assert judge(made, boards, threshold=8.5).false_tags == 1


def test_the_best_threshold_shows_most_without_more_that_is_false() -> None:
    boards = [board(EVENT.start + 20 * n, t6=5.0) for n in range(1_000)]
    boards[7] = board(EVENT.start + 140, t6=5.0, t3=6.0)
    best = judge_best([(timeline(EVENT), boards)], false_a_week=0)
    assert (best.recall(), best.false_tags) == (1, 0)
    boards[7] = board(EVENT.start + 140, t6=5.0, t3=4.0)
    assert judge_best([(timeline(EVENT), boards)], false_a_week=0).recall() == 0
    assert judge_best([(timeline(EVENT), boards)], false_a_week=1).recall() == 1


@pytest.mark.parametrize("name", [name for name in ALL if name != OURS])
def test_every_method_shows_some_events(name: str) -> None:
    made = generate(300, seed=1)
    for method in ALL[name].values():
        boards = list(method(made, TIMES[::3]))
        assert judge(made, boards).recall() > 0.2
        assert all((np.diff(board.scores) <= 0).all() for board in boards)


def test_the_report_says_what_was_measured() -> None:
    events = [Event(number, *kind, EVENT.start) for number, kind in enumerate(KINDS)]
    shown = board(EVENT.start + 66, **{f"t{event.tag}": 9.0 for event in events}, t99=1.0)
    judged = judge(timeline(*events), [shown])
    text = "\n".join(report(Measured([Outcome(300, OURS, "", judged)])))
    assert "| 300 | this product | 100% | 100% | 1.1 h | 504.0 | 1.0 × | 100% |" in text
    assert "| events of ≥ 8 people shown | 100.0% | ≥ 98% | reached |" in text
    assert "| false tags a week | 504.0 | ≤ 1 | missed |" in text
