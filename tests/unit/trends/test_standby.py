"""When a driver that stands by takes over."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import happybase
import pytest

from fakes.hbase import FakeHBase
from trends import standby
from trends.counting.progress import Lease
from trends.hbase.client import Client
from trends.hbase.gateway import Gateway
from trends.hbase.progress_row import ProgressRow
from trends.standby import LEASE_SECONDS, RESTART_SECONDS, LeaseWatch, stand_by

OTHER, OWN = Lease("other/1", 5), Lease("here/1", 5)


def test_nobody_is_waited_for_where_nobody_counts() -> None:
    watch = LeaseWatch("here")
    assert watch.is_over(None, 0.0)
    assert watch.is_over(Lease("other/1", 5, stopped=True), 0.0)


@pytest.mark.parametrize(("lease", "seconds"), [(OTHER, LEASE_SECONDS), (OWN, RESTART_SECONDS)])
def test_a_driver_that_no_longer_reports_is_replaced(lease: Lease, seconds: int) -> None:
    """Sooner, if it was this container before its restart."""
    watch = LeaseWatch("here")
    found = [watch.is_over(lease, float(second)) for second in range(seconds + 1)]
    assert found == [False] * seconds + [True]


def test_a_driver_that_reports_is_never_replaced() -> None:
    watch = LeaseWatch("here")
    for host in ("other", "here"):  # also if two have the same name
        beats = [Lease(f"{host}/1", until) for until in range(100)]
        assert not any(watch.is_over(beats[int(s / 2)], float(s)) for s in range(200))


def test_time_in_which_hbase_did_not_answer_does_not_count() -> None:
    """Perhaps the driver could not report either."""
    watch = LeaseWatch("here")
    assert not watch.is_over(OTHER, 0.0)
    assert not watch.is_over(OTHER, 60.0)
    for second in range(60, 60 + LEASE_SECONDS):
        assert not watch.is_over(OTHER, float(second))
    assert watch.is_over(OTHER, 60.0 + LEASE_SECONDS)


@pytest.fixture
def hbase(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHBase]:
    monkeypatch.setattr(standby, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(standby, "LEASE_SECONDS", 0.2)
    with FakeHBase() as found:
        happybase.Connection("127.0.0.1", found.port).create_table("boards", {"b": {}})
        yield found


def row(hbase: FakeHBase, driver: str) -> ProgressRow:
    return ProgressRow(Client(Gateway((("127.0.0.1", hbase.port),)), threading.Event()), driver)


def no_time_to_prepare() -> None:
    raise AssertionError("nobody else is counting")


def test_the_first_driver_counts_at_once(hbase: FakeHBase, tmp_path: Path) -> None:
    progress, alive = row(hbase, "here/1"), tmp_path / "alive"
    assert stand_by(progress, threading.Event(), alive.touch, no_time_to_prepare)
    assert progress.read()[1].driver == "here/1"


def test_a_standby_takes_over_from_a_driver_that_is_silent(
    hbase: FakeHBase, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    row(hbase, "other/1").take_over(None)
    prepared: list[bool] = []

    def prepare() -> None:
        prepared.append(True)

    alive = (tmp_path / "alive").touch
    assert stand_by(row(hbase, "here/2"), threading.Event(), alive, prepare)
    assert prepared == [True]
    assert (tmp_path / "alive").exists(), "a standby is healthy"
    standing, taking = (record.message for record in caplog.records)
    assert standing == "the driver other/1 is counting: standing by"
    assert taking.startswith("the driver other/1 has not reported for")


def test_a_driver_that_stops_hands_over_at_once(
    hbase: FakeHBase, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(standby, "LEASE_SECONDS", 3600)
    before = row(hbase, "other/1")
    before.take_over(None)
    before.release()
    assert stand_by(row(hbase, "here/2"), threading.Event(), lambda: None, no_time_to_prepare)
    assert caplog.messages == ["the driver other/1 has stopped: taking over"]


def test_a_standby_can_be_stopped(hbase: FakeHBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "LEASE_SECONDS", 3600)
    row(hbase, "other/1").take_over(None)
    stopping = threading.Event()
    assert not stand_by(row(hbase, "here/2"), stopping, stopping.set, lambda: None)
    lease = row(hbase, "other/2").read_lease()
    assert lease and lease.driver == "other/1"


@pytest.mark.component
def test_of_two_that_stand_by_one_takes_over(hbase: FakeHBase) -> None:
    row(hbase, "other/1").take_over(None)
    stopping, took = threading.Event(), []

    def wait(name: str) -> None:
        progress = row(hbase, name)
        if stand_by(progress, stopping, lambda: None, lambda: None):
            took.append(name)
            for _ in range(50):
                progress.beat()
                stopping.wait(0.02)
            stopping.set()

    threads = [threading.Thread(target=wait, args=(f"host{n}/1",)) for n in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(took) == 1
