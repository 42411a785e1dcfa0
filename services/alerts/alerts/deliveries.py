"""Sends messages in the background, to each receiver one at a time, until it takes them."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from alerts import metrics
from alerts.lifecycle import Shutdown, ShutdownRequested
from alerts.memory import Message
from alerts.receivers import DeliveryError

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, JITTER_SECONDS = 2.0, 300.0, 1.0
# What rose yesterday is no news: a message that is older gets one more try and is then dropped.
EXPIRY_SECONDS = 24 * 3600

TAKEN, DROPPED, WITHDRAWN, ABANDONED = "taken", "dropped", "withdrawn", "abandoned"

Send = Callable[[int, Message], None]
"""Sends a message to the receiver at a position; raises DeliveryError unless it was taken."""


@dataclass(frozen=True)
class Failure:
    """Why a receiver does not take messages; `since` is in Unix seconds."""

    message: str
    since: float
    failures: int


@dataclass(frozen=True)
class Outcome:
    """How the delivery of a message to a receiver has ended; at a stop it is abandoned.

    It is withdrawn when everything in it has been hidden.
    """

    receiver: int
    number: int
    result: str


class Deliveries:
    """The deliveries that are under way; used from one thread.

    A receiver gets its next message only after `finish` of the one before, by when that one has
    been remembered: so no more than one message to a receiver can be repeated after a kill.
    """

    def __init__(
        self,
        send: Send,
        services: Sequence[str],
        shutdown: Shutdown,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._send, self._services = send, services
        self._shutdown, self._clock = shutdown, clock
        self._outcomes: Queue[Outcome] = Queue()
        self.busy: set[int] = set()
        # Written by the threads, each of which only replaces the value of its own receiver.
        self.failures: dict[int, Failure] = {}
        # What is under way to each receiver; None when it is withdrawn. The threads only read it.
        self._messages: dict[int, Message | None] = {}

    def start(self, receiver: int, message: Message) -> None:
        """Start to deliver a message to a receiver that is not busy."""
        self.busy.add(receiver)
        self._messages[receiver] = message
        Thread(target=self._deliver, args=(receiver, message), daemon=True).start()

    def update(self, outbox: Sequence[Message]) -> None:
        """Send messages from the next try on as they are in the outbox, or no more."""
        versions = {each.number: each for each in outbox}
        for receiver, message in self._messages.items():
            if message:
                self._messages[receiver] = versions.get(message.number)

    def outcome(self, seconds: float) -> Outcome | None:
        """Wait for a delivery to end; return None if none does within this time."""
        try:
            return self._outcomes.get(timeout=seconds)
        except Empty:
            return None

    def finish(self, outcome: Outcome) -> None:
        """Let the receiver have its next message: the outcome has been remembered."""
        self.busy.discard(outcome.receiver)

    def _deliver(self, receiver: int, message: Message) -> None:
        retrying = Retrying(
            retry=retry_if_exception_type(Exception),
            wait=wait_exponential_jitter(
                max=LONGEST_WAIT_SECONDS, multiplier=FIRST_WAIT_SECONDS, jitter=JITTER_SECONDS
            ),
            stop=lambda _: self._clock() - message.created > EXPIRY_SECONDS,
            sleep=self._shutdown.wait,
            after=lambda state: self._record_failure(receiver, message, state),
            reraise=True,
        )
        try:
            result = retrying(self._try, receiver)
        except ShutdownRequested:
            result = ABANDONED
        except Exception:
            form = "event=dropped receiver=%d message=%d: it failed for a day, so it is given up"
            log.error(form, receiver, message.number)
            result = DROPPED
        self._outcomes.put(Outcome(receiver, message.number, result))

    def _try(self, receiver: int) -> str:
        message = self._messages[receiver]
        if message is None:
            form = "event=withdrawn receiver=%d: all hashtags of its message have been hidden"
            log.info(form, receiver)
            return WITHDRAWN
        self._send(receiver, message)
        log.info("event=sent receiver=%d message=%d", receiver, message.number)
        self.failures.pop(receiver, None)
        labels = self._labels(receiver)
        metrics.SENT.labels(*labels).inc()
        metrics.LAST_SUCCESS.labels(*labels).set(self._clock())
        return TAKEN

    def _labels(self, receiver: int) -> tuple[str, str]:
        return str(receiver), self._services[receiver - 1]

    def _record_failure(self, receiver: int, message: Message, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        known = isinstance(error, DeliveryError)
        reason = str(error) if known else f"a bug in alerts ({type(error).__name__})"
        before = self.failures.get(receiver)
        since, failures = (before.since, before.failures) if before else (self._clock(), 0)
        self.failures[receiver] = Failure(reason, since, failures + 1)
        metrics.FAILURES.labels(*self._labels(receiver)).inc()
        form = "event=delivery_failed receiver=%d service=%r message=%d failures=%d: %s"
        service = self._services[receiver - 1]
        log.warning(form, receiver, service, message.number, failures + 1, reason)
