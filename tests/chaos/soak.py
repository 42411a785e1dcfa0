"""Soak test: one fault after the other for a long time, under load."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chaos.cells import ON_NETWORK, Cell, make_common
from chaos.faults import Fault
from chaos.judge import compare, verdict
from chaos.samples import VOLUMES, Course, Sample, course, sample
from chaos.scene import Scene
from chaos.trial import FAILURES, complaints, strike
from support.aims import COLUMNS, PATIENCE, TABLE
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


def _pick(dice: random.Random) -> Cell:
    service, kind = dice.choice(CHOICE)
    make = make_common(kind, service, KINDS[kind])
    return Cell(f"{service}/{kind}", TABLE[service][0], make, is_away=service == "web")


@dataclass(frozen=True)
class Plan:
    """A kind of soak.

    `pick` chooses the next fault, which comes a minute after the last one; if it `waits`, also not
    before all is well again. `volumes` are those whose sizes are sampled.
    """

    tweets_an_hour: int = TWEETS_AN_HOUR
    pick: Callable[[random.Random], Cell] = _pick
    waits: bool = False
    volumes: tuple[str, ...] = VOLUMES


@dataclass
class Soak:
    """The result of a soak; `late` lists faults not recovered from before the next one."""

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


def run(scene: Scene, plan: Plan, minutes: int, say: Callable[[str], None]) -> Soak:
    """Inject faults and take samples for so many minutes; compare the counts at the end."""
    soak = Soak(minutes, scene.seed)
    dice = random.Random(scene.seed)
    samples: list[tuple[float, Sample]] = []
    scene.prepare(workers=2)
    began = time.monotonic()
    while (minute := int((time.monotonic() - began) // MINUTE)) < minutes:
        samples.append((time.monotonic() - began, sample(scene.stack, plan.volumes)))
        cell, ends = plan.pick(dice), began + (minute + 1) * MINUTE
        say(f"minute {minute + 1}: {cell.name} {_one(scene, plan, cell, soak, ends)}")
        time.sleep(max(0.0, ends - time.monotonic()))
    say("the end: waiting until all is counted")
    _finish(scene, plan, soak)
    samples.append((time.monotonic() - began, sample(scene.stack, plan.volumes)))
    soak.courses = courses(samples)
    soak.verdict = verdict("" if soak.unproven else "proven", soak.problems)
    return soak


def _one(scene: Scene, plan: Plan, cell: Cell, soak: Soak, ends: float) -> str:
    """Inject one fault and wait for recovery; return a summary.

    `ends` is when its minute is over (time.monotonic).
    """
    soak.faults += 1
    before = scene.stack.restarts()
    with Visitor(scene.stack) as visitor:
        try:
            fault = cell.make(scene)
            seen = strike(scene, cell, fault, is_armed=True)
        except FAILURES as error:
            soak.unproven.append(f"{cell.name}: {str(error)[-200:]}")
            return "did not begin"
        if not seen.bit:
            soak.unproven.append(cell.name)
        left = PATIENCE * (cell.aim or 0) if plan.waits else max(ends - time.monotonic(), 1.0)
        try:
            soak.recoveries.append(scene.recovered(seen.ended, left, seen.read))
            told = f"recovered after {soak.recoveries[-1]} s"
        except AssertionError:
            told = "not recovered in time"
            if plan.waits:
                soak.problems.append(f"{cell.name}: {told}")
            else:
                soak.late.append(cell.name)
        fault.restore()
        if plan.waits:
            _wait_until_well(scene, cell, fault, soak)
    soak.problems += [f"{cell.name}: {each}" for each in complaints(visitor, is_away=cell.is_away)]
    for name, number in scene.stack.restarts().items():
        more = max(0, number - before.get(name, 0))
        soak.restarts[name] = soak.restarts.get(name, 0) + more
        if more > MOST_RESTARTS:
            soak.problems.append(f"{cell.name}: {more} restarts of {name}")
    return f"({seen.bit or 'no proof'}) {told}"


def _wait_until_well(scene: Scene, cell: Cell, fault: Fault, soak: Soak) -> None:
    try:
        scene.whole(2)
        fault.assert_refilled()
    except FAILURES as error:
        soak.problems.append(f"{cell.name}: {str(error)[-300:]}")


def _finish(scene: Scene, plan: Plan, soak: Soak) -> None:
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
    wanted = plan.tweets_an_hour * soak.minutes // 60
    if soak.tweets < wanted:
        soak.problems.append(f"{soak.tweets:,} tweets, and not {wanted:,}")


def courses(samples: list[tuple[float, Sample]]) -> dict[str, Course]:
    """Return the course of each figure over all samples that have it."""
    names, end = sorted({name for _, found in samples for name in found}), samples[-1][0]
    return {
        name: course([(at, found[name]) for at, found in samples if name in found], end)
        for name in names
    }
