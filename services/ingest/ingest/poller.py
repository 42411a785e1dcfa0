"""Polling loop of one source: fetch, publish, and only then move on to the new cursor."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from ingest import metrics
from ingest.kafka.topics import QUARANTINE
from ingest.lifecycle import Shutdown, ShutdownRequested
from ingest.reports import SourceReport
from ingest.sources.base import Batch, Cursor, Source, SourceError, SourceReplaced

if TYPE_CHECKING:
    from ingest.kafka.publisher import Publisher

log = logging.getLogger(__name__)

# At most one log line for forwarded posts in this time; the metrics cover every poll.
LOG_SECONDS = 5.0
MISTAKE_SECONDS = 30.0


class Poller:
    """Polls a source until it is finished or a stop is requested.

    Skips reposts unless `count_reposts`. `report` is the source's part of the status.
    """

    def __init__(
        self,
        source: Source,
        publisher: Publisher,
        shutdown: Shutdown,
        *,
        count_reposts: bool = True,
    ) -> None:
        self._source, self._publisher, self._shutdown = source, publisher, shutdown
        self._count_reposts = count_reposts
        self.report = SourceReport(source.name, source.stats)
        self._unlogged = 0
        self._logged_at = -LOG_SECONDS
        self._retry = Retrying(
            retry=retry_if_exception_type(SourceError),
            wait=_wait,
            sleep=shutdown.sleep,
            before_sleep=self._record_failure,
        )

    def run(self) -> None:
        """Poll from the cursor in Kafka to the end; retry 30 s after an unexpected error."""
        try:
            while not self._is_done():
                self._shutdown.sleep(MISTAKE_SECONDS)
        except ShutdownRequested:
            log.info("event=stopped source=%s", self._source.name)
        finally:
            self._source.close()
            self._shutdown.retire()

    def _is_done(self) -> bool:
        """Poll to the end; return False if a bug raised an unexpected exception."""
        try:
            self._poll()
        except ShutdownRequested:
            raise
        except Exception:
            metrics.POLLS.labels(self._source.name, "unexpected").inc()
            metrics.FAILURES_IN_A_ROW.labels(self._source.name).inc()
            form = "event=unexpected source=%s: a bug in ingest; retrying in %d s"
            log.exception(form, self._source.name, MISTAKE_SECONDS)
            mistake = SourceError("unexpected", "a bug in ingest: run make logs SERVICE=ingest")
            self.report.failed(mistake, 1, MISTAKE_SECONDS)
            return False
        return True

    def _poll(self) -> None:
        cursor = self._read_cursor()
        log.info("event=started source=%s resumed=%s", self._source.name, cursor is not None)
        finished = False
        while not finished:
            self._shutdown.heartbeat()
            try:
                batch: Batch = self._retry(self._source.fetch, cursor)
            except SourceReplaced:
                cursor = self._read_cursor()
                continue
            self._forward(batch, cursor)
            cursor, finished = batch.cursor, batch.finished
            self._shutdown.sleep(0 if finished else batch.wait)
        log.info("event=finished source=%s %s", self._source.name, _describe(cursor))

    def _read_cursor(self) -> Cursor | None:
        """Read the cursor, which an earlier version may have written under another key."""
        keys = (self._source.key, *self._source.former_keys)
        cursors = (self._publisher.cursor(key) for key in keys)
        return next((cursor for cursor in cursors if cursor is not None), None)

    def _forward(self, batch: Batch, cursor: Cursor | None) -> None:
        name = self._source.name
        messages = [each for each in batch.messages if self._count_reposts or not each["repost"]]
        sent, reposts = len(messages), len(batch.messages) - len(messages)
        if messages or batch.rejected or batch.cursor != cursor:
            self._publisher.publish(messages, batch.rejected, batch.cursor, self._source.key)
        metrics.FORWARDED.labels(name).inc(sent)
        metrics.QUARANTINED.labels(name).inc(len(batch.rejected))
        metrics.SKIPPED.labels(name, "repost").inc(reposts)
        metrics.SKIPPED.labels(name, "private").inc(batch.private_skipped)
        metrics.POLLS.labels(name, "ok").inc()
        metrics.FAILURES_IN_A_ROW.labels(name).set(0)
        metrics.LAST_SUCCESS.labels(name).set_to_current_time()
        metrics.publish_stats(name, self._source.stats)
        self.report.succeeded(batch, sent, reposts + batch.private_skipped)
        self._log_success(sent, len(batch.rejected))

    def _log_success(self, sent: int, rejected: int) -> None:
        """Log forwarded posts, at most one line every five seconds."""
        self._unlogged += sent
        if rejected:
            form = "event=quarantined source=%s records=%d: kept with the reason in Kafka topic %s"
            log.warning(form, self._source.name, rejected, QUARANTINE)
        if self._unlogged and time.monotonic() >= self._logged_at + LOG_SECONDS:
            log.info("event=forwarded source=%s tweets=%d", self._source.name, self._unlogged)
            self._unlogged, self._logged_at = 0, time.monotonic()

    def _record_failure(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, SourceError):
            return
        name, wait = self._source.name, state.next_action.sleep if state.next_action else 0.0
        metrics.POLLS.labels(name, error.kind).inc()
        metrics.FAILURES_IN_A_ROW.labels(name).set(state.attempt_number)
        metrics.publish_stats(name, self._source.stats)
        self.report.failed(error, state.attempt_number, wait)
        form = "event=poll_failed source=%s kind=%s failures=%d next_try=%.0fs: %s"
        log.warning(form, name, error.kind, state.attempt_number, wait, error)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.wait(state.attempt_number) if isinstance(error, SourceError) else 1.0


def _describe(cursor: Cursor | None) -> str:
    return " ".join(f"{name}={value}" for name, value in (cursor or {}).items())
