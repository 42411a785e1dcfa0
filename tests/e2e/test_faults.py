"""Killed under load, killed in silence, scaled: afterwards every count is right."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from e2e.checks import Visitor, assert_exact, assert_few_restarts, demo_numbers, report
from e2e.stack import Stack, as_of
from oracle import Oracle
from waiting import eventually

TWEETS_PER_SECOND = 200
# Aims on two idle cores, in seconds until the first newer board; the deadline is 3 times that.
AIMS = {
    "ingest": 30,
    "trends": 60,
    "spark-worker": 30,
    "spark-master": 90,
    "hbase-regionserver": 120,
}
SCALING = 60
PATIENCE = 3

WORKERS = """
import urllib.request
print(urllib.request.urlopen("http://spark-master:8080/json/", timeout=10).read().decode())
"""


@contextmanager
def load(stack: Stack) -> Iterator[Visitor]:
    """Tweets without an end, and a visitor; afterwards everything that was sent is counted."""
    stack.configure({"DEMO_RATE": str(TWEETS_PER_SECOND)})
    stack.up("ingest", wait=False)
    wait_for_tweets(stack, time.time(), PATIENCE * AIMS["ingest"])
    restarts = stack.restarts()
    with Visitor(stack) as visitor:
        yield visitor
        stack.compose("stop", "ingest")
        messages = stack.settled(within=180)
    numbers = demo_numbers(messages)
    assert numbers == set(range(max(numbers) + 1))
    assert_exact(stack, Oracle(messages))
    visitor.assert_content()
    assert_few_restarts(stack, restarts)


def wait_for_tweets(stack: Stack, since: float, within: float) -> float:
    """Seconds from `since` until a board shows two more seconds' worth of tweets."""
    read = stack.board()["tweets_read"]

    def counted() -> bool:
        board = stack.board()
        is_newer = board["tweets_read"] >= read + 2 * TWEETS_PER_SECOND
        return is_newer and as_of(board) > since and not board["stale"]

    eventually(counted, within=within)
    return round(time.time() - since, 1)


def executors(stack: Stack) -> int:
    """How many living workers run an executor of the job."""
    state = json.loads(stack.inside("web", WORKERS))
    alive = [worker for worker in state["workers"] if worker["state"] == "ALIVE"]
    assert len(state["activeapps"]) == 1
    return sum(worker["coresused"] > 0 for worker in alive)


def wait_for_executors(stack: Stack, number: int) -> None:
    eventually(lambda: executors(stack) == number, within=PATIENCE * SCALING, every=1)


# Spark's master remembers its drivers: a new one must not be taken for the one it remembers.
@pytest.mark.parametrize(
    "services",
    [("ingest",), ("trends",), ("hbase-regionserver",), ("spark-master", "trends")],
    ids="+".join,
)
def test_killed_under_load(stack: Stack, services: tuple[str, ...]) -> None:
    aim = max(AIMS[service] for service in services)
    with load(stack):
        killed = stack.kill9(*services)
        seconds = wait_for_tweets(stack, killed, PATIENCE * aim)
    report(killed=services, recovery_seconds=seconds, aim=aim)


def test_hbase_killed_and_then_silence(stack: Stack) -> None:
    """Nothing arrives that would write the counts once more: what was durable has to be right."""
    stack.compose("stop", "ingest")
    messages = stack.settled()
    restarts = stack.restarts()
    aim = AIMS["hbase-regionserver"]
    with Visitor(stack) as visitor:
        killed = stack.kill9("hbase-regionserver")
        stack.later_board(killed, within=PATIENCE * aim)
        seconds = round(time.time() - killed, 1)
    report(killed="hbase-regionserver (then silence)", recovery_seconds=seconds, aim=aim)
    assert stack.settled() == messages
    assert_exact(stack, Oracle(messages))
    visitor.assert_content()
    assert_few_restarts(stack, restarts)


def test_the_last_board_stays_while_hbase_is_away(stack: Stack) -> None:
    eventually(lambda: stack.board()["hashtags"], within=120)
    last = stack.later_board()
    with Visitor(stack) as visitor:
        stack.compose("stop", "hbase-thrift")
        eventually(lambda: stack.board()["stale"], within=30)
        board = stack.board()
        assert board["tweets_read"] >= last["tweets_read"]
        assert board["hashtags"][0]["count"] >= last["hashtags"][0]["count"]
        assert stack.api("/readyz").status_code == 200
        started = time.time()
        stack.compose("start", "hbase-thrift")
        stack.later_board(started, within=60)
        report(stopped="hbase-thrift", recovery_seconds=round(time.time() - started, 1))
    visitor.assert_content()


def test_one_of_two_workers_killed_under_load(stack: Stack) -> None:
    try:
        stack.scale("spark-worker", 2)
        wait_for_executors(stack, 2)
        with load(stack):
            killed = stack.kill9("spark-worker")
            seconds = wait_for_tweets(stack, killed, PATIENCE * AIMS["spark-worker"])
            wait_for_executors(stack, 2)
        report(killed="spark-worker", recovery_seconds=seconds, aim=AIMS["spark-worker"])
    finally:
        stack.scale("spark-worker", 1)


def test_scaled_under_load(stack: Stack) -> None:
    """More workers join the running job, and leave it, without a restart of anything."""
    wait_for_executors(stack, 1)
    driver = stack.container("trends")["State"]["StartedAt"]
    with load(stack):
        for number in (3, 1):
            asked = time.time()
            stack.scale("spark-worker", number)
            wait_for_executors(stack, number)
            scaled = round(time.time() - asked, 1)
            seconds = wait_for_tweets(stack, time.time(), PATIENCE * SCALING)
            report(workers=number, scaled_seconds=scaled, newer_board_seconds=seconds)
    assert stack.container("trends")["State"]["StartedAt"] == driver
