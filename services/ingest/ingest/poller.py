"""The loop of one source: fetch, publish, and only then go on from the new cursor."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from ingest import metrics
from ingest.lifecycle import Life, Stopping
from ingest.reports import SourceReport
from ingest.sources.base import Batch, Cursor, Source, SourceError

if TYPE_CHECKING:
    from ingest.kafka.publisher import Publisher

log = logging.getLogger(__name__)

# More than a tweet a second is told by the metrics, not by a line for every poll.
TELL_SECONDS = 5.0
MISTAKE_SECONDS = 30.0


class Poller:
    """Runs until the source is finished or a stop is asked for.

    Reposts are passed over unless `count_reposts`. `report` is what the operator is told.
    """

    def __init__(
        self, source: Source, publisher: Publisher, life: Life, *, count_reposts: bool = True
    ) -> None:
        self._source, self._publisher, self._life = source, publisher, life
        self._count_reposts = count_reposts
        self.report = SourceReport(source.name, source.standing)
        self._untold = 0
        self._told_at = -TELL_SECONDS
        self._patiently = Retrying(
            retry=retry_if_exception_type(SourceError),
            wait=_wait,
            sleep=life.pause,
            before_sleep=self._note_failure,
        )

    def run(self) -> None:
        """Poll from the cursor that Kafka has, until the end."""
        try:
            while not self._is_done():
                self._life.pause(MISTAKE_SECONDS)
        except Stopping:
            log.info("event=stopped source=%s", self._source.name)
        finally:
            self._source.close()
            self._life.rest()

    def _is_done(self) -> bool:
        """Poll to the end; False when a mistake in the code came between."""
        try:
            self._poll()
        except Stopping:
            raise
        except Exception:
            metrics.POLLS.labels(self._source.name, "unexpected").inc()
            log.exception("event=unexpected source=%s: trying again", self._source.name)
            mistake = SourceError("unexpected", "a mistake in this program: its log has more")
            self.report.failed(mistake, 1, MISTAKE_SECONDS)
            return False
        return True

    def _poll(self) -> None:
        cursor = self._publisher.cursor(self._source.key)
        log.info("event=started source=%s resumed=%s", self._source.name, cursor is not None)
        finished = False
        while not finished:
            self._life.beat()
            batch: Batch = self._patiently(self._source.fetch, cursor)
            self._forward(batch, cursor)
            cursor, finished = batch.cursor, batch.finished
            self._life.pause(0 if finished else batch.wait)
        log.info("event=finished source=%s %s", self._source.name, _words(cursor))

    def _forward(self, batch: Batch, cursor: Cursor | None) -> None:
        name = self._source.name
        messages = [each for each in batch.messages if self._count_reposts or not each["repost"]]
        sent, reposts = len(messages), len(batch.messages) - len(messages)
        if messages or batch.rejected or batch.cursor != cursor:
            self._publisher.publish(messages, batch.rejected, batch.cursor, self._source.key)
        metrics.FORWARDED.labels(name).inc(sent)
        metrics.QUARANTINED.labels(name).inc(len(batch.rejected))
        metrics.SKIPPED.labels(name, "repost").inc(reposts)
        metrics.SKIPPED.labels(name, "private").inc(batch.withheld)
        metrics.POLLS.labels(name, "ok").inc()
        metrics.LAST_SUCCESS.labels(name).set_to_current_time()
        metrics.tell_standing(name, self._source.standing)
        self.report.succeeded(batch, sent, reposts + batch.withheld)
        self._tell_success(sent, len(batch.rejected))

    def _tell_success(self, sent: int, rejected: int) -> None:
        """At most one line in five seconds."""
        self._untold += sent
        if rejected:
            log.warning("event=quarantined source=%s records=%d", self._source.name, rejected)
        if self._untold and time.monotonic() >= self._told_at + TELL_SECONDS:
            log.info("event=forwarded source=%s tweets=%d", self._source.name, self._untold)
            self._untold, self._told_at = 0, time.monotonic()

    def _note_failure(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, SourceError):
            return
        name, wait = self._source.name, state.next_action.sleep if state.next_action else 0.0
        metrics.POLLS.labels(name, error.kind).inc()
        metrics.tell_standing(name, self._source.standing)
        self.report.failed(error, state.attempt_number, wait)
        form = "event=poll_failed source=%s kind=%s failures=%d next_try=%.0fs: %s"
        log.warning(form, name, error.kind, state.attempt_number, wait, error)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.wait(state.attempt_number) if isinstance(error, SourceError) else 1.0


def _words(cursor: Cursor | None) -> str:
    return " ".join(f"{name}={value}" for name, value in (cursor or {}).items())
