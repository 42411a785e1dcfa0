"""The status: what ingest writes, what the web service makes of it, and what docs promise."""

import json
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from alerts import status as alerts_status
from alerts import store as alerts_store
from alerts.deliveries import Failure
from alerts.environment import SettingsError as AlertsSettingsError
from alerts.memory import Memory, Message
from ingest import status as written
from ingest.environment import SettingsError
from ingest.reports import KafkaReport, SourceReport
from ingest.sources.base import Batch, Budget, Progress, RateLimit, SourceError, SourceStats
from support.memory_store import MemoryStore
from web import create_app
from web import hbase as store
from web.boards.board import parse_board
from web.settings import Settings
from web.status.document import Standing as Known
from web.status.document import parse_alerts, parse_report, status

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
SCHEMA = json.loads((CONTRACTS / "status.schema.json").read_text(encoding="utf-8"))
EXAMPLE = json.loads((CONTRACTS / "examples" / "status.json").read_text(encoding="utf-8"))
BOARD = (CONTRACTS / "examples" / "board.json").read_bytes()
STATUS = Draft202012Validator(SCHEMA)


def example_report() -> bytes:
    report = {name: value for name, value in EXAMPLE["ingest"].items() if name != "silent"}
    return json.dumps(report).encode()


def example_alerts() -> bytes:
    report = {name: value for name, value in EXAMPLE["alerts"].items() if name != "silent"}
    return json.dumps(report).encode()


def serve(
    report: bytes | None,
    board: bytes | None = BOARD,
    down: bool = False,
    alerts: bytes | None = None,
) -> Any:
    memory = MemoryStore()
    memory.report, memory.alerts = report, alerts
    if board:
        memory.cells["all"] = board
    client = create_app(Settings(), memory).test_client()
    if down:
        memory.go_down()
    response = client.get("/api/v1/status")
    assert response.status_code == 200
    STATUS.validate(response.json)
    return response.json


def test_the_schema_is_one_and_every_member_of_an_answer_is_described() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    def members(schema: Any) -> list[tuple[str, Any]]:
        if isinstance(schema, list):
            return [each for part in schema for each in members(part)]
        if not isinstance(schema, dict):
            return []
        found = [each for part in schema.values() for each in members(part)]
        return found + list(schema.get("properties", {}).items())

    assert [name for name, part in members(SCHEMA) if "description" not in part] == []


def test_the_example_meets_the_schema() -> None:
    STATUS.validate(EXAMPLE)


def test_the_example_is_what_is_served() -> None:
    reports = (parse_report(example_report()), None, parse_alerts(example_alerts()))
    known = Known(None, parse_board("all", BOARD), None, *reports)
    now = datetime.fromisoformat(EXAMPLE["as_of"])
    version = EXAMPLE["version"]
    assert status(known, now, stale_after_seconds=60, version=version) == EXAMPLE
    away = replace(known, hbase_error="HBase: not reachable", board_failure="HBase: not reachable")
    STATUS.validate(status(away, now, stale_after_seconds=60))


@pytest.mark.parametrize("board", [BOARD, b"[", None])
@pytest.mark.parametrize("report", [example_report(), b"[", b"{}", None])
@pytest.mark.parametrize("alerts", [example_alerts(), b"[", b"{}", None])
@pytest.mark.parametrize("down", [False, True])
def test_any_answer_meets_the_schema(
    report: bytes | None, board: bytes | None, down: bool, alerts: bytes | None
) -> None:
    assert serve(report, board, down, alerts)["advice"]


def reports() -> list[tuple[list[SourceReport], KafkaReport | None, SettingsError | None]]:
    kafka, broken = KafkaReport(), KafkaReport()
    broken.failed("no answer from Kafka", 1)
    known = SourceStats(
        RateLimit(180, None, 1e300), Budget(5000, 0, 7000, 25.0, 35.0), Progress(7, 1, 1.0)
    )
    failing, done = SourceReport("x", known), SourceReport("replay", SourceStats())
    failing.failed(SourceError("401", "check ACCESS_TOKEN"), 1, 120)
    done.succeeded(Batch([], {}, 0, finished=True), 5, 0)
    sources = [failing, done, SourceReport("demo", SourceStats())]
    return [
        (sources, kafka, None),
        (sources, broken, None),
        ([], None, SettingsError("SOURCE", "must be auto")),
    ]


@pytest.mark.parametrize(("sources", "kafka", "error"), reports())
def test_what_ingest_writes_is_served_whole(
    sources: list[SourceReport], kafka: KafkaReport | None, error: SettingsError | None
) -> None:
    document = written.document(sources, kafka, 1_795_341_600.0, error)
    cell = json.dumps(document).encode()
    assert serve(cell)["ingest"] == {**document, "silent": False}
    stopped = json.dumps(document | {"state": "stopped"}).encode()
    assert serve(stopped)["ingest"]["state"] == "stopped"


def alerts_statuses() -> list[alerts_status.Status]:
    message = Message(1, "title", "#café", 0.0, (1, 2))
    memory = Memory(outbox=(message,), sent=3, last_sent=1_795_341_600.5, dropped=1)
    failures = {2: Failure("it answered with status 404", 1_795_341_600.0, 3)}
    error = AlertsSettingsError("ALERT_TOP", "must be a whole number from 1 to 100", "canary")
    return [
        alerts_status.Status("off", 1_795_341_600.0),
        alerts_status.Status("wrong_setting", 1_795_341_600.0, error=error),
        alerts_status.Status("ok", 1_795_341_600.0, ("rising",), Memory(), ("ntfy",)),
        alerts_status.Status(
            "failing", 1_795_341_600.0, ("rising", "24h"), memory, ("ntfy", "E-Mail"), failures
        ),
    ]


@pytest.mark.parametrize("found", alerts_statuses(), ids=lambda found: found.state)
def test_what_alerts_writes_is_served_whole(found: alerts_status.Status) -> None:
    cell = alerts_status.to_json(found.document(), time.time())
    served = serve(example_report(), alerts=cell)["alerts"]
    assert served == {**json.loads(cell), "silent": False}
    assert "canary" not in str(served) and "café" not in str(served)


def test_all_services_mean_the_same_cells() -> None:
    read = (store.STATUS_TABLE, store.INGEST.encode(), store.STATUS_CELL)
    assert read == (written.TABLE, written.ROW, written.CELL)
    read = (store.STATUS_TABLE, store.ALERTS.encode(), store.STATUS_CELL)
    assert read == (alerts_store.STATUS, alerts_store.STATUS_ROW, alerts_store.STATUS_CELL)
    assert alerts_store.FAMILIES[alerts_store.STATUS] == written.FAMILIES
    assert (store.BOARD_TABLE, store.BOARD_CELL) == (alerts_store.BOARDS, alerts_store.BOARD_CELL)
    assert [f"{name}:document".encode() for name in written.FAMILIES] == [written.CELL]
