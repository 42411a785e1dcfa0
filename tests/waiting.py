"""Waiting with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


# For what takes a second or two: a busy machine may be many times slower, and a passed test has
# not waited for any longer than it had to.
SOON = 60.0


def eventually(condition: Callable[[], T], within: float = SOON, every: float = 0.2) -> T:
    """The first true value of `condition`, asked every `every` seconds for `within` seconds.

    Exceptions count as "not yet"; the last of them tells why the deadline passed.
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
