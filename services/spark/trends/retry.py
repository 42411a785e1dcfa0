"""Retries failed calls until they succeed or the driver stops."""

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


def retry_until_stopped(
    stopping: threading.Event,
    failures: type[Exception] | tuple[type[Exception], ...],
    log_failure: Callable[[int, Any], None],
    first_wait: float,
    max_wait: float,
) -> Retrying:
    """Retry after `failures`, each time after a random wait.

    The limit of the waits grows from `first_wait` to `max_wait` seconds. `log_failure` gets the
    number of the attempt and the exception. Once `stopping` is set the last exception is raised.
    """

    def before_sleep(state: RetryCallState) -> None:
        log_failure(state.attempt_number, state.outcome and state.outcome.exception())

    return Retrying(
        retry=retry_if_exception_type(failures),
        wait=wait_random_exponential(multiplier=first_wait, max=max_wait),
        stop=stop_when_event_set(stopping),
        before_sleep=before_sleep,
        reraise=True,
    )
