"""The loop: acknowledged before the cursor moves, patient, and quick to stop."""

import threading
import time

import pytest
from prometheus_client import REGISTRY

from ingest.lifecycle import Shutdown
from ingest.metrics import publish_stats
from ingest.poller import Poller
from ingest.sources.base import Batch, Budget, SourceError, SourceReplaced, SourceStats
from support.waiting import eventually


class Source:
    """Plays a script of batches and exceptions, then has nothing new."""

    name, key, former_keys = "demo", "demo:1", ()

    def __init__(self, *script):
        self.stats = SourceStats()
        self.script, self.cursors, self.closed = list(script), [], False

    def fetch(self, cursor):
        self.cursors.append(cursor)
        step = self.script.pop(0) if self.script else Batch([], cursor or {}, 60)
        if isinstance(step, Exception):
            raise step
        return step

    def close(self):
        self.closed = True


class Publisher:
    def __init__(self, cursor=None):
        self.start, self.batches = cursor, []

    def cursor(self, key):
        return self.start

    def publish(self, messages, rejected, cursor, key):
        self.batches.append((key, messages, rejected, cursor))


class QuickError(SourceError):
    def wait(self, failures, spread=None):
        return 0.01


@pytest.fixture
def shutdown(tmp_path):
    shutdown = Shutdown(tmp_path / "alive")
    yield shutdown
    shutdown.stop.set()


def running(source, publisher, shutdown):
    thread = threading.Thread(target=Poller(source, publisher, shutdown).run, daemon=True)
    thread.start()
    return thread


def message(number, repost=False):
    return {"id": str(number), "repost": repost}


def test_batches_are_published_and_the_next_poll_starts_behind_them(shutdown):
    first, second = Batch([message(1)], {"n": 1}, 0), Batch([message(2)], {"n": 2}, 0)
    source, publisher = Source(first, second), Publisher({"n": 0})
    running(source, publisher, shutdown)
    eventually(lambda: len(source.cursors) == 3, within=5)
    assert source.cursors == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert publisher.batches == [
        ("demo:1", [message(1)], [], {"n": 1}),
        ("demo:1", [message(2)], [], {"n": 2}),
    ]


def test_a_source_that_was_replaced_reads_its_own_cursor(shutdown):
    class Replaced(Source):
        def fetch(self, cursor):
            self.key = "demo:2"
            return super().fetch(cursor)

    class Cursors(Publisher):
        def cursor(self, key):
            return {"demo:1": {"n": 3}, "demo:2": {"n": 7}}[key]

    source, publisher = Replaced(SourceReplaced(), Batch([message(1)], {"n": 8}, 60)), Cursors()
    running(source, publisher, shutdown)
    eventually(lambda: publisher.batches, within=5)
    assert source.cursors == [{"n": 3}, {"n": 7}]
    assert publisher.batches[0][0] == "demo:2"


def test_nothing_new_writes_no_cursor(shutdown):
    source, publisher = Source(Batch([], {"n": 0}, 0), Batch([], {"n": 1}, 0)), Publisher({"n": 0})
    running(source, publisher, shutdown)
    eventually(lambda: len(source.cursors) == 3, within=5)
    assert [cursor for *_, cursor in publisher.batches] == [{"n": 1}]


def test_after_failures_it_goes_on_from_the_same_cursor(shutdown, caplog, monkeypatch):
    monkeypatch.setattr("ingest.poller.MISTAKE_SECONDS", 0.01)
    batch = Batch([message(1)], {"n": 1}, 60)
    source = Source(QuickError("401", "check CONSUMER_KEY"), ValueError("a mistake"), batch)
    publisher = Publisher({"n": 0})
    poller = Poller(source, publisher, shutdown)
    thread = threading.Thread(target=poller.run, daemon=True)
    thread.start()
    eventually(lambda: publisher.batches, within=10)
    assert source.cursors == [{"n": 0}] * 3
    assert "kind=401 failures=1" in caplog.text
    assert "check CONSUMER_KEY" in caplog.text
    assert "event=unexpected source=demo" in caplog.text
    eventually(lambda: poller.report.state == "ok", within=5)
    assert poller.report.document()["error"] is None


def test_the_report_tells_what_failed_and_when_the_next_try_is(shutdown):
    source = Source(Batch([message(1)], {"n": 1}, 0), SourceError("402", "add credits", first=120))
    source.stats.budget = Budget(5000, 4999, 1, 0.01, 0.01)
    poller = Poller(source, Publisher(), shutdown)
    threading.Thread(target=poller.run, daemon=True).start()
    eventually(lambda: poller.report.state == "failing", within=5)
    told = poller.report.document()
    assert (told["error"]["kind"], told["error"]["message"]) == ("402", "add credits")
    assert (told["error"]["failures"], told["tweets"]) == (1, 1)
    assert told["budget"] == {
        "limit": 5000,
        "left": 4999,
        "month": 1,
        "cost_today": 0.01,
        "cost_month": 0.01,
    }
    assert told["last_success"] <= told["error"]["since"] < told["next_poll"]


@pytest.mark.parametrize(("count_reposts", "sent"), [(True, ["1", "2"]), (False, ["1"])])
def test_reposts_count_unless_the_setting_says_no(shutdown, count_reposts, sent):
    batch = Batch([message(1), message(2, repost=True)], {"n": 1}, 60, private_skipped=3)
    publisher = Publisher()
    poller = Poller(Source(batch), publisher, shutdown, count_reposts=count_reposts)
    threading.Thread(target=poller.run, daemon=True).start()
    eventually(lambda: poller.report.state == "ok", within=5)
    assert [each["id"] for each in publisher.batches[0][1]] == sent
    assert poller.report.document()["skipped"] == 3 + 2 - len(sent)


def test_failures_in_a_row_are_counted_until_the_next_success(shutdown):
    def failures():
        return REGISTRY.get_sample_value("ingest_failures_in_a_row", {"source": "counted"})

    class Counted(Source):
        name = "counted"

    source = Counted(
        *[QuickError("server", "out of order")] * 3, SourceError("server", "", first=60)
    )
    running(source, Publisher(), shutdown)
    eventually(lambda: failures() == 4, within=5)
    shutdown.stop.set()
    shutdown.stop.clear()
    running(Counted(QuickError("server", "out of order")), Publisher(), shutdown)
    eventually(lambda: failures() == 0, within=5)


def test_the_budget_and_its_limit_are_metrics():
    publish_stats("budgeted", SourceStats(budget=Budget(5000, 499, 70_000, 22.5, 350.0)))
    found = {
        name: REGISTRY.get_sample_value(f"ingest_budget_{name}", {"source": "budgeted"})
        for name in ("posts", "posts_left")
    }
    assert found == {"posts": 5000, "posts_left": 499}


def test_a_failing_source_does_not_hold_back_another(shutdown):
    failing = Source(*[SourceError("server", "out of order", first=60)] * 9)
    working = Source(*[Batch([message(n)], {"n": n}, 0) for n in range(5)])
    publisher = Publisher()
    for source in (failing, working):
        running(source, publisher, shutdown)
    eventually(lambda: len(publisher.batches) == 5, within=5)
    assert len(failing.cursors) == 1


@pytest.mark.component
def test_a_hanging_source_shows_although_another_is_alive(shutdown, tmp_path):
    hangs = threading.Event()

    class Hanging(Source):
        def fetch(self, cursor):
            hangs.wait(20)
            return super().fetch(cursor)

    running(Source(), Publisher(), shutdown)
    running(Hanging(), Publisher(), shutdown)
    alive = tmp_path / "alive"
    eventually(lambda: alive.exists() and time.time() - alive.stat().st_mtime > 2.5, within=10)
    hangs.set()
    eventually(lambda: time.time() - alive.stat().st_mtime < 1.5, within=5)


@pytest.mark.component
def test_a_finished_source_is_not_taken_for_a_hanging_one(shutdown, tmp_path):
    thread = running(Source(Batch([], {"n": 1}, 60, finished=True)), Publisher(), shutdown)
    running(Source(), Publisher(), shutdown)
    thread.join(5)
    time.sleep(2.5)
    assert time.time() - (tmp_path / "alive").stat().st_mtime < 2


def test_a_finished_source_ends_the_loop(shutdown):
    source = Source(Batch([message(1)], {"n": 1}, 60, finished=True))
    thread = running(source, Publisher(), shutdown)
    thread.join(5)
    assert not thread.is_alive()
    assert source.closed


def test_a_stop_ends_any_wait_within_a_second(shutdown):
    for source in (Source(), Source(SourceError("x", "", exactly=900))):
        shutdown.stop.clear()
        thread = running(source, Publisher(), shutdown)
        eventually(lambda seen=source: seen.cursors, within=5)
        started = time.monotonic()
        shutdown.stop.set()
        thread.join(5)
        assert time.monotonic() - started < 1
        assert source.closed


@pytest.mark.component
def test_the_heart_beats_while_it_waits(shutdown, tmp_path):
    running(Source(), Publisher(), shutdown)
    alive = tmp_path / "alive"
    eventually(alive.exists, within=5)
    before = alive.stat().st_mtime_ns
    eventually(lambda: alive.stat().st_mtime_ns > before, within=5)
