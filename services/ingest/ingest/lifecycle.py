"""When to stop, and the sign that the loops are alive."""

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, get_ident

STEP_SECONDS = 1.0


class Stopping(Exception):  # noqa: N818 -- no error, like StopIteration
    """The process has been asked to stop."""


class Life:
    """Shared by all loops: the stop event, and the file whose age the health check reads.

    The file is as old as the last beat of the loop that has been silent longest: a source that
    hangs is not hidden by another that does not.
    """

    def __init__(self, heartbeat: Path | None = None) -> None:
        self.stop = Event()
        self._heartbeat = heartbeat
        self._beats: dict[int, float] = {}
        self._lock = Lock()

    def beat(self) -> None:
        """Sign that the calling thread is alive; where that fails, the health check tells."""
        with self._lock:
            self._beats[get_ident()] = time.time()
            self._write()

    def rest(self) -> None:
        """Expect no more beats of the calling thread."""
        with self._lock:
            self._beats.pop(get_ident(), None)

    def pause(self, seconds: float) -> None:
        """Wait so many seconds, beating; raise Stopping as soon as a stop is asked for."""
        deadline = time.monotonic() + seconds
        while not self.stop.is_set():
            self.beat()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self.stop.wait(min(STEP_SECONDS, left))
        raise Stopping

    def _write(self) -> None:
        if self._heartbeat:
            oldest = min(self._beats.values())
            with suppress(OSError):
                self._heartbeat.touch()
                os.utime(self._heartbeat, (oldest, oldest))
