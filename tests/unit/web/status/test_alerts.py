"""Alerts in the status, and on its page."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from support.memory_store import MemoryStore, ago

FAILING = {"message": "it answered with status 404", "since": ago(60), "failures": 3}


def report(**changes: Any) -> bytes:
    """What alerts reports while all is well."""
    document = {
        "written_at": ago(0),
        "started_at": ago(3600),
        "state": "ok",
        "error": None,
        "boards": ["rising", "24h"],
        "sent": 1234,
        "last_sent": ago(60),
        "waiting": 0,
        "dropped": 0,
        "receivers": [{"service": "ntfy", "error": None}, {"service": "E-Mail", "error": None}],
        **changes,
    }
    return json.dumps(document).encode()


@pytest.fixture
def status(client: FlaskClient, store: MemoryStore) -> Callable[[bytes | None], Any]:
    """The status with a report of alerts, while all else is well."""

    def ask(alerts: bytes | None) -> Any:
        store.put()
        store.put_report()
        store.alerts = alerts
        return client.get("/api/v1/status").get_json()

    return ask


Status = Callable[[bytes | None], Any]


def test_a_report_is_passed_on_and_needs_nothing(status: Status) -> None:
    found = status(report(token="canary"))
    assert found["alerts"] == {**json.loads(report()), "silent": False} | {
        name: found["alerts"][name] for name in ("written_at", "started_at", "last_sent")
    }
    assert found["advice"] == []


@pytest.mark.parametrize(
    "alerts",
    [None, b"[", b"{}", report(state="fine"), report(sent=-1), report(boards="rising")],
)
def test_without_a_readable_report_there_is_none(status: Status, alerts: bytes | None) -> None:
    found = status(alerts)
    assert (found["alerts"], found["advice"]) == (None, [])
    assert found["ingest"]["state"] == "ok"


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        (
            {"written_at": ago(10.5 * 86_400)},
            "alerts has not reported for 10 d: docker compose ps; make logs SERVICE=alerts",
        ),
        ({"state": "stopped", "written_at": ago(10**6)}, "alerts is stopped: make up"),
        (
            {"state": "wrong_setting", "error": {"variables": ["ALERT_TOP"], "rule": "must be 1"}},
            "alerts has a wrong setting: ALERT_TOP must be 1: fix .env, then run make up",
        ),
        (
            {
                "state": "failing",
                "receivers": [
                    {"service": "ntfy", "error": None},
                    {"service": "E-Mail", "error": FAILING},
                ],
            },
            "alerts: URL 2 of ALERT_URLS (E-Mail) fails: it answered with status 404. "
            "Retrying automatically; to try it now, run make alert-test",
        ),
    ],
)
def test_what_is_wrong_with_alerts_is_advised(
    status: Status, changes: dict[str, Any], advice: str
) -> None:
    found = status(report(**changes))
    assert found["advice"] == [advice]
    assert found["alerts"]["silent"] is (changes.keys() == {"written_at"})


def test_alerts_that_are_off_are_never_silent(status: Status) -> None:
    found = status(report(state="off", written_at=ago(10**6), receivers=[], boards=[]))
    assert found["advice"] == []
    assert found["alerts"]["silent"] is False


def test_without_hbase_alerts_are_not_advised(status: Status, store: MemoryStore) -> None:
    status(report(written_at=ago(10**6)))
    store.go_down()
    assert not any("alerts" in each for each in status(store.alerts)["advice"])


def card(client: FlaskClient) -> str:
    page = client.get("/status").text
    found = re.search('aria-labelledby="alerts-title".*?</section>', page, re.S)
    assert found
    return found[0]


def test_the_page_has_the_numbers(client: FlaskClient, store: MemoryStore) -> None:
    store.alerts = report(last_sent=None)
    found = card(client)
    assert "<p data-no-alerts hidden>" in found
    assert '<dl class="facts" data-part="alerts">' in found
    assert '<dd data-field="boards">rising, 24h</dd>' in found
    assert '<data data-field="sent" value="1234">1,234</data>' in found
    assert re.search('data-field="last_sent" data-none="not yet">not yet<', found)


@pytest.mark.parametrize("alerts", [None, report(state="off", boards=[], receivers=[])])
def test_the_page_says_how_to_turn_alerts_on(
    client: FlaskClient, store: MemoryStore, alerts: bytes | None
) -> None:
    store.alerts = alerts
    found = card(client)
    assert "<p data-no-alerts>Off. Set <code>ALERT_URLS</code>" in found
    assert '<dl class="facts" data-part="alerts" hidden>' in found
