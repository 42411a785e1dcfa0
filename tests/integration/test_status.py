"""The status on its way from ingest through a real HBase (HBASE_THRIFT_HOST) to the web service."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import happybase
import pytest

from ingest.gateway import Gateway as IngestGateway
from ingest.lifecycle import Shutdown
from ingest.status import StatusWriter
from support.waiting import eventually
from web.gateway import Gateway as WebGateway
from web.hbase import HBaseBoards
from web.status.document import parse_report

THRIFT_PORT = 9090


@pytest.fixture
def shutdown() -> Iterator[Shutdown]:
    shutdown = Shutdown()
    yield shutdown
    shutdown.stop.set()


@pytest.fixture
def no_table(hbase: happybase.Connection) -> happybase.Connection:
    """A connection to an HBase that has never had a status."""
    if b"status" in hbase.tables():
        hbase.delete_table("status", disable=True)
    return hbase


@pytest.fixture
def web(hbase: happybase.Connection) -> Iterator[HBaseBoards]:
    # The same host as the fixture's connection; patient, as the machine may be slow.
    reader = HBaseBoards(WebGateway(((hbase.host, THRIFT_PORT),)), timeout=30)
    yield reader
    reader.close()


def report(**changes: Any) -> dict[str, Any]:
    return {
        "written_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "started_at": "2026-11-22T10:00:00Z",
        "state": "ok",
        "error": None,
        "kafka": {"state": "ok", "error": None},
        "sources": [],
        **changes,
    }


def state(web: HBaseBoards) -> str | None:
    cell = web.read_reports().get("ingest")
    return parse_report(cell)["state"] if cell else None


def writing(shutdown: Shutdown, host: str, document: dict[str, Any]) -> threading.Thread:
    """A writer of what `document` is at any time."""
    gateway = IngestGateway(((host, THRIFT_PORT),))
    writer = StatusWriter(gateway, lambda: dict(document), shutdown)
    thread = threading.Thread(target=writer.run, daemon=True)
    thread.start()
    return thread


def test_two_writers_make_the_table_once_and_the_web_service_reads_it(
    no_table: happybase.Connection, web: HBaseBoards, shutdown: Shutdown
) -> None:
    assert web.read_reports() == {}
    document = report(error={"variables": ["SOURCE"], "rule": "é"})
    threads = [writing(shutdown, no_table.host, document) for _ in range(2)]
    cell = eventually(lambda: web.read_reports().get("ingest"), within=120)
    assert parse_report(cell) == document
    families = no_table.table("status").families()
    assert {name: each["max_versions"] for name, each in families.items()} == {b"s": 1}
    shutdown.stop.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_a_change_and_a_stop_arrive_within_seconds(
    hbase: happybase.Connection, web: HBaseBoards, shutdown: Shutdown
) -> None:
    document = report()
    thread = writing(shutdown, hbase.host, document)
    eventually(lambda: state(web) == "ok", within=120)
    document["state"] = "failing"
    eventually(lambda: state(web) == "failing", within=10)
    shutdown.stop.set()
    thread.join(10)
    assert not thread.is_alive()
    eventually(lambda: state(web) == "stopped", within=5)


def test_a_table_that_is_deleted_is_made_again(
    hbase: happybase.Connection, web: HBaseBoards, shutdown: Shutdown
) -> None:
    document = report()
    writing(shutdown, hbase.host, document)
    eventually(lambda: state(web) == "ok", within=120)
    hbase.delete_table("status", disable=True)
    document["state"] = "failing"
    eventually(lambda: state(web) == "failing", within=120)
