"""Waiting with a deadline, and looking at something all the while."""

import threading
import time
from collections.abc import Callable
from typing import Self, TypeVar

T = TypeVar("T")


# For what normally takes a second or two. A busy machine may be many times slower, and a test that
# passes waits no longer than it has to.
SOON = 60.0


def eventually(condition: Callable[[], T], within: float = SOON, every: float = 0.2) -> T:
    """Poll `condition` every `every` seconds for `within` seconds; return its first true value.

    Exceptions count as "not yet"; the last one becomes the cause of the AssertionError.
    """
    deadline = time.monotonic() + within
    error: Exception | None = None
    while True:
        try:
            value = condition()
        except Exception as failure:
            value, error = None, failure  # type: ignore[assignment]
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; last: {value!r}") from error
        time.sleep(every)


class Watcher(threading.Thread):
    """Looks at something every so many seconds, for as long as its `with` block takes."""

    def __init__(self, every: float) -> None:
        super().__init__(daemon=True)
        self._every = every
        self._done = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        while not self._done.wait(self._every):
            self.look()

    def look(self) -> None:
        """Look once, and note what has to be noted."""
        raise NotImplementedError
