"""The heartbeat shows that a driver is alive, unless it is stuck, and notices its successor."""

import threading

import pytest

from support.waiting import eventually
from trends import heartbeat as module
from trends.counting.progress import ProgressError
from trends.heartbeat import Heartbeat


class FakeProgress:
    def __init__(self) -> None:
        self.beats = 0
        self.failure: Exception | None = None

    def beat(self) -> None:
        self.check()
        self.beats += 1

    def check(self) -> None:
        if self.failure:
            raise self.failure


@pytest.fixture
def progress(monkeypatch: pytest.MonkeyPatch) -> FakeProgress:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.01)
    return FakeProgress()


def test_a_driver_that_is_stuck_is_silent(progress: FakeProgress) -> None:
    stuck, asked = threading.Event(), list[bool]()
    heartbeat = Heartbeat(progress, lambda error: None)  # type: ignore[arg-type]

    def is_stuck() -> bool:
        asked.append(stuck.is_set())
        return asked[-1]

    heartbeat.is_stuck = is_stuck
    heartbeat.start()
    eventually(lambda: progress.beats > 2)
    stuck.set()
    asked.clear()
    eventually(lambda: len(asked) > 2)
    before = progress.beats
    asked.clear()
    eventually(lambda: len(asked) > 2)
    assert progress.beats == before
    stuck.clear()
    eventually(lambda: progress.beats > before)
    heartbeat.stop()


@pytest.mark.parametrize("is_stuck", [False, True])
def test_a_driver_that_was_replaced_is_told_once(progress: FakeProgress, is_stuck: bool) -> None:
    progress.failure = ProgressError("the driver b has taken over")
    losses: list[ProgressError] = []
    heartbeat = Heartbeat(progress, losses.append)  # type: ignore[arg-type]
    heartbeat.is_stuck = lambda: is_stuck
    heartbeat.start()
    eventually(lambda: losses)
    heartbeat.stop()
    assert losses == [progress.failure]


def test_a_driver_that_stops_while_hbase_is_away_stops(progress: FakeProgress) -> None:
    progress.failure = ConnectionRefusedError()
    heartbeat = Heartbeat(progress, lambda error: None)  # type: ignore[arg-type]
    heartbeat.start()
    heartbeat.stop()
