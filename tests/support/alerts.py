"""Boards for alerts to watch, and the service as a process that can be killed as a container is."""

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

SERVICE = Path(__file__).parents[2] / "services" / "alerts"


def board(*tags: str, name: str = "rising", **changes: Any) -> bytes:
    """A board with these tags in this order, as the driver writes it."""
    document: dict[str, Any] = {
        "board": name,
        "rank_by": "people",
        "as_of": "2026-11-22T10:00:00Z",
        "version": time.time_ns() // 1_000_000,
        "source": ["x"],
        "demo": False,
        "tweets_read": 18234,
        "tweets_tagged": 4120,
        "hashtags": [entry(rank, tag, name) for rank, tag in enumerate(tags, 1)],
        **changes,
    }
    if name == "rising":
        document["known_hours"] = 672
    if name == "now":
        document["window"] = "12h"
    return json.dumps(document, ensure_ascii=False).encode()


def entry(rank: int, tag: str, name: str = "rising", **changes: Any) -> dict[str, Any]:
    """An entry of a board."""
    found: dict[str, Any] = {"rank": rank, "tag": tag, "key": tag.casefold(), "count": 12}
    if name != "all":
        found["people"] = 9
    if name == "rising":
        found |= {"window": "5h", "observed": 9, "expected": 0.8, "surprise": 40_000, "score": 10.6}
    return found | {"change": None} | changes


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        return str(server.getsockname()[1])


class Process:
    """The service with some settings, as its image runs it; its log is a file."""

    def __init__(self, log: Path, *arguments: str, **settings: str) -> None:
        self.log = log
        passed = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "alerts", *arguments],
                cwd=SERVICE,
                env=passed | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        return self.log.read_text()

    def kill(self) -> None:
        """End it, and the processes that it has started, as the end of its container would."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self, within: float = 20) -> int:
        """Ask it to stop; return its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(within)

    def wait(self, within: float = 60) -> int:
        """Wait for its exit status."""
        return self._process.wait(within)


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["support.alerts_child", __name__])


class Fork:
    """The same, made in no time from a process that has everything imported, Apprise too.

    It does not start Apprise in a process of its own, and it is less patient
    (support/alerts_child.py).
    """

    def __init__(self, log: Path, *arguments: str, **settings: str) -> None:
        self.log = log
        log.touch()
        self._process = _FORKS.Process(
            target=_run, args=(str(log), arguments, settings), daemon=True
        )
        # The first one starts the process that all others are made from, which has to find these.
        with mock.patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):
            self._process.start()

    @property
    def text(self) -> str:
        return self.log.read_text()

    def kill(self) -> None:
        """End it as the end of its container would."""
        self._process.kill()
        self._process.join()

    def stop(self, within: float = 20) -> int:
        """Ask it to stop; return its exit status."""
        self._process.terminate()
        return self.wait(within)

    def wait(self, within: float = 60) -> int:
        """Wait for its exit status."""
        self._process.join(within)
        assert self._process.exitcode is not None
        return self._process.exitcode


def _run(log: str, arguments: tuple[str, ...], settings: dict[str, str]) -> None:
    # Not imported above: it loads all of Apprise.
    from support import alerts_child

    alerts_child.run(log, arguments, settings)
