"""Waiting for what is away, as long as it takes."""

import threading
from collections.abc import Callable
from typing import Any

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_when_event_set,
    wait_random_exponential,
)


def patiently(
    stopping: threading.Event,
    failures: type[Exception] | tuple[type[Exception], ...],
    tell: Callable[[int, Any], None],
    first: float,
    longest: float,
) -> Retrying:
    """Call again after `failures`, waiting up to `first` and at last up to `longest` seconds.

    `tell` gets the number of the try and the failure. Only `stopping` ends it, with the last one.
    """

    def before_sleep(state: RetryCallState) -> None:
        tell(state.attempt_number, state.outcome and state.outcome.exception())

    return Retrying(
        retry=retry_if_exception_type(failures),
        wait=wait_random_exponential(multiplier=first, max=longest),
        stop=stop_when_event_set(stopping),
        before_sleep=before_sleep,
        reraise=True,
    )
