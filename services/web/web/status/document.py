"""The health of each stage: ingest's report as it is stored, and the answer to an operator.

Pure functions, no input or output.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from web.boards.board import Board, is_old
from web.status.alerts import alerts_advice, is_silent
from web.status.facts import NO_BOARD, SILENT_SECONDS, START_SECONDS, Facts, look_at, span
from web.status.stages import stages

BEGAN = datetime.now(UTC)
"""When this process began."""

Check = Callable[[Any], Any]
"""Returns what it is given as the contract has it; ValueError says what is wrong with it."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


@dataclass(frozen=True)
class Standing:
    """What is known of the other services; each failure is None when there is none.

    Failures are sentences without a full stop. Without `alerts`, its report, that service has
    never run.
    """

    hbase_error: str | None
    board: Board | None
    board_failure: str | None
    report: dict[str, Any] | None
    report_failure: str | None
    alerts: dict[str, Any] | None = None


def parse_report(cell: bytes) -> dict[str, Any]:
    """Read the cell `s:document` of row `ingest`; ValueError says what is wrong with it.

    Members that are not in the contract are left out: a newer ingest may add some.
    """
    report: dict[str, Any] = _REPORT(json.loads(cell))
    return report


def parse_alerts(cell: bytes) -> dict[str, Any]:
    """Read the cell `s:document` of row `alerts`, as `parse_report` does that of ingest."""
    report: dict[str, Any] = _ALERTS(json.loads(cell))
    return report


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.40} is no text")
    # Raises UnicodeEncodeError, a ValueError, for a lone surrogate: no UTF-8.
    value.encode()
    return value


def _number(value: Any) -> int:
    # Not isinstance: JSON's true is no number, though Python's bool is an int.
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r:.40} is no whole number from 0 on")
    return value


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r:.40} is no number from 0 to 1")
    return float(value)


def _cost(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 1e12:
        raise ValueError(f"{value!r:.40} is no cost")
    return float(value)


def _time(value: Any) -> str:
    text = _text(value)
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text!r:.40} is no time")
    datetime.fromisoformat(text)
    return text


def _one_of(*allowed: str) -> Check:
    def check(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r:.40} is none of {', '.join(allowed)}")
        return str(value)

    return check


def _or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _object(**members: Check) -> Check:
    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r:.40} is no JSON object")
        return {name: member(value.get(name)) for name, member in members.items()}

    return check


def _list_of(check: Check) -> Check:
    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError(f"{value!r:.40} is no list")
        return [check(each) for each in value]

    return check_all


_FAILURE = _or_null(_object(kind=_text, message=_text, since=_time, failures=_number))
_KAFKA = _object(state=_one_of("connecting", "ok", "failing"), error=_FAILURE)
_SOURCE = _object(
    name=_text,
    state=_one_of("starting", "ok", "failing", "finished"),
    last_success=_or_null(_time),
    next_poll=_or_null(_time),
    tweets=_number,
    quarantined=_number,
    skipped=_number,
    rate_limit=_or_null(
        _object(limit=_or_null(_number), remaining=_or_null(_number), reset=_or_null(_time))
    ),
    budget=_or_null(
        _object(limit=_number, left=_number, month=_number, cost_today=_cost, cost_month=_cost)
    ),
    progress=_or_null(_object(line=_number, rejected=_number, share=_share)),
    gaps=_number,
    error=_FAILURE,
)
_REPORT = _object(
    written_at=_time,
    started_at=_time,
    state=_one_of("starting", "ok", "failing", "finished", "wrong_setting", "stopped"),
    error=_or_null(_object(variables=_list_of(_text), rule=_text)),
    kafka=_or_null(_KAFKA),
    sources=_list_of(_SOURCE),
)
_ALERTS = _object(
    written_at=_time,
    started_at=_time,
    state=_one_of("off", "starting", "ok", "failing", "wrong_setting", "stopped"),
    error=_or_null(_object(variables=_list_of(_text), rule=_text)),
    boards=_list_of(_text),
    sent=_number,
    last_sent=_or_null(_time),
    waiting=_number,
    dropped=_number,
    receivers=_list_of(
        _object(
            service=_text,
            error=_or_null(_object(message=_text, since=_time, failures=_number)),
        )
    ),
)


def status(
    standing: Standing, now: datetime, stale_after_seconds: int, web_began: datetime = BEGAN
) -> dict[str, Any]:
    """Return the answer that docs/contracts/status.schema.json describes.

    `web_began` tells how long there has been a wait when ingest does not tell.
    """
    board, report, alerts = standing.board, standing.report, standing.alerts
    old = board is None or is_old(board, now, stale_after_seconds)
    trouble = _trouble(standing, now)
    began = datetime.fromisoformat(report["started_at"]) if report and not trouble else web_began
    waited = _age(began, now)
    facts = Facts(
        hbase_error=standing.hbase_error,
        board=board,
        age_seconds=_age(board.as_of, now) if board else 0,
        is_old=old,
        report=report,
        trouble=trouble,
        is_young=waited < START_SECONDS,
    )
    return {
        "as_of": _iso(now),
        "waiting_seconds": None if board and board.hashtags else waited,
        "stages": stages(facts),
        "hbase": {"reachable": standing.hbase_error is None, "error": standing.hbase_error},
        "board": board
        and {
            "as_of": _iso(board.as_of),
            "age_seconds": facts.age_seconds,
            "stale": old or standing.board_failure is not None,
            "tweets_read": board.tweets_read,
            "tweets_tagged": board.tweets_tagged,
        },
        "ingest": report and {**report, "silent": _silence(report, now) > SILENT_SECONDS},
        "alerts": alerts and {**alerts, "silent": is_silent(alerts, _silence(alerts, now))},
        "advice": _advice(standing, facts, now),
    }


def _trouble(standing: Standing, now: datetime) -> tuple[str, str] | None:
    """Why ingest's report cannot be relied on, and the command that helps; None when it can."""
    report = standing.report
    if report is None:
        return str(standing.report_failure), look_at("ingest")
    if report["state"] == "stopped":
        return "ingest is stopped", "make up"
    silence = _silence(report, now)
    if silence > SILENT_SECONDS:
        return f"ingest has not reported for {span(silence)}", look_at("ingest")
    return None


def _advice(standing: Standing, facts: Facts, now: datetime) -> list[str]:
    """Say what to do, the most urgent first.

    Without HBase the rest is old and would mislead.
    """
    if standing.hbase_error:
        return [f"{standing.hbase_error}: {look_at('hbase-thrift')}"]
    alerts = standing.alerts
    about_alerts = alerts_advice(alerts, _silence(alerts, now)) if alerts else []
    return [*_ingest_advice(facts), *_board_advice(standing, facts), *about_alerts]


def _ingest_advice(facts: Facts) -> list[str]:
    if facts.trouble:
        return [": ".join(facts.trouble)]
    if facts.wrong_setting:
        wrong = facts.wrong_setting.text
        return [f"ingest has a wrong setting: {wrong}: fix .env, then run make up"]
    failing = [each for each in facts.sources if each["error"]]
    advice = [f"{each['name']}: {each['error']['message']}" for each in failing]
    if facts.kafka and facts.kafka["error"]:
        advice.insert(0, f"{facts.kafka['error']['message']}; {look_at('kafka')}")
    return advice


def _board_advice(standing: Standing, facts: Facts) -> list[str]:
    if standing.board_failure or standing.board is None:
        return [standing.board_failure or NO_BOARD]
    if facts.is_old:
        age = span(facts.age_seconds)
        return [f"the board has not been refreshed for {age}: {look_at('trends')}"]
    return []


def _silence(report: dict[str, Any], now: datetime) -> int:
    return _age(datetime.fromisoformat(report["written_at"]), now)


def _age(time: datetime, now: datetime) -> int:
    return max(0, int((now - time).total_seconds()))


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
