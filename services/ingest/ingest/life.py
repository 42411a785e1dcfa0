"""When to stop, and the sign that the loops are alive."""

import time
from contextlib import suppress
from pathlib import Path
from threading import Event

STEP_SECONDS = 1.0


class Stopping(Exception):  # noqa: N818 -- no error, like StopIteration
    """The process has been asked to stop."""


class Life:
    """Shared by all loops: the stop event, and the file whose age the health check reads."""

    def __init__(self, heartbeat: Path | None = None) -> None:
        self.stop = Event()
        self._heartbeat = heartbeat

    def beat(self) -> None:
        """Touch the heartbeat file; where that fails, the health check tells."""
        if self._heartbeat:
            with suppress(OSError):
                self._heartbeat.touch()

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
