"""One trial: a fault strikes a running stack, the stack recovers, the counts are compared."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from thriftpy2.thrift import TException

from chaos.cells import Cell
from chaos.faults import Fault
from chaos.judge import compare, verdict
from chaos.scene import Scene
from support.aims import PATIENCE
from support.checks import MOST_RESTARTS, Visitor
from support.stack import Json, service_of

# The aim for a fault that must go unnoticed.
UNFELT_SECONDS = 10.0
# Raised when the harness itself, or the engine, cannot continue.
FAILURES = (AssertionError, RuntimeError, OSError, LookupError, TException)


@dataclass
class Result:
    """The result of a trial; `bit` is the proof that the fault took effect."""

    name: str
    seed: int
    aim: float | None
    date: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")
    bit: str = ""
    seconds: float | None = None
    missing: int | None = None
    duplicate: int | None = None
    foreign: int | None = None
    restarts: int = 0
    verdict: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass
class Strike:
    """What was seen of a fault: its proof, when it ended, and how many posts were read before."""

    bit: str = ""
    ended: float = field(default_factory=time.time)
    read: int = 0
    problems: list[str] = field(default_factory=list)


def proven(fault: Fault) -> str:
    """Return the fault's proof, or "" if it cannot be obtained."""
    try:
        return fault.proof()
    except FAILURES:
        return ""


def strike(scene: Scene, cell: Cell, fault: Fault, *, is_armed: bool) -> Strike:
    """Run the fault from beginning to end; if it is not armed, only look for its proof."""
    seen = Strike(read=0 if cell.is_new else scene.read())
    if not is_armed:
        seen.bit = proven(fault)
        return seen
    try:
        fault.begin()
        seen.bit = proven(fault)
        fault.wait()
        seen.problems += _looks(scene, cell)
        if not fault.ends_at_once:
            seen.read = max(seen.read, scene.read())
    finally:
        seen.ended = fault.end()
    return seen


def _looks(scene: Scene, cell: Cell) -> list[str]:
    """Return problems with the board during the fault: stale, or not stale when it should be."""
    if not cell.is_stale and cell.aim is not None:
        return []
    if scene.stack.board()["stale"] is cell.is_stale:
        return []
    return ["the board does not say that it is stale" if cell.is_stale else "the board is stale"]


def run(scene: Scene, cell: Cell, *, is_armed: bool = True) -> Result:
    """Run one trial of a cell; if there are problems, the stack is not used again."""
    result = Result(cell.name, scene.seed, cell.aim)
    try:
        _run(scene, cell, result, is_armed=is_armed)
    except FAILURES as error:
        result.problems.append(f"the trial did not come to an end: {str(error)[-300:]}")
    result.verdict = verdict(result.bit, result.problems)
    if result.problems:
        scene.spoil()
    return result


def _run(scene: Scene, cell: Cell, result: Result, *, is_armed: bool) -> None:
    stack = scene.stack
    if cell.is_new and is_armed:
        scene.clear(small_disks=cell.small_disks)
    else:
        scene.prepare(cell.workers, small_disks=cell.small_disks and is_armed, load=cell.load)
    before, fault = stack.containers(), cell.make(scene)
    with Visitor(stack) as during:
        seen = strike(scene, cell, fault, is_armed=is_armed)
        result.bit, result.problems = seen.bit, seen.problems
        _recover(scene, cell, seen, result)
        fault.restore()
    result.problems += complaints(during, is_away=cell.is_away)
    with Visitor(stack) as after:
        _judge(scene, cell, fault, result)
    result.problems += complaints(after, is_away=False)
    _count_restarts(cell, before, stack.containers(), result)


def _recover(scene: Scene, cell: Cell, seen: Strike, result: Result) -> None:
    aim = UNFELT_SECONDS if cell.aim is None else cell.aim
    try:
        if cell.load:
            result.seconds = scene.recovered(seen.ended, PATIENCE * aim, seen.read)
        else:
            scene.stack.later_board(seen.ended, PATIENCE * aim)
            result.seconds = round(time.time() - seen.ended, 1)
    except AssertionError:
        result.problems.append(f"no newer board within {PATIENCE * aim:.0f} s")
        return
    if result.seconds > aim:
        result.problems.append(f"recovered after {result.seconds} s, the aim is {aim:.0f} s")


def _judge(scene: Scene, cell: Cell, fault: Fault, result: Result) -> None:
    """Compare the counts even if the stack is not healthy again: they matter most."""
    try:
        scene.whole(cell.workers, load=cell.load)
        fault.assert_refilled()
    except AssertionError as error:
        result.problems.append(f"not all is well again: {error}")
    try:
        scene.rest()
    except AssertionError as error:
        result.problems.append(f"not all is counted: {error}")
    score = compare(scene.stack, scene.ledger)
    result.missing, result.duplicate, result.foreign = score.missing, score.duplicate, score.foreign
    result.problems += score.problems


def _count_restarts(cell: Cell, before: list[Json], after: list[Json], result: Result) -> None:
    """Count restarts of the containers that existed before, and of those created since."""
    earlier = {each["Id"]: each["RestartCount"] for each in before}
    restarts = [max(0, each["RestartCount"] - earlier.get(each["Id"], 0)) for each in after]
    result.restarts = sum(restarts)
    if max(restarts) > MOST_RESTARTS:
        result.problems.append(f"more than {MOST_RESTARTS} restarts of one container")
    if cell.spares_driver and _driver(before) != _driver(after):
        result.problems.append("the driver was started again")


def _driver(containers: list[Json]) -> list[str]:
    """Return when the driver was started."""
    return [each["State"]["StartedAt"] for each in containers if service_of(each) == "trends"]


def complaints(visitor: Visitor, *, is_away: bool) -> list[str]:
    """Return what a visitor should not have seen; with web down, only boards going back in time."""
    if is_away:
        return visitor.reversals[:3]
    return [*visitor.complaints, *visitor.unanswered][:3]
