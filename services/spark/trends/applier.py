"""Applies one batch while the executors compute the next."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from trends.counting.batch import Batch

# The first batch of a backlog takes less on a slow machine; without HBase it takes for ever.
STUCK_SECONDS = 120


class Applier:
    """A thread that calls `apply` with one batch after the other, in their order.

    After a batch has failed no other one is applied.
    """

    def __init__(self, apply: Callable[[Batch], None]) -> None:
        self._apply = apply
        self._pool = ThreadPoolExecutor(1, "applier")
        self._running: Future[None] | None = None
        self._since = 0.0

    def submit(self, batch: Batch) -> None:
        """Wait until the batch before is applied, then start with this one.

        Raises what `apply` raised for the batch before.
        """
        self.wait()
        self._since = time.monotonic()
        self._running = self._pool.submit(self._apply, batch)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the last batch is applied.

        Raises what `apply` raised, or TimeoutError after so many seconds.
        """
        if self._running:
            self._running.result(seconds)

    def failure(self) -> BaseException | None:
        """What the last batch ended with, if it has failed."""
        return self._running.exception() if self._running and self._running.done() else None

    def is_stuck(self) -> bool:
        """Whether a batch has been applied for so long that it may never end."""
        is_running = self._running is not None and not self._running.done()
        return is_running and time.monotonic() - self._since > STUCK_SECONDS
