"""The status: what it says, and that writing it is in nobody's way."""

import itertools
import json
import socket
import threading
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ingest import metrics, status
from ingest.environment import SettingsError
from ingest.gateway import Gateway
from ingest.lifecycle import Shutdown
from ingest.reports import KafkaReport, SourceReport
from ingest.settings import read_settings
from ingest.sources.base import Batch, Budget, Progress, RateLimit, SourceError, SourceStats
from ingest.sources.http.failures import Network
from ingest.status import StatusWriter, document
from support.waiting import eventually

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs/contracts/status.schema.json").read_text(encoding="utf-8")
)
INGEST = Draft202012Validator(
    {"$ref": "#/$defs/ingest", "$defs": SCHEMA["$defs"], "unevaluatedProperties": False}
)
STARTED = 1_795_341_600.5
WRONG = SettingsError("SOURCE", "must be auto", "canary")


def checked(*args):
    """The document as it is after a way through JSON, valid."""
    found = json.loads(json.dumps(document(*args)))
    INGEST.validate(found)
    return found


def source(state="starting", name="x", stats=None):
    report = SourceReport(name, stats or SourceStats())
    if state == "failing":
        report.failed(SourceError("401", "check CONSUMER_KEY"), 3, 60)
    elif state != "starting":
        report.succeeded(Batch([], {}, 60, finished=state == "finished"), 5, 2)
    return report


def kafka(state="ok"):
    report = KafkaReport()
    if state == "ok":
        report.succeeded()
    elif state == "failing":
        report.failed("no answer from Kafka: check KAFKA_BOOTSTRAP_SERVERS", 2)
    return report


@pytest.mark.parametrize(
    ("sources", "broker", "error", "state"),
    [
        (["ok"], "ok", None, "ok"),
        (["ok", "finished"], "ok", None, "ok"),
        (["finished", "finished"], "ok", None, "finished"),
        (["starting"], "connecting", None, "starting"),
        (["ok", "starting"], "ok", None, "starting"),
        (["ok"], "connecting", None, "starting"),
        ([], None, None, "starting"),
        (["ok", "failing"], "ok", None, "failing"),
        (["starting", "failing"], "connecting", None, "failing"),
        (["finished"], "failing", None, "failing"),
        (["failing"], "failing", WRONG, "wrong_setting"),
        ([], None, WRONG, "wrong_setting"),
    ],
)
def test_the_state_is_the_worst_of_all(sources, broker, error, state):
    reports = [source(each) for each in sources]
    found = checked(reports, broker and kafka(broker), STARTED, error)
    assert found["state"] == state
    assert [each["state"] for each in found["sources"]] == sources
    told = {"variables": ["SOURCE"], "rule": "must be auto"}
    assert found["error"] == (told if error else None)
    assert (found["kafka"] or {}).get("state") == broker


def test_a_report_keeps_the_contract_with_all_and_with_nothing_known():
    full = SourceStats(
        RateLimit(180, 2, STARTED), Budget(5000, 0, 7000, 25.0, 35.0), Progress(7, 1, 0.5)
    )
    odd = SourceStats(RateLimit(None, None, 1e300))
    found = checked([source("failing", stats=full), source(stats=odd)], kafka(), STARTED)
    assert found["started_at"] == "2026-11-22T10:00:00Z"
    first, second = found["sources"]
    assert first["rate_limit"] == {"limit": 180, "remaining": 2, "reset": "2026-11-22T10:00:00Z"}
    assert (first["error"]["kind"], first["error"]["failures"]) == ("401", 3)
    assert second["rate_limit"]["reset"] is None


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"POLL_SECONDS": "canary"}, "POLL_SECONDS must be a number from 1 to 3600"),
        ({"SOURCE": "@canary"}, "SOURCE must be auto or a list of x, mastodon"),
        ({"LOG_LEVEL": "canary, not"}, "LOG_LEVEL must be one of DEBUG"),
        ({"COUNT_REPOSTS": "canary"}, "COUNT_REPOSTS must be true or false"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "canary"}, "KAFKA_BOOTSTRAP_SERVERS must be host:port"),
        ({"CONSUMER_KEY": "canary"}, "CONSUMER_SECRET, ACCESS_TOKEN, ACCESS_SECRET not set"),
        ({"CONSUMER_KEY_FILE": "/canary"}, "CONSUMER_KEY_FILE must name a text file that user"),
        ({"X_API_URL": "https://me:canary@x.com"}, "X_API_URL must be http(s)://host"),
    ],
)
def test_a_wrong_setting_is_named_without_what_was_set(env, told):
    with pytest.raises(SettingsError) as error:
        read_settings(env)
    found = checked([], None, STARTED, error.value)
    named = ", ".join(found["error"]["variables"])
    assert f"{named} {found['error']['rule']}".startswith(told)
    assert "canary" not in json.dumps(found).lower()


def test_nothing_personal_or_secret_is_in_it():
    """Whatever the tweets, the cursors and the failures are about."""
    canary = {"id": "canary-1", "author": "canary", "text": "#canary", "source": "x"}
    batch = Batch(
        [canary], {"since": "canary"}, 60, [{"record": "canary", "origin": "canary:1"}], 1
    )
    network = Network("X", "X_API_URL", {401: "check ACCESS_TOKEN"})
    failures = [
        network.unreachable(ConnectionError("https://canary.example/2/users/canary")),
        network.unreadable(200, "text/html"),
        network.failed(401, None, STARTED),
        network.failed(418, None, STARTED),
    ]
    for failure in failures:
        report = source()
        report.succeeded(batch, 1, 1)
        report.failed(failure, 1, 60)
        found = checked([report], kafka("failing"), STARTED)
        assert found["sources"][0]["error"]["message"] == str(failure)
        assert "canary" not in json.dumps(found).lower()


class HBase:
    """What happybase.Connection is to the writer: tables and cells in memory."""

    def __init__(self):
        self.made = []
        self.documents = []
        self.timeouts = []
        self.opened = 0
        self.down = None
        self.hidden = False

    def __call__(self, host, port, timeout, **_):
        self.timeouts.append(timeout)
        return self

    def open(self):
        if self.down:
            raise self.down
        self.opened += 1

    def tables(self):
        return [] if self.hidden else [name.encode() for name, _ in self.made]

    def create_table(self, name, families):
        if name in dict(self.made):
            raise status.AlreadyExists(message=b"status")
        self.made.append((name, families))

    def table(self, name):
        assert name in dict(self.made)
        return self

    def put(self, row, cells):
        if self.down:
            raise self.down
        assert row == b"ingest"
        ((cell, value),) = cells.items()
        assert cell == b"s:document"
        self.documents.append(json.loads(value))

    def close(self):
        self.opened -= 1

    def last(self):
        return self.documents[-1] if self.documents else {}


@pytest.fixture
def hbase(monkeypatch):
    double = HBase()
    monkeypatch.setattr("ingest.gateway.happybase.Connection", double)
    return double


@pytest.fixture
def quick(monkeypatch):
    """Looks for current all the time."""
    monkeypatch.setattr(status, "LEAST_SECONDS", 0.01)
    monkeypatch.setattr(status, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(status, "LONGEST_WAIT_SECONDS", 0.01)


@pytest.fixture
def shutdown(tmp_path):
    shutdown = Shutdown(tmp_path / "alive")
    yield shutdown
    shutdown.stop.set()


@pytest.fixture
def start(shutdown):
    """Starts writers, and has them end."""
    threads = []

    def start(make, host="hbase-thrift", port=9090):
        writer = StatusWriter(Gateway(((host, port),)), make, shutdown)
        thread = threading.Thread(target=writer.run, daemon=True)
        thread.start()
        threads.append(thread)
        return thread

    yield start
    shutdown.stop.set()
    for thread in threads:
        thread.join(10)


def test_the_table_is_made_and_a_change_is_written(hbase, quick, start):
    report = source()
    start(lambda: document([report], kafka(), STARTED))
    eventually(lambda: hbase.last().get("state") == "starting", within=5, every=0.01)
    assert hbase.made == [("status", {"s": {"max_versions": 1}})]
    report.failed(SourceError("401", "check ACCESS_TOKEN — é"), 1, 60)
    eventually(lambda: hbase.last()["state"] == "failing", within=5, every=0.01)
    assert hbase.last()["sources"][0]["error"]["message"] == "check ACCESS_TOKEN — é"
    assert hbase.timeouts == [3000]
    INGEST.validate(hbase.last())


@pytest.mark.component
def test_changes_are_written_once_a_second_at_most(hbase, start):
    numbers = itertools.count()
    start(lambda: {"written_at": "now", "number": next(numbers)})
    eventually(lambda: len(hbase.documents) == 2, within=5, every=0.01)
    began = time.monotonic()
    eventually(lambda: len(hbase.documents) == 4, within=10, every=0.01)
    assert time.monotonic() - began > 1.5


def test_without_a_change_it_is_written_at_times_only(hbase, quick, start, monkeypatch):
    asked = itertools.count()
    start(lambda: {"written_at": str(next(asked)), "state": "ok"})
    eventually(lambda: next(asked) > 50, within=5, every=0.01)
    assert len(hbase.documents) == 1
    monkeypatch.setattr(status, "LONGEST_SECONDS", 0.1)
    eventually(lambda: len(hbase.documents) == 3, within=5, every=0.01)


def test_somebody_else_may_make_the_table_first(hbase, quick, start):
    hbase.made.append(("status", {}))
    hbase.hidden = True
    start(lambda: {"state": "ok"})
    eventually(lambda: hbase.documents == [{"state": "ok"}], within=5)


def test_an_outage_is_one_line_and_is_outlived(hbase, quick, start, caplog):
    failures = metrics.STATUS_FAILURES._value.get
    before, hbase.down = failures(), ConnectionError("refused")
    start(lambda: {"written_at": "now", "state": "ok"})
    eventually(lambda: failures() >= before + 3, within=20)
    assert caplog.text.count("event=status_failed hbase=hbase-thrift:9090") == 1
    assert [each.levelname for each in caplog.records] == ["WARNING"]
    hbase.down = None
    eventually(lambda: len(hbase.documents) == 1, within=20)
    assert hbase.opened == 1


def test_a_failed_write_leaves_no_connection_open(hbase, quick, start, monkeypatch):
    monkeypatch.setattr(status, "LONGEST_SECONDS", 0.0)
    start(lambda: {"state": "ok"})
    eventually(lambda: len(hbase.documents) > 2, within=5)
    hbase.down = OSError("broken pipe")
    eventually(lambda: hbase.opened == 0, within=5)
    hbase.down, written = None, len(hbase.documents)
    eventually(lambda: len(hbase.documents) > written, within=20)
    assert hbase.opened == 1


def test_a_mistake_in_the_document_ends_nothing(hbase, quick, start):
    made = iter([KeyError("x"), KeyError("y")])

    def make():
        for mistake in made:
            raise mistake
        return {"state": "ok"}

    start(make)
    eventually(lambda: hbase.documents == [{"state": "ok"}], within=20)


def test_a_stop_is_written_and_leaves_no_connection_open(hbase, start, shutdown):
    thread = start(lambda: document([source("ok")], kafka(), STARTED))
    eventually(lambda: hbase.documents, within=5)
    shutdown.stop.set()
    thread.join(1)
    assert not thread.is_alive()
    assert [each["state"] for each in hbase.documents] == ["ok", "stopped"]
    INGEST.validate(hbase.last())
    assert hbase.opened == 0
    assert sum(hbase.timeouts[1:]) * 2 <= 1000


def test_after_a_wrong_setting_there_is_a_status_too(hbase, start, shutdown):
    thread = start(lambda: document([], None, STARTED, WRONG))
    eventually(lambda: hbase.last().get("state") == "wrong_setting", within=5)
    shutdown.stop.set()
    thread.join(5)
    assert hbase.last() | {"written_at": ""} == {
        "written_at": "",
        "started_at": "2026-11-22T10:00:00Z",
        "state": "stopped",
        "error": {"variables": ["SOURCE"], "rule": "must be auto"},
        "kafka": None,
        "sources": [],
    }


def test_the_writer_is_no_part_of_the_heartbeat(hbase, quick, start, shutdown, tmp_path):
    start(lambda: {"state": "ok"})
    eventually(lambda: hbase.documents, within=5)
    assert not (tmp_path / "alive").exists()
    shutdown.heartbeat()
    assert (tmp_path / "alive").stat().st_mtime >= time.time() - 5


@pytest.fixture
def port():
    """A port where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_an_hbase_that_hangs_is_given_up_in_time(start, shutdown, port, monkeypatch, caplog):
    monkeypatch.setattr(status, "TIMEOUT_MS", 100)
    thread = start(lambda: {"state": "ok"}, "127.0.0.1", port)
    eventually(lambda: "error=no answer in time" in caplog.text, within=5)
    began = time.monotonic()
    shutdown.stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert time.monotonic() - began < 1.3


def test_nobody_there_is_tried_again_and_no_hindrance_to_a_stop(start, shutdown, caplog):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    thread = start(lambda: {"state": "ok"}, "127.0.0.1", port)
    eventually(lambda: "event=status_failed" in caplog.text, within=5)
    shutdown.stop.set()
    thread.join(1)
    assert not thread.is_alive()
