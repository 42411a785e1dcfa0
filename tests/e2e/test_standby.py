"""A second driver takes over from one that is killed, paused, cut off or stopped, under load."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from e2e.test_faults import load
from support.aims import PATIENCE
from support.checks import report, wait_for_tweets
from support.stack import Stack, run
from support.waiting import eventually

# Seconds from the fault to a board by the other driver.
AIM = 20
FEW = 20
# Which of the containers named says that it counts.
LEADERS = """
import sys, urllib.request
for host in sys.argv[1:]:
    try:
        text = urllib.request.urlopen(f"http://{host}:9464/metrics", timeout=3).read()
    except OSError:
        continue
    if b"trends_leader 1.0" in text:
        print(host)
"""


def leader(stack: Stack) -> str:
    """The host name of the one driver that counts, which is its container's short id."""
    hosts = [each["Config"]["Hostname"] for each in stack.containers("trends")]
    (found,) = stack.inside("ingest", LEADERS, *hosts).split()
    return found


def wait_for_standbys(stack: Stack, number: int) -> None:
    """Wait until so many starts of a driver have ended in standing by."""
    eventually(lambda: stack.logs("trends").count(": standing by") >= number, within=180)


def kill(container: str) -> None:
    pid = int(run(["docker", "inspect", "--format", "{{.State.Pid}}", container]))
    os.kill(pid, signal.SIGKILL)


def docker(*arguments: str) -> Callable[[str], None]:
    def command(container: str) -> None:
        run(["docker", *arguments, container])

    return command


def test_a_standby_takes_over_under_load(stack: Stack) -> None:
    network = f"{stack.project}_data"
    cut, mend = (docker("network", verb, network) for verb in ("disconnect", "connect"))
    faults: dict[str, tuple[Callable[[str], Any], Callable[[str], Any]]] = {
        "paused": (docker("pause"), docker("unpause")),
        "cut off": (cut, mend),
        "stopped": (docker("stop"), docker("start")),
        "killed": (kill, lambda container: None),
    }
    stack.scale("trends", 2)
    try:
        with load(stack):
            for number, (name, (strike, heal)) in enumerate(faults.items(), 1):
                wait_for_standbys(stack, number)
                first = leader(stack)
                began = time.time()
                strike(first)
                seconds = wait_for_tweets(stack, began + 1, FEW, PATIENCE * AIM)
                report(driver=name, recovery_seconds=seconds, aim=AIM)
                if name != "killed":  # that one may itself have been the quicker of the two
                    assert leader(stack) != first
                heal(first)
        # Those that hung or were cut off have found out that they were replaced.
        assert stack.logs("trends").count("has taken over: restarting") >= 2
    finally:
        stack.scale("trends", 1)
