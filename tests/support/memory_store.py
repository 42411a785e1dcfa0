"""A store in memory, and boards and reports to put into it."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from web.hbase import StoreError


class MemoryStore:
    """What HBaseBoards and HBaseHashtags are to the app, or an error while it is `down`.

    `cells` are the boards by row, `tags` the cells of a tag by key, `hidden` is the list that
    `make hide` writes.
    """

    def __init__(self) -> None:
        self.cells: dict[str, bytes] = {}
        self.tags: dict[str, dict[bytes, bytes]] = {}
        self.hidden: bytes | None = None
        self.report: bytes | None = None
        self.alerts: bytes | None = None
        self.down: Exception | None = None
        self.reads = self.report_reads = self.tag_reads = self.scans = self.hidden_reads = 0

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        self.reads += 1
        if self.down is not None:
            raise self.down
        return {name: self.cells[name] for name in names if name in self.cells}

    def read_hidden(self) -> bytes | None:
        self.hidden_reads += 1
        if self.down is not None:
            raise self.down
        return self.hidden

    def read_reports(self) -> dict[str, bytes]:
        self.report_reads += 1
        if self.down is not None:
            raise self.down
        reports = {"ingest": self.report, "alerts": self.alerts}
        return {name: cell for name, cell in reports.items() if cell is not None}

    def read_hashtag(self, key: str, columns: Sequence[bytes]) -> dict[bytes, bytes]:
        self.tag_reads += 1
        if self.down is not None:
            raise self.down
        cells = self.tags.get(key, {})
        return {c: v for c, v in cells.items() if c in columns or c.split(b":")[0] in columns}

    def read_hashtags(
        self, keys: Sequence[str], columns: Sequence[bytes]
    ) -> dict[str, dict[bytes, bytes]]:
        return {key: self.read_hashtag(key, columns) for key in keys if key in self.tags}

    def scan_hashtags(
        self, prefix: str, columns: Sequence[bytes], limit: int
    ) -> dict[str, dict[bytes, bytes]]:
        self.scans += 1
        if self.down is not None:
            raise self.down
        # HBase goes by the bytes of the keys.
        keys = sorted((key for key in self.tags if key.startswith(prefix)), key=str.encode)
        return self.read_hashtags(keys[:limit], columns)

    def go_down(self) -> None:
        self.down = StoreError("HBase: not reachable at hbase-thrift:9090")

    def put(self, row: str = "all", **changes: Any) -> None:
        name, _, rank_by = row.partition(".")
        ranking = {"rank_by": rank_by} if rank_by else {}
        self.cells[row] = json.dumps(board(board=name, **ranking, **changes)).encode()

    def hide(self, *keys: str, patterns: Sequence[str] = ()) -> None:
        self.hidden = json.dumps({"keys": keys, "patterns": patterns}).encode()

    def put_report(self, **changes: Any) -> None:
        self.report = json.dumps(report(**changes)).encode()


class Clock:
    """Stands still unless `now` is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# Why a tag is on the board `rising`.
REASON = {
    "people": 9,
    "window": "5h",
    "observed": 9,
    "expected": 0.8,
    "surprise": 40_000,
    "score": 10.6,
}
# What only these boards have, and their entries.
HEADS: dict[str, dict[str, Any]] = {
    "rising": {"rank_by": "people", "known_hours": 672},
    "now": {"rank_by": "people", "window": "12h"},
}
ENTRIES: dict[str, dict[str, Any]] = {"rising": REASON, "now": {"people": 37}}


def board(**changes: Any) -> dict[str, Any]:
    name = str(changes.get("board"))
    entry = {"rank": 1, "tag": "Café", "key": "café", "count": 412, "change": 2}
    return {
        "board": "all",
        "rank_by": "tweets",
        "as_of": ago(0),
        "version": 7,
        "source": ["x"],
        "demo": False,
        "tweets_read": 18234,
        "tweets_tagged": 4120,
        "hashtags": [entry | ENTRIES.get(name, {})],
        **HEADS.get(name, {}),
        **changes,
    }


def earlier_rising() -> bytes:
    """What the driver wrote of `rising` before it counted people there."""
    entry = board()["hashtags"][0] | {"observed": 46, "expected": 2.45, "score": 774.13}
    document = board() | {"board": "rising", "warming_up": False, "hashtags": [entry]}
    return json.dumps(document).encode()


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
        "gaps": 0,
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


def entries(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"rank": n, "tag": f"tag{n}", "key": f"tag{n}", "count": 1000 - n, "change": 0, **more}
        for n in range(1, count + 1)
    ]


def hashtag_cells(tag: str, hours: Mapping[int, int]) -> dict[bytes, bytes]:
    """The cells of a tag's row; `hours` maps hours before now to the posts of each."""
    now = int(time.time() // 3600)
    days: dict[int, list[str]] = {}
    for ago, count in sorted(hours.items(), reverse=True):
        day, hour = divmod(now - ago, 24)
        days.setdefault(day, []).append(f"{hour}:{count}")
    first, last = ((now - ago) * 3_600_000 for ago in (max(hours), min(hours)))
    count = sum(hours.values())
    cells = {"n:count": f"{count} {first} {last}", f"s:{tag}": str(count)}
    cells |= {f"n:d{day:08d}": " ".join(pairs) for day, pairs in days.items()}
    return {name.encode(): cell.encode() for name, cell in cells.items()}


def eventually(holds: Callable[[], bool], within: float = 5.0) -> None:
    """Wait until it holds, or fail after so many seconds."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.01)
