"""The web service as it is, in front of real HBase, with boards that a test makes up."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple
from urllib.parse import quote

import happybase
import requests

from support.memory_store import board, hashtag_cells, report
from support.waiting import eventually
from trends.counting.hidden import HiddenTags
from trends.hbase.boards_table import BoardsTable
from trends.hbase.client import Client
from trends.hbase.gateway import Gateway
from trends.hbase.hashtags_table import HashtagsTable

THRIFT = (os.environ.get("HBASE_THRIFT_HOST", "hbase-thrift"), 9090)
WEB = Path(__file__).parents[3] / "services/web"


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Relay:
    """A way to HBase that can be cut, and mended."""

    def __init__(self) -> None:
        self.port = free_port()
        self._sockets: list[socket.socket] = []

    def mend(self) -> None:
        """Let everybody through who comes from now on."""
        server = socket.create_server(("127.0.0.1", self.port))
        self._sockets = [server]
        Thread(target=self._accept, args=(server,), daemon=True).start()

    def cut(self) -> None:
        """Let nobody through, and end what goes on."""
        for each in self._sockets:
            _end(each)
            each.close()
        self._sockets = []

    def _accept(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = server.accept()
                hbase = socket.create_connection(THRIFT)
                self._sockets += [visitor, hbase]
                for ends in (visitor, hbase), (hbase, visitor):
                    Thread(target=_copy, args=ends, daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    _end(source)
    _end(sink)


def _end(each: socket.socket) -> None:
    # To close a socket alone would not wake a thread that waits for something to come.
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


class Call(NamedTuple):
    """A request that the service has answered."""

    method: str
    path: str
    status: int


class Service:
    """The web service under gunicorn; `settings` are its environment, port 0 is any free one."""

    def __init__(self, folder: Path, port: int = 0, **settings: object) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / f"{self.port}.log"
        self._access = folder / f"{self.port}.access"
        options = {
            "--bind": f"127.0.0.1:{self.port}",
            "--log-level": "warning",
            "--access-logfile": self._access,
            "--access-logformat": "'%(s)s %(m)s %(U)s'",
        }
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "GUNICORN_CMD_ARGS": " ".join(f"{name} {value}" for name, value in options.items()),
            "HBASE_THRIFT_HOST": "127.0.0.1",
            "METRICS_PORT": str(free_port()),
            # Boards that are put once stay fresh for as long as the tests take.
            "STALE_AFTER_SECONDS": "86400",
            **{name: str(value) for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, until: str = "/readyz") -> None:
        """Start it, and wait until it answers one of its paths with a 200."""
        command = [sys.executable, "-m", "gunicorn"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=WEB, env=self._environment, stdout=log, stderr=log
            )
        try:
            eventually(lambda: self.get(until).status_code == 200, every=0.05)
        except AssertionError as error:
            error.add_note(self._log.read_text())
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            process.wait(30)

    def get(self, path: str, **keywords: Any) -> requests.Response:
        """Ask it directly."""
        return requests.get(self.url + path, timeout=10, **keywords)

    def rows(self, limit: int = 10, **query: str) -> list[tuple[str, str, int]]:
        """Key, tag and count of a board's tags, as the API has them."""
        answer = self.get("/api/v1/trends", params={**query, "limit": str(limit)}).json()
        counted = "people" if answer["rank_by"] == "people" else "count"
        return [(each["key"], f"#{each['tag']}", each[counted]) for each in answer["hashtags"]]

    def calls(self, since: int = 0) -> list[Call]:
        """What it has answered since its start, or after so many calls."""
        # A path can have spaces in it.
        words = (line.split(" ", 2) for line in self._access.read_text().splitlines()[since:])
        return [Call(method, path, int(status)) for status, method, path in words]

    def element(self, **settings: str) -> str:
        """The lines that put the widget on a page; settings are attributes."""
        return f"{self.script}{element(**settings)}"

    @property
    def script(self) -> str:
        """The line that loads the widget."""
        return f'<script src="{self.url}/widget.js" defer></script>'

    @property
    def chart_script(self) -> str:
        """The line that loads the chart of one tag."""
        return f'<script src="{self.url}/hashtag-history.js" defer></script>'

    def chart(self, **settings: str) -> str:
        """The lines that put the chart of one tag on a page."""
        return f"{self.chart_script}{chart(**settings)}"

    def iframe(self, **settings: str) -> str:
        """The line that puts the widget on a page without a script."""
        query = "&amp;".join(f"{name}={quote(value)}" for name, value in settings.items())
        return (
            f'<iframe src="{self.url}/widget?{query}" title="Trending hashtags" width="360" '
            'height="600" style="border:0" loading="lazy"></iframe>'
        )


def element(**settings: str) -> str:
    """The widget's element; the values are the test's own, without quotes."""
    return _element("trending-hashtags", settings)


def chart(**settings: str) -> str:
    """The element of one tag's chart."""
    return _element("hashtag-history", settings)


def _element(name: str, settings: Mapping[str, str]) -> str:
    attributes = "".join(f' {name}="{value}"' for name, value in settings.items())
    return f"<{name}{attributes}></{name}>"


@contextmanager
def running(service: Service, until: str = "/readyz") -> Iterator[Service]:
    """The service, started and in the end stopped."""
    service.start(until)
    try:
        yield service
    finally:
        service.stop()


class Boards:
    """HBase's tables, filled as the driver and ingest fill them."""

    _versions = itertools.count(time.time_ns() // 1_000_000)

    def __init__(self) -> None:
        with self._connection() as hbase:
            for name in hbase.tables():  # a driver's timestamps may be ahead of the clock
                hbase.delete_table(name, disable=True)
        client = Client(Gateway((THRIFT,)), Event())
        HashtagsTable(client).create()
        BoardsTable(client).create()
        client.disconnect()
        with self._connection() as hbase:
            if b"status" not in hbase.tables():
                hbase.create_table("status", {"s": {"max_versions": 1}})

    @staticmethod
    @contextmanager
    def _connection() -> Iterator[happybase.Connection]:
        # For each use one of its own: the server drops those that are idle for a minute.
        with closing(happybase.Connection(*THRIFT, timeout=60_000)) as connection:
            yield connection

    def clear(self) -> None:
        """Leave the tables without rows."""
        with self._connection() as hbase:
            for name in hbase.tables():
                table = hbase.table(name)
                with table.batch() as batch:
                    for key, _ in table.scan():
                        batch.delete(key)

    def put(self, row: str = "all", **changes: Any) -> None:
        """Publish a board."""
        name, _, rank_by = row.partition(".")
        ranking = {"rank_by": rank_by} if rank_by else {}
        document = board(board=name, **ranking, version=next(self._versions), **changes)
        self._put("boards", row, {"b:board": json.dumps(document)})

    def hide(self, *words: str) -> None:
        """Hide these tags and no others, as `make hide` does."""
        client = Client(Gateway((THRIFT,)), Event())
        BoardsTable(client).write_hidden(HiddenTags.from_words(words))
        client.disconnect()

    def put_report(self, **changes: Any) -> None:
        """Report how ingest is doing."""
        self._put("status", "ingest", {"s:document": json.dumps(report(**changes))})

    def put_hashtag(self, key: str, tag: str, hours: Mapping[int, int]) -> None:
        """Write a tag's row; `hours` maps hours before now to the posts of each."""
        cells = hashtag_cells(tag, hours)
        self._put("hashtags", key, {name.decode(): cell.decode() for name, cell in cells.items()})

    def put_hashtags(self, counts: Mapping[str, int]) -> None:
        """Write rows of tags that were used so many times a moment ago, spelled as their keys."""
        now = int(time.time() * 1000)
        with self._connection() as hbase, hbase.table("hashtags").batch(batch_size=1000) as batch:
            for key, count in counts.items():
                hours = f"{now // 3_600_000 % 24}:{count}"
                cell = f"{count} {now} {now} {now // 86_400_000} {hours} {key}"
                batch.put(key.encode(), {b"n:count": cell.encode()})

    def _put(self, table: str, row: str, cells: Mapping[str, str]) -> None:
        with self._connection() as hbase:
            hbase.table(table).put(
                row.encode(), {name.encode(): value.encode() for name, value in cells.items()}
            )
