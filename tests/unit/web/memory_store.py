"""A store in memory, and boards and reports to put into it."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from web.store import StoreError


class MemoryStore:
    """What HBaseBoards is to the app: cells by row, or an error while it is `down`."""

    def __init__(self) -> None:
        self.cells: dict[str, bytes] = {}
        self.report: bytes | None = None
        self.down: Exception | None = None
        self.reads = self.report_reads = 0

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        self.reads += 1
        if self.down is not None:
            raise self.down
        return {name: self.cells[name] for name in names if name in self.cells}

    def read_report(self) -> bytes | None:
        self.report_reads += 1
        if self.down is not None:
            raise self.down
        return self.report

    def go_down(self) -> None:
        self.down = StoreError("HBase: not reachable at hbase-thrift:9090")

    def put(self, name: str = "all", **changes: Any) -> None:
        self.cells[name] = json.dumps(board(board=name, **changes)).encode()

    def put_report(self, **changes: Any) -> None:
        self.report = json.dumps(report(**changes)).encode()


def board(**changes: Any) -> dict[str, Any]:
    entry = {"rank": 1, "tag": "Café", "key": "café", "count": 412, "change": 2}
    return {
        "board": "all",
        "as_of": ago(0),
        "version": 7,
        "source": ["x"],
        "demo": False,
        "tweets_read": 18234,
        "tweets_tagged": 4120,
        "hashtags": [entry],
        **changes,
    }


def report(**changes: Any) -> dict[str, Any]:
    """What ingest reports while all is well."""
    return {
        "written_at": ago(0),
        "started_at": ago(3600),
        "state": "ok",
        "error": None,
        "kafka": {"state": "ok", "error": None},
        "sources": [source()],
        **changes,
    }


def source(**changes: Any) -> dict[str, Any]:
    return {
        "name": "x",
        "state": "ok",
        "last_success": ago(5),
        "next_poll": ago(-55),
        "tweets": 17,
        "quarantined": 0,
        "skipped": 2,
        "rate_limit": None,
        "budget": None,
        "progress": None,
        "error": None,
        **changes,
    }


def failure(message: str) -> dict[str, Any]:
    return {"kind": "401", "message": message, "since": ago(60), "failures": 3}


def ago(seconds: float) -> str:
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def entries(count: int) -> list[dict[str, Any]]:
    return [
        {"rank": n, "tag": f"tag{n}", "key": f"tag{n}", "count": 1000 - n, "change": 0}
        for n in range(1, count + 1)
    ]


def eventually(holds: Callable[[], bool], within: float = 5.0) -> None:
    """Wait until it holds, or fail after so many seconds."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.01)
