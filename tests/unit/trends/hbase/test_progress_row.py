"""The row `_progress`: only one driver writes it, whatever is lost or late on the way to HBase."""

import json
import threading
from collections.abc import Iterator

import happybase
import pytest

from fakes.hbase import FakeHBase
from trends.counting.progress import Done, Intent, Lease, ProgressError
from trends.hbase.client import Client
from trends.hbase.gateway import Gateway
from trends.hbase.progress_row import ProgressRow

INTENT = Intent(9, {}, {"0": 5})


@pytest.fixture
def hbase() -> Iterator[FakeHBase]:
    with FakeHBase() as found:
        happybase.Connection("127.0.0.1", found.port).create_table("boards", {"b": {}})
        yield found


def counting(hbase: FakeHBase, driver: str) -> ProgressRow:
    """Return the row of a driver that has just taken over."""
    progress = ProgressRow(Client(Gateway((("127.0.0.1", hbase.port),)), threading.Event()), driver)
    assert progress.take_over(progress.read_lease())
    progress.read()
    return progress


def test_a_new_table(hbase: FakeHBase) -> None:
    progress = counting(hbase, "a/1")
    assert progress.read() == (Done(), Intent(0, {}, {}, "a/1"))


def test_the_next_driver_finds_what_was_written(hbase: FakeHBase) -> None:
    first = counting(hbase, "a/1")
    first.announce(INTENT, Done())
    first.record(Done(fence=9))
    second = counting(hbase, "b/1")
    assert second.read() == (Done(fence=9), Intent(9, {}, {"0": 5}, "b/1"))


def test_the_progress_of_the_version_before_is_taken_over(hbase: FakeHBase) -> None:
    """It names no driver, and has no lease."""
    old = json.dumps({"fence": 9, "start": {}, "end": {"0": 5}})
    hbase.put("boards", "_progress", "b:intent", old.encode())
    hbase.put("boards", "_progress", "b:done", json.dumps({"fence": 7, "end": {}}).encode())
    progress = counting(hbase, "a/1")
    assert progress.read() == (Done(fence=7), Intent(9, {}, {"0": 5}, "a/1"))
    progress.record(Done(fence=9))


def test_a_driver_that_was_replaced_writes_nothing_more(hbase: FakeHBase) -> None:
    first = counting(hbase, "a/1")
    second = counting(hbase, "b/1")
    second.record(Done(fence=1))
    for write in (
        lambda: first.announce(INTENT, Done()),
        lambda: first.record(Done(fence=9)),
        first.beat,
        first.check,
        first.read,
    ):
        for _ in range(2):  # failing once must not teach it what to expect
            with pytest.raises(ProgressError, match="the driver b/1 has taken over"):
                write()
    first.release()
    assert second.read() == (Done(fence=1), Intent(0, {}, {}, "b/1"))
    lease = second.read_lease()
    assert lease and (lease.driver, lease.stopped) == ("b/1", False)


def test_a_driver_that_was_replaced_may_still_finish_its_batch(hbase: FakeHBase) -> None:
    """All of the batch's rows are in HBase by then; the next driver writes the same again."""
    first = counting(hbase, "a/1")
    first.announce(INTENT, Done())
    second = counting(hbase, "b/1")
    done = Done(fence=9, end={"0": 5, "1": 2})
    first.record(done)
    second.record(Done(fence=9, end={"1": 2, "0": 5}))
    assert second.read()[0] == done
    second.announce(Intent(10, {}, {}), done)


@pytest.mark.component
@pytest.mark.parametrize("fault", ["unanswered", "delayed"])
def test_a_lost_answer_and_a_late_write_change_nothing(hbase: FakeHBase, fault: str) -> None:
    progress = counting(hbase, "a/1")
    for fence in (1, 2):
        getattr(hbase, fault).extend(["checkAndPut"] * 3)
        progress.announce(Intent(fence, {}, {}), Done(fence=fence - 1))
        progress.record(Done(fence=fence))
        progress.beat()
    hbase.deliver()
    assert progress.read() == (Done(fence=2), Intent(2, {}, {}, "a/1"))
    progress.announce(Intent(3, {}, {}), Done(fence=2))
    progress.beat()


def test_what_hbase_has_lost_is_noticed(hbase: FakeHBase) -> None:
    progress = counting(hbase, "a/1")
    progress.announce(INTENT, Done())
    progress.record(Done(fence=9))
    del hbase.tables[b"boards"][b"_progress"][b"b:done"]
    with pytest.raises(ProgressError, match="lost counts that it had acknowledged"):
        progress.announce(Intent(10, {}, {}), Done(fence=9))
    del hbase.tables[b"boards"][b"_progress"][b"b:lease"]
    with pytest.raises(ProgressError, match="HBase has lost"):
        progress.beat()


def test_progress_is_visible_although_a_clock_was_set_back(hbase: FakeHBase) -> None:
    """An earlier version wrote it with the time of its own clock."""
    old = Done(fence=1)
    hbase._put(b"boards", b"_progress", b"b:done", old.to_json(), 10**15)
    progress = counting(hbase, "a/1")
    progress.record(Done(fence=9))
    assert progress.read()[0].fence == 9


def test_the_boards_of_the_next_driver_hide_those_of_the_one_before(hbase: FakeHBase) -> None:
    """Even those that it is about to write, with a clock that is ahead."""
    first = counting(hbase, "a/1")
    late = [first.next_timestamp() for _ in range(3)]
    first._written_at += 3_600_000
    late += [first.next_timestamp() for _ in range(3)]
    second = counting(hbase, "b/1")
    assert late == sorted(set(late)) and second.next_timestamp() > late[-1]
    first._written_at += 3_600_000
    with pytest.raises(ProgressError):
        first.next_timestamp()


def test_a_lease_is_taken_over_only_as_it_was_read(hbase: FakeHBase) -> None:
    first = counting(hbase, "a/1")
    second = ProgressRow(Client(Gateway((("127.0.0.1", hbase.port),)), threading.Event()), "b/1")
    lease = second.read_lease()
    first.beat()
    assert not second.take_over(lease)
    first.announce(INTENT, Done())


def test_the_application_is_passed_on_until_its_executors_are_free(hbase: FakeHBase) -> None:
    """The second driver may die before it has told Spark's master."""
    first = counting(hbase, "a/1")
    first.application = "app-1"
    first.beat()
    counting(hbase, "b/1")
    assert counting(hbase, "c/1").application == "app-1"


def test_a_released_lease_is_not_taken_again(hbase: FakeHBase) -> None:
    progress = counting(hbase, "a/1")
    progress.release()
    with pytest.raises(ProgressError):
        progress.beat()
    assert progress.read_lease() == Lease("a/1", progress._lease.until, stopped=True)
