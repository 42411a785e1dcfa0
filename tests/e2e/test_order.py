"""Services may start in any order, and none waits for being told."""

import random
import time

import pytest

from e2e.checks import MOST_RESTARTS, assert_exact, report
from e2e.stack import Stack
from oracle import Oracle
from waiting import eventually

SECONDS = 240


def order(stack: Stack, start: str) -> list[str]:
    services = sorted(stack.services())
    if start == "web first":
        return ["web", *(name for name in services if name != "web")]
    random.Random(start).shuffle(services)
    return services


@pytest.mark.parametrize("start", ["web first", "shuffled by seed 5"])
def test_any_order_will_do(no_stack: Stack, start: str) -> None:
    stack = no_stack
    chosen = order(stack, start)
    report(order=",".join(chosen))
    began = time.monotonic()
    for service in chosen:
        stack.up(service, wait=False)
    if start == "web first":
        waiting_page(stack)
    eventually(lambda: stack.board()["hashtags"], within=SECONDS)
    report(board_seconds=round(time.monotonic() - began, 1))
    stack.compose("stop", "ingest")
    assert_exact(stack, Oracle(stack.settled()))
    assert max(stack.restarts().values()) <= MOST_RESTARTS


def waiting_page(stack: Stack) -> None:
    """Before the first board people are told what it waits for, and programs to come again."""
    page = stack.api("/")
    assert page.status_code == 200
    assert "Waiting for the first board" in page.text
    assert "The way to the first board" in page.text
    for path in ("/api/v1/trends", "/readyz"):
        response = stack.api(path)
        assert response.status_code == 503
        assert response.json()["waiting_for"]
        assert int(response.headers["Retry-After"]) > 0
