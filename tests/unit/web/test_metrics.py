import logging
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from support.memory_store import MemoryStore
from web import metrics
from web.hbase import StoreError


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@contextmanager
def grows(by: float, name: str, **labels: str) -> Iterator[None]:
    """The registry is the process's: other tests count, too."""
    before = value(name, **labels)
    yield
    assert value(name, **labels) - before == by


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/api/v1/trends?limit=5", "/api/v1/trends", "200"),
        ("/api/v1/trends?limit=0", "/api/v1/trends", "400"),
        ("/api/v1/hashtags/a/b", "/api/v1/hashtags/<path:tag>", "404"),
        ("/static/page.css", "/static/<path:filename>", "200"),
        ("/of/endless/variety", "none", "404"),
    ],
)
def test_a_request_counts_under_its_route_and_status(
    client: FlaskClient, store: MemoryStore, path: str, route: str, status: str
) -> None:
    store.put()
    with (
        grows(2, "web_requests_total", route=route, status=status),
        grows(2, "web_request_seconds_count", route=route),
    ):
        client.get(path).close()
        client.get(path).close()


def test_an_unforeseen_error_counts(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr("web.api.routes.board_parameter", fail)
    caplog.set_level(logging.CRITICAL)
    with grows(1, "web_requests_total", route="/api/v1/trends", status="500"):
        client.get("/api/v1/trends")


@pytest.mark.parametrize("error", [StoreError("away"), KeyError("boom")])
def test_reads_of_hbase_and_their_failures_count(
    client: FlaskClient, store: MemoryStore, error: Exception
) -> None:
    store.put()
    with (
        grows(2, "web_hbase_reads_total", what="board"),
        grows(1, "web_hbase_failures_total", what="board"),
        grows(1, "web_hbase_reads_total", what="report"),
    ):
        client.get("/readyz")
        store.down = error
        client.get("/readyz")


def test_the_time_of_each_board_is_told(client: FlaskClient, store: MemoryStore) -> None:
    store.put("1h.people", hashtags=[], as_of="2026-11-22T10:00:00Z")
    client.get("/api/v1/trends?board=1h&rank_by=people")
    told = value("web_board_timestamp_seconds", board="1h", rank_by="people")
    assert told == 1_795_341_600


def test_metrics_are_not_on_the_public_port(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404


def test_metrics_are_served_on_a_port_of_their_own() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    metrics.serve(port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        assert b"# TYPE web_requests_total counter" in response.read()


def test_without_a_free_port_the_service_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with closing(socket.create_server(("0.0.0.0", 0))) as taken:
        port = taken.getsockname()[1]
        metrics.serve(port)
    assert f"METRICS_PORT must be a free port, not {port}" in caplog.text
