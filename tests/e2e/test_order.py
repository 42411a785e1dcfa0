"""Services may start in any order, and none waits for being told."""

import random
import time

import pytest

from chaos.aims import EVERYTHING
from e2e.checks import MOST_RESTARTS, assert_exact, report, wait_for_tweets
from e2e.stack import Stack
from oracle import Oracle
from waiting import eventually

# The aim is for an idle machine of two cores; the deadline is 3 times that.
SECONDS = 3 * EVERYTHING
# On a new stack, and then one after the other on what it keeps.
NEW, AGAIN = ["web first", "order 1"], [f"order {n}" for n in range(2, 10)]


def order(stack: Stack, start: str) -> list[str]:
    services = sorted(stack.services())
    random.Random(start).shuffle(services)
    if start == "web first":
        services.sort(key=lambda name: name != "web")
    report(order=",".join(services))
    return services


@pytest.mark.parametrize("start", NEW)
def test_any_order_will_do(no_stack: Stack, start: str) -> None:
    stack, began = no_stack, time.monotonic()
    for service in order(stack, start):
        stack.up(service, wait=False)
    if start == "web first":
        waiting_page(stack)
    eventually(lambda: stack.board()["hashtags"], within=SECONDS)
    report(board_seconds=round(time.monotonic() - began, 1))
    assert_all_is_well(stack)


def test_any_order_will_do_again(any_stack: Stack) -> None:
    """All is stopped, and started in another order, on the stack of the test before."""
    stack, read = any_stack, any_stack.board()["tweets_read"]
    for start in AGAIN:
        stack.compose("stop", "--timeout", "5")
        began = time.time()
        for service in order(stack, start):
            stack.compose("start", service)
        report(board_seconds=wait_for_tweets(stack, began, 10, SECONDS, read))
        read = stack.board()["tweets_read"]
    assert_all_is_well(stack)


def assert_all_is_well(stack: Stack) -> None:
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
