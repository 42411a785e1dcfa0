"""Killed under load, killed in silence, scaled: afterwards every count is right."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from support.aims import EVERYTHING, PATIENCE
from support.aims import KILLED as AIMS
from support.checks import (
    Visitor,
    assert_exact,
    assert_few_restarts,
    demo_numbers,
    executors,
    report,
    wait_for_tweets,
)
from support.oracle import Oracle
from support.stack import Stack, run
from support.waiting import eventually

TWEETS_PER_SECOND = 200
MORE = 2 * TWEETS_PER_SECOND
SCALING = 60
NO_MASTER = "Failed to connect to master"


@contextmanager
def load(stack: Stack, killed: Sequence[tuple[str, ...]] = ()) -> Iterator[Visitor]:
    """Tweets without an end, and a visitor; afterwards everything that was sent is counted."""
    stack.configure({"DEMO_RATE": str(TWEETS_PER_SECOND)})
    stack.up("ingest", wait=False)
    wait_for_tweets(stack, time.time(), MORE, PATIENCE * AIMS["ingest"])
    restarts = stack.restarts()
    with Visitor(stack) as visitor:
        yield visitor
        stack.compose("stop", "ingest")
        messages = stack.settled(within=180)
    numbers = demo_numbers(messages)
    assert numbers == set(range(max(numbers) + 1))
    assert_exact(stack, Oracle(messages))
    visitor.assert_content(web_was_away=("web",) in killed, all_were_away=tuple(AIMS) in killed)
    assert_few_restarts(stack, restarts)


def kill(stack: Stack, *services: str) -> None:
    """Kill containers at once, and wait until newer tweets are counted."""
    is_all = len(services) == len(AIMS)
    aim = EVERYTHING if is_all else max(AIMS[service] for service in services)
    read = stack.board()["tweets_read"]
    killed = stack.kill9(*services)
    seconds = wait_for_tweets(stack, killed, MORE, PATIENCE * aim, read)
    report(killed=services, recovery_seconds=seconds, aim=aim)


def wait_for_executors(stack: Stack, number: int) -> None:
    eventually(lambda: executors(stack) == number, within=PATIENCE * SCALING, every=1)


# Spark's master remembers its drivers: a new one must not be taken for the one it remembers.
@pytest.mark.parametrize(
    "those",
    [
        [("web",), ("ingest",), ("kafka",), ("spark-master",), ("spark-master", "trends")],
        [
            ("trends",),
            ("hbase-thrift",),
            ("zookeeper",),
            ("hbase-master",),
            ("hbase-regionserver",),
            tuple(AIMS),
        ],
    ],
    ids=["before HBase", "HBase, and all at once"],
)
def test_killed_under_load(stack: Stack, those: list[tuple[str, ...]]) -> None:
    """One after the other, each under load again: what each of them does to the counts adds up."""
    with load(stack, those):
        for services in those:
            kill(stack, *services)


@pytest.mark.parametrize("service", ["kafka", "hbase-thrift", "trends"])
def test_a_name_that_is_gone_is_not_waited_for(stack: Stack, service: str) -> None:
    """Otherwise whatever connects to a container that is away hangs, whatever its own patience."""
    found = "getent hosts nobody || [ $? = 2 ]"  # 2: there is no such name
    stack.compose("exec", "--no-TTY", service, "timeout", "10", "bash", "-c", found)


@pytest.mark.nightly
def test_a_worker_that_is_there_before_its_master(stack: Stack) -> None:
    """As after a restart of the machine: the master must not take it for the one it remembers."""
    spark = ("spark-worker", "spark-master", "trends")
    with load(stack):
        stack.compose("stop", *spark)
        read, tries = stack.board()["tweets_read"], stack.logs("spark-worker").count(NO_MASTER)
        began = time.time()
        stack.compose("start", "spark-worker")
        eventually(lambda: stack.logs("spark-worker").count(NO_MASTER) > tries)
        stack.compose("start", *spark)
        aim = AIMS["trends"]
        seconds = wait_for_tweets(stack, began, MORE, PATIENCE * aim, read)
        report(stopped=spark, recovery_seconds=seconds, aim=aim)


def test_a_full_disk_is_an_error_that_hbase_understands() -> None:
    """What its log does not take for an error is acknowledged, and lost when it is killed."""
    copy = """
        echo '<configuration/>' >/tmp/core-site.xml
        java -cp '/tmp:/opt/hbase/conf:/opt/hbase/lib/*' org.apache.hadoop.fs.FsShell \\
            -conf /opt/hbase/conf/hbase-site.xml -cp file:///usr/bin/bash file:///data/copy 2>&1
    """
    disk = ["--tmpfs", "/data:size=64k,uid=10001", "--entrypoint", "sh"]
    options = ["docker", "run", "--rm", "--pull", "never", "--network", "none", *disk]
    said = run([*options, "tweet-trends/hbase", "-c", copy], check=False)
    assert said == "cp: No space left on device\n"


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
        eventually(lambda: stack.board()["stale"])
        board = stack.board()
        assert board["tweets_read"] >= last["tweets_read"]
        assert board["hashtags"][0]["count"] >= last["hashtags"][0]["count"]
        assert stack.api("/readyz").status_code == 200
        started = time.time()
        stack.compose("start", "hbase-thrift")
        stack.later_board(started, within=60)
        report(stopped="hbase-thrift", recovery_seconds=round(time.time() - started, 1))
    visitor.assert_content()


def scale(stack: Stack, number: int) -> None:
    """Have so many workers, and wait until newer tweets are counted."""
    asked = time.time()
    stack.scale("spark-worker", number)
    wait_for_executors(stack, number)
    scaled = round(time.time() - asked, 1)
    seconds = wait_for_tweets(stack, time.time(), MORE, PATIENCE * SCALING)
    report(workers=number, scaled_seconds=scaled, newer_board_seconds=seconds)


def test_workers_come_go_and_are_killed_under_load(stack: Stack) -> None:
    """More workers join the running job, and leave it, without a restart of the driver."""
    wait_for_executors(stack, 1)
    driver = stack.container("trends")["State"]["StartedAt"]
    try:
        with load(stack):
            scale(stack, 3)
            scale(stack, 2)
            kill(stack, "spark-worker")
            wait_for_executors(stack, 2)
            scale(stack, 1)
    finally:
        stack.scale("spark-worker", 1)
    assert stack.container("trends")["State"]["StartedAt"] == driver
