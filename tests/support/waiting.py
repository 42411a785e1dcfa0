"""Waiting with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

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
