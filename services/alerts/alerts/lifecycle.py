"""Graceful shutdown, and the heartbeat file that the health check reads."""

import time
from contextlib import suppress
from pathlib import Path
from threading import Event

STEP_SECONDS = 20.0


class ShutdownRequested(Exception):  # noqa: N818 -- not an error, like StopIteration
    """The process has been asked to stop."""


class Shutdown:
    """The stop event, and the heartbeat file, which only the main loop keeps fresh.

    Without a `heartbeat_file` there are no heartbeats.
    """

    def __init__(self) -> None:
        self.stop = Event()
        self.heartbeat_file: Path | None = None

    def heartbeat(self) -> None:
        """Record that the main loop is alive; a failed write only makes the file look old."""
        if self.heartbeat_file:
            with suppress(OSError):
                self.heartbeat_file.touch()

    def sleep(self, seconds: float) -> None:
        """Sleep and keep the heartbeat going; raise ShutdownRequested once a stop is requested."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.heartbeat()
            self.wait(min(STEP_SECONDS, left))
        self.check()

    def wait(self, seconds: float) -> None:
        """Sleep without a heartbeat, in a thread other than the main loop's."""
        if self.stop.wait(seconds):
            raise ShutdownRequested

    def check(self) -> None:
        """Raise ShutdownRequested if a stop has been requested."""
        if self.stop.is_set():
            raise ShutdownRequested
