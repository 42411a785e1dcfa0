"""Services may start in any order, and none has to be told to wait for another.

New stacks are started by test_replay.py (web first) and test_trending.py.
"""

import time

from support.aims import EVERYTHING, PATIENCE
from support.checks import assert_exact, assert_few_restarts, report, wait_for_tweets
from support.oracle import Oracle
from support.orders import both_ways
from support.stack import Stack

SECONDS = PATIENCE * EVERYTHING


def test_any_order_will_do(stack: Stack) -> None:
    """All is stopped, and started again in another order."""
    restarts = stack.restarts()
    read = stack.board()["tweets_read"]
    for services in both_ways(stack):
        stack.compose("stop", "--timeout", "5")
        began = time.time()
        for service in services:
            stack.compose("start", service)
        seconds = wait_for_tweets(stack, began, 10, SECONDS, read)
        report(order=",".join(services), board_seconds=seconds)
        read = stack.board()["tweets_read"]
    with stack.at_rest() as messages:
        assert_exact(stack, Oracle(messages))
    assert_few_restarts(stack, restarts)
