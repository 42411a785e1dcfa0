"""What a trial makes of what it sees."""

import pytest

from chaos.cells import Cell, all_cells
from chaos.faults import Fault
from chaos.trial import Result, _count_restarts, complaints, proven
from support.checks import Visitor
from support.stack import Json, Stack

CELLS = {cell.name: cell for cell in all_cells(seed=1)}
BACK = "as_of went back from 2 to 1"


def container(service: str, restarts: int = 0, started: str = "1", id_: str = "") -> Json:
    return {
        "Id": id_ or service,
        "RestartCount": restarts,
        "State": {"StartedAt": started},
        "Config": {"Labels": {"com.docker.compose.service": service}},
    }


def judged(cell: Cell, before: list[Json], after: list[Json]) -> Result:
    result = Result(cell.name, 1, cell.aim)
    _count_restarts(cell, before, after, result)
    return result


def test_only_web_itself_may_leave_callers_without_an_answer() -> None:
    visitor = Visitor(Stack("unit", 1))
    visitor.unanswered, visitor.complaints = ["refused"], ["503 waiting"]
    assert complaints(visitor, is_away=False) == ["503 waiting", "refused"]
    assert complaints(visitor, is_away=True) == []


def test_nobody_may_see_time_go_back() -> None:
    visitor = Visitor(Stack("unit", 1))
    visitor.complaints = [BACK]
    assert complaints(visitor, is_away=True) == complaints(visitor, is_away=False) == [BACK]


@pytest.mark.parametrize(
    ("before", "after", "restarts", "is_fine"),
    [
        ([container("web", 2)], [container("web", 3)], 1, True),
        ([container("web", 2)], [container("web", 8)], 6, False),
        ([container("web", 9)], [container("web", 1, id_="new")], 1, True),
        ([], [container("web", 3), container("kafka", 3)], 6, True),
    ],
)
def test_restarts_are_counted(
    before: list[Json], after: list[Json], restarts: int, is_fine: bool
) -> None:
    result = judged(CELLS["web/kill"], before, after)
    assert (result.restarts, not result.problems) == (restarts, is_fine)


def test_a_restart_of_the_driver_is_no_matter_or_a_problem() -> None:
    before, after = [container("trends", 0, "1")], [container("trends", 1, "2")]
    assert judged(CELLS["kafka/kill"], before, after).problems == []
    assert judged(CELLS["spark-master/kill"], before, after).problems


def test_a_proof_that_cannot_be_had_is_none() -> None:
    class Silent(Fault):
        def __init__(self) -> None:
            pass

        def proof(self) -> str:
            raise AssertionError("not within 15 s")

    assert proven(Silent()) == ""
