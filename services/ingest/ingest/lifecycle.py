"""Graceful shutdown, and the heartbeat file that the health check reads."""

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, get_ident

STEP_SECONDS = 1.0


class ShutdownRequested(Exception):  # noqa: N818 -- not an error, like StopIteration
    """The process has been asked to stop."""


class Shutdown:
    """The stop event shared by all loops, and the heartbeat file.

    The file's modification time is the oldest heartbeat among the loops, so that a running loop
    does not hide a hung one.
    """

    def __init__(self, heartbeat_file: Path | None = None) -> None:
        self.stop = Event()
        self._file = heartbeat_file
        self._heartbeats: dict[int, float] = {}
        self._lock = Lock()

    def heartbeat(self) -> None:
        """Record that the calling thread is alive; a failed write only makes the file look old."""
        with self._lock:
            self._heartbeats[get_ident()] = time.time()
            self._write()

    def retire(self) -> None:
        """Stop expecting heartbeats from the calling thread."""
        with self._lock:
            self._heartbeats.pop(get_ident(), None)

    def sleep(self, seconds: float) -> None:
        """Sleep and keep the heartbeat going; raise ShutdownRequested once a stop is requested."""
        deadline = time.monotonic() + seconds
        while not self.stop.is_set():
            self.heartbeat()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self.stop.wait(min(STEP_SECONDS, left))
        raise ShutdownRequested

    def _write(self) -> None:
        if self._file:
            oldest = min(self._heartbeats.values())
            with suppress(OSError):
                self._file.touch()
                os.utime(self._file, (oldest, oldest))
