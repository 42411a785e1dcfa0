"""Services may start in any order, and none waits for being told."""

import time

from chaos.aims import EVERYTHING, PATIENCE
from e2e.checks import MOST_RESTARTS, assert_exact, report, wait_for_tweets
from e2e.orders import ORDERS, WEB_FIRST, order
from e2e.stack import DEMO, Stack
from oracle import Oracle
from waiting import eventually

SECONDS = PATIENCE * EVERYTHING


def test_a_new_stack_with_web_first(no_stack: Stack) -> None:
    """Another new one is that of test_replay.py."""
    stack, began = no_stack, time.monotonic()
    stack.up_in_order(order(stack, WEB_FIRST))
    waiting_page(stack)
    eventually(lambda: stack.board()["hashtags"], within=SECONDS)
    report(board_seconds=round(time.monotonic() - began, 1))
    assert_all_is_well(stack)
    stack.purpose = DEMO


def test_any_order_will_do(stack: Stack) -> None:
    """All is stopped, and started again in another order."""
    read = stack.board()["tweets_read"]
    for number in range(WEB_FIRST + 1, ORDERS):
        stack.compose("stop", "--timeout", "5")
        began = time.time()
        for service in order(stack, number):
            stack.compose("start", service)
        report(board_seconds=wait_for_tweets(stack, began, 10, SECONDS, read))
        read = stack.board()["tweets_read"]
    assert_all_is_well(stack)


def assert_all_is_well(stack: Stack) -> None:
    with stack.at_rest() as messages:
        assert_exact(stack, Oracle(messages))
    assert max(stack.restarts().values()) <= MOST_RESTARTS


def waiting_page(stack: Stack) -> None:
    """Before the first board people are told what it waits for, and programs to come again."""
    page = stack.api("/")
    assert page.status_code == 200
    assert "Getting your first board" in page.text
    for path in ("/api/v1/trends", "/readyz"):
        response = stack.api(path)
        assert response.status_code == 503
        assert response.json()["waiting_for"]
        assert int(response.headers["Retry-After"]) > 0
