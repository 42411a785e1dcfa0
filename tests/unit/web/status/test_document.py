"""The status: HBase, the board and ingest's report, and what to do about them."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from support.memory_store import MemoryStore, ago, board, failure, report, source
from web.boards.board import parse_board
from web.boards.cache import NO_REPORT, BoardCache
from web.gateway import Gateway
from web.hbase import HBaseBoards, StoreError
from web.status.document import Standing, parse_report
from web.status.document import status as answer
from web.status.facts import NO_BOARD

URL = "/api/v1/status"
Make = Callable[..., FlaskClient]


@pytest.fixture
def status(client: FlaskClient) -> Callable[[], Any]:
    def ask() -> Any:
        response = client.get(URL)
        assert response.status_code == 200
        return response.get_json()

    return ask


@pytest.fixture
def advice(status: Callable[[], Any]) -> Callable[[], list[str]]:
    return lambda: list(status()["advice"])


Status = Callable[[], Any]
Advice = Callable[[], list[str]]


def test_when_all_is_well_there_is_nothing_to_do(status: Status, store: MemoryStore) -> None:
    store.put(as_of=ago(7))
    store.put_report()
    found = status()
    assert found["hbase"] == {"reachable": True, "error": None}
    assert 7 <= found["board"].pop("age_seconds") <= 30
    assert found["board"].pop("as_of") < found["as_of"]
    assert found["board"] == {"stale": False, "tweets_read": 18234, "tweets_tagged": 4120}
    assert found["ingest"]["silent"] is False
    assert found["ingest"]["sources"][0]["tweets"] == 17
    assert found["advice"] == []


def test_at_first_it_says_what_is_missing(status: Status) -> None:
    found = status()
    assert found["hbase"]["reachable"] is True
    assert (found["board"], found["ingest"]) == (None, None)
    assert found["advice"] == [
        "ingest has not reported yet: docker compose ps; make logs SERVICE=ingest",
        "Spark hasn't published a board yet",
    ]


def test_without_hbase_what_was_known_stays(status: Status, store: MemoryStore) -> None:
    store.put()
    store.put_report()
    before = status()
    store.go_down()
    found = status()
    error = "HBase: not reachable at hbase-thrift:9090"
    assert found["hbase"] == {"reachable": False, "error": error}
    assert found["board"]["stale"] is True
    assert found["ingest"] == before["ingest"]
    assert found["advice"] == [f"{error}: docker compose ps; make logs SERVICE=hbase-thrift"]
    store.down = None
    # While HBase is in trouble nobody waits for it: the first to ask still gets the old answer.
    while status()["hbase"]["error"]:
        pass
    assert status()["advice"] == []


def test_without_hbase_from_the_start_it_is_said(status: Status, store: MemoryStore) -> None:
    store.go_down()
    found = status()
    assert found["hbase"]["reachable"] is False
    assert (found["board"], found["ingest"]) == (None, None)
    assert "hbase-thrift" in found["advice"][0]


@pytest.mark.parametrize(
    ("seconds", "span"),
    [(100, "1.. s"), (190, "3 min"), (3 * 3600, "3 h"), (49 * 3600, "2 d")],
)
def test_an_ingest_that_is_silent_is_the_advice(
    advice: Advice, status: Status, store: MemoryStore, seconds: int, span: str
) -> None:
    store.put()
    store.put_report(
        written_at=ago(seconds), state="failing", sources=[source(error=failure("old"))]
    )
    assert status()["ingest"]["silent"] is True
    (line,) = advice()
    begin, end = line.split(":", 1)
    assert begin.startswith("ingest has not reported for ")
    words = begin.removeprefix("ingest has not reported for ")
    assert words == span or (span == "1.. s" and words.endswith(" s"))
    assert end == " docker compose ps; make logs SERVICE=ingest"


def test_a_clock_that_is_ahead_does_no_harm(status: Status, store: MemoryStore) -> None:
    store.put(as_of=ago(-500))
    store.put_report(written_at=ago(-500))
    found = status()
    assert found["ingest"]["silent"] is False
    assert found["board"]["age_seconds"] == 0
    assert found["advice"] == []


def test_failures_are_told_the_most_urgent_first(advice: Advice, store: MemoryStore) -> None:
    store.put(as_of=ago(600))
    store.put_report(
        state="failing",
        kafka={"state": "failing", "error": failure("no answer from Kafka")},
        sources=[
            source(),
            source(name="mastodon", error=failure("401: check MASTODON_ACCESS_TOKEN")),
        ],
    )
    assert advice() == [
        "no answer from Kafka; docker compose ps; make logs SERVICE=kafka",
        "mastodon: 401: check MASTODON_ACCESS_TOKEN",
        "the board has not been refreshed for 10 min: docker compose ps; make logs SERVICE=trends",
    ]


def test_a_wrong_setting_is_named(advice: Advice, store: MemoryStore) -> None:
    store.put()
    error = {"variables": ["CONSUMER_SECRET", "ACCESS_TOKEN"], "rule": "not set"}
    store.put_report(state="wrong_setting", error=error, kafka=None, sources=[])
    told = "ingest has a wrong setting: CONSUMER_SECRET, ACCESS_TOKEN not set"
    assert advice() == [f"{told}: fix .env, then run make up"]


def test_an_ingest_that_was_stopped_is_not_called_silent(
    advice: Advice, store: MemoryStore
) -> None:
    store.put()
    store.put_report(state="stopped", written_at=ago(600))
    assert advice() == ["ingest is stopped: make up"]


BROKEN: list[Any] = [
    b"",
    b"\x00",
    b"[1",
    b"[]",
    b"null",
    b"[" * 100_000,
    {"written_at": None},
    {"written_at": "2026-11-22"},
    {"written_at": "2026-99-22T10:00:00Z"},
    {"state": "dancing"},
    {"state": []},
    {"error": 5},
    {"kafka": "ok"},
    {"kafka": {"state": "ok", "error": {}}},
    {"sources": None},
    {"sources": [5]},
    {"sources": [source(name="\ud800")]},
    {"sources": [source(tweets=True)]},
    {"sources": [source(tweets=-1)]},
    {"sources": [source(tweets=1.5)]},
    {"sources": [source(progress={"line": 1, "rejected": 0, "share": float("nan")})]},
    {"sources": [source(budget={"limit": None, "left": 1})]},
    {"sources": [source(error=failure("x") | {"message": None})]},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_report_is_said_and_logged_once(
    status: Status, store: MemoryStore, broken: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store.put()
    store.put_report()
    assert status()["ingest"]
    if isinstance(broken, dict):
        store.put_report(**broken)
    else:
        store.report = broken
    for _ in range(3):
        found = status()
    assert found["ingest"] is None
    assert found["hbase"]["reachable"] is True
    (line,) = found["advice"]
    assert line.startswith("ingest's report is unreadable (make logs SERVICE=web shows it): ")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    store.put_report()
    assert status()["advice"] == []


def test_what_is_not_in_the_contract_is_left_out(store: MemoryStore) -> None:
    store.put_report(sources=[source(secret="canary")], token="canary")
    assert store.report
    assert "canary" not in str(parse_report(store.report))


def test_a_report_that_cannot_be_read_leaves_the_boards_alone(
    client: FlaskClient, status: Status, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put()

    def fail() -> None:
        raise StoreError("HBase: no answer at hbase-thrift:9090 within 3 s")

    monkeypatch.setattr(store, "read_reports", fail)
    found = status()
    assert found["hbase"]["error"] == "HBase: no answer at hbase-thrift:9090 within 3 s"
    assert found["board"]["stale"] is False
    assert client.get("/api/v1/trends").get_json()["stale"] is False
    assert client.get("/readyz").status_code == 200


def test_an_unforeseen_error_of_the_store_is_no_500(
    status: Status, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    store.down = KeyError("boom")
    assert status()["hbase"]["error"] == "HBase: reading it failed; run make logs SERVICE=web"


def test_hbase_is_read_once_a_second_whatever_the_load(store: MemoryStore) -> None:
    store.put_report()
    now = [1000.0]
    cache = BoardCache(store, patience=30, clock=lambda: now[0])
    for _ in range(3):
        for _ in range(50):
            assert cache.standing("all").report
            cache.get("all")
        now[0] += 1
    assert (store.reads, store.report_reads) == (3, 3)


def test_a_hanging_hbase_is_said(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = BoardCache(store, patience=0)
    # Nothing has been read yet, and nobody waits for it.
    monkeypatch.setattr(cache, "_start", lambda **_: None)
    assert cache.standing("all").hbase_error == "HBase: no answer yet"


def test_the_answer_has_the_manners_of_the_other_routes(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.put()
    response = client.get(URL)
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "ETag" not in response.headers
    head = client.head(URL)
    assert (head.status_code, head.data) == (200, b"")
    assert client.options(URL).status_code == 204


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_problems(client: FlaskClient, method: str) -> None:
    response = client.open(URL, method=method)
    assert response.status_code == response.get_json()["status"] == 405
    assert response.mimetype == "application/problem+json"


class Connection:
    """What happybase.Connection is to the store: two tables."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.asked: list[Any] = []

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def table(self, name: str) -> Any:
        self.name = name
        return self

    def rows(self, keys: list[bytes], columns: list[bytes]) -> Any:
        cells = {"status": {b"s:document": b"{}"}, "boards": {b"b:board": b"[]"}}[self.name]
        return [(key, {c: cells[c] for c in columns}) for key in keys]


def test_the_reports_are_read_from_its_own_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.gateway.happybase.Connection", Connection)
    store = HBaseBoards(Gateway())
    assert store.read_reports() == {"ingest": b"{}", "alerts": b"{}"}
    assert store.read(["all"]) == {"all": b"[]"}


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("known", "web_seconds", "waited"),
    [
        ({}, 40, 40),
        ({"report": {"started_at": ago(70)}}, 4000, 70),
        ({"report": {"started_at": ago(-70)}}, 4000, 0),
        ({"report": {"started_at": ago(5000), "state": "stopped"}}, 40, 40),
        ({"report": {"started_at": ago(5000), "written_at": ago(100)}}, 40, 40),
        ({"board": {"hashtags": []}}, 40, 40),
        ({"board": {}}, 40, None),
    ],
)
def test_how_long_the_first_board_is_waited_for(
    known: dict[str, dict[str, Any]], web_seconds: int, waited: int | None
) -> None:
    board_document = json.dumps(board(**known["board"])).encode() if "board" in known else None
    standing = Standing(
        hbase_error=None,
        board=parse_board("all", board_document) if board_document else None,
        board_failure=None if board_document else NO_BOARD,
        report=report(**known["report"]) if "report" in known else None,
        report_failure=None if "report" in known else NO_REPORT,
    )
    found = answer(standing, NOW, 60, NOW - timedelta(seconds=web_seconds))["waiting_seconds"]
    # The times in a report are whole seconds.
    assert found == waited or (waited and found is not None and 0 <= found - waited <= 1)


def test_a_process_that_has_just_begun_has_just_begun_to_wait(status: Status) -> None:
    before = status()["waiting_seconds"]
    assert 0 <= before <= status()["waiting_seconds"] < 86_400
