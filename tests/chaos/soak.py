"""Soak test: a fault every minute for a long time, under a load of a million posts an hour."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chaos.cells import ON_NETWORK, Cell, make_common
from chaos.judge import compare, verdict
from chaos.samples import Course, Sample, course, sample
from chaos.scene import Scene
from chaos.trial import FAILURES, complaints, strike
from support.aims import COLUMNS, TABLE
from support.checks import MOST_RESTARTS, Visitor

TWEETS_AN_HOUR = 1_000_000
# A quarter more, because the demo does not catch up after a long outage of Kafka.
RATE = TWEETS_AN_HOUR * 5 // 4 // 3600
# Seconds per fault, short enough for one every minute.
KINDS = {"kill": 0, "stop": 5, "pause": 10, "cut": 10, "reset": 5, "narrow": 20, "delay": 20}
# As in the matrix, a bad network has an effect only where there is traffic.
CHOICE = [
    (service, kind)
    for service in sorted(TABLE)
    for kind in sorted(KINDS)
    if kind in COLUMNS or service in ON_NETWORK
]
MINUTE = 60.0


@dataclass
class Soak:
    """The result of a soak; `late` lists faults not recovered from within their minute."""

    minutes: int
    seed: int
    date: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")
    tweets: int = 0
    faults: int = 0
    unproven: list[str] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    missing: int | None = None
    duplicate: int | None = None
    foreign: int | None = None
    restarts: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    verdict: str = ""
    courses: dict[str, Course] = field(default_factory=dict)


def run(scene: Scene, minutes: int, say: Callable[[str], None]) -> Soak:
    """Inject a fault and take a sample every minute; compare the counts at the end."""
    soak = Soak(minutes, scene.seed)
    dice = random.Random(scene.seed)
    samples: list[tuple[float, Sample]] = []
    scene.prepare(workers=2)
    began = time.monotonic()
    for minute in range(minutes):
        time.sleep(max(0.0, began + minute * MINUTE - time.monotonic()))
        samples.append((time.monotonic() - began, sample(scene.stack)))
        service, kind = dice.choice(CHOICE)
        cell = Cell(
            f"{service}/{kind}",
            TABLE[service][0],
            make_common(kind, service, KINDS[kind]),
            is_away=service == "web",
        )
        say(f"minute {minute + 1}: {cell.name} {_one(scene, cell, soak, began + minute * MINUTE)}")
    say("the end: waiting until all is counted")
    _finish(scene, soak)
    samples.append((time.monotonic() - began, sample(scene.stack)))
    soak.courses = courses(samples)
    soak.verdict = verdict("" if soak.unproven else "proven", soak.problems)
    return soak


def _one(scene: Scene, cell: Cell, soak: Soak, began: float) -> str:
    """Inject one fault and wait for recovery until its minute is over; return a summary."""
    soak.faults += 1
    before = scene.stack.restarts()
    with Visitor(scene.stack) as visitor:
        try:
            seen = strike(scene, cell, cell.make(scene), is_armed=True)
        except FAILURES as error:
            soak.unproven.append(f"{cell.name}: {str(error)[-200:]}")
            return "did not begin"
        if not seen.bit:
            soak.unproven.append(cell.name)
        try:
            left = began + MINUTE - time.monotonic()
            soak.recoveries.append(scene.recovered(seen.ended, max(left, 1.0), seen.read))
            told = f"recovered after {soak.recoveries[-1]} s"
        except AssertionError:
            soak.late.append(cell.name)
            told = "not recovered within its minute"
    soak.problems += [f"{cell.name}: {each}" for each in complaints(visitor, is_away=cell.is_away)]
    for name, number in scene.stack.restarts().items():
        more = max(0, number - before.get(name, 0))
        soak.restarts[name] = soak.restarts.get(name, 0) + more
        if more > MOST_RESTARTS:
            soak.problems.append(f"{cell.name}: {more} restarts of {name}")
    return f"({seen.bit or 'no proof'}) {told}"


def _finish(scene: Scene, soak: Soak) -> None:
    try:
        scene.whole(2)
        scene.rest()
        score = compare(scene.stack, scene.ledger)
    except FAILURES as error:
        soak.problems.append(f"no rest at the end: {str(error)[-300:]}")
        return
    soak.tweets = scene.ledger.read - scene.ledger.repeated
    soak.missing, soak.duplicate, soak.foreign = score.missing, score.duplicate, score.foreign
    soak.problems += score.problems
    wanted = TWEETS_AN_HOUR * soak.minutes // 60
    if soak.tweets < wanted:
        soak.problems.append(f"{soak.tweets:,} tweets, and not {wanted:,}")


def courses(samples: list[tuple[float, Sample]]) -> dict[str, Course]:
    """Return the course of each figure over all samples that have it."""
    names, end = sorted({name for _, found in samples for name in found}), samples[-1][0]
    return {
        name: course([(at, found[name]) for at, found in samples if name in found], end)
        for name in names
    }
