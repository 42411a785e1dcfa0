"""Applies one batch while the executors compute the next."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from trends.counting.batch import Batch

# Even on a slow machine, the first batch of a backlog takes less. Without HBase it never ends.
STUCK_SECONDS = 120


class Applier:
    """A thread that applies batches one at a time, in order.

    After a failed batch no other is applied.
    """

    def __init__(self, apply: Callable[[Batch], None]) -> None:
        self._apply = apply
        self._pool = ThreadPoolExecutor(1, "applier")
        self._running: Future[None] | None = None
        self._since = 0.0

    def submit(self, batch: Batch) -> None:
        """Wait until the previous batch is applied, then start applying this one.

        Raises what `apply` raised for the previous batch.
        """
        self.wait()
        self._since = time.monotonic()
        self._running = self._pool.submit(self._apply, batch)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the last batch is applied.

        Raises what `apply` raised, or TimeoutError after `seconds`.
        """
        if self._running:
            self._running.result(seconds)

    def failure(self) -> BaseException | None:
        """The exception of the last batch, if it has failed."""
        return self._running.exception() if self._running and self._running.done() else None

    def is_stuck(self, seconds: float = STUCK_SECONDS) -> bool:
        """Whether a batch has taken so long to apply that it may never end."""
        is_running = self._running is not None and not self._running.done()
        return is_running and time.monotonic() - self._since > seconds
