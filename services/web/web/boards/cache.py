"""What HBase last had, so that visitors never wait for HBase and HBase never for visitors."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from web import metrics
from web.boards.board import ROWS, Board, EarlierDriverError, parse_board
from web.hbase import ALERTS, INGEST, StoreError
from web.status.document import Standing, parse_alerts, parse_report
from web.status.facts import NO_BOARD

T = TypeVar("T")
# Cells, boards and failures, by name.
Known = tuple[dict[str, bytes], dict[str, Board], dict[str, str]]

log = logging.getLogger(__name__)

UNREADABLE = "The stored board is unreadable; run make logs SERVICE=web"
NO_ANSWER = "HBase: no answer yet"
NO_REPORT = "ingest has not reported yet"
UNREADABLE_REPORT = "ingest's report is unreadable (make logs SERVICE=web shows it)"


class Store(Protocol):
    """Where boards and the services' reports come from."""

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return the boards in the rows `names`; raise StoreError when they cannot be had."""

    def read_reports(self) -> Mapping[str, bytes]:
        """Return the services' reports by name; raise StoreError as `read` does."""


@dataclass(frozen=True)
class View:
    """A board as well as it is known.

    `failure` is what keeps a newer one away, None when nothing does; without a `board` there
    always is one.
    """

    board: Board | None
    failure: str | None


class BoardCache:
    """All boards, and the services' reports, read in one go, at most once per `interval` seconds.

    Reading happens in a thread of its own, one at a time, and only when somebody asks. Who asks
    gets what is known, at once. Only the first to ask after a lull waits for what is read, so as
    not to get something old, and who asks for a board that is not known yet; no longer than
    `patience`, and not at all while HBase is in trouble.
    """

    def __init__(
        self,
        store: Store,
        *,
        interval: float = 0.25,
        patience: float = 0.25,
        overdue: float = 4.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._interval, self._patience, self._overdue = interval, patience, overdue
        self._clock = clock
        self._changed = threading.Condition()
        self._started = self._asked = -math.inf
        self._reading = self._after_lull = False
        self._failure: str | None = None
        self._cells: dict[str, bytes] = {}
        self._boards: dict[str, Board] = {}
        self._failures: dict[str, str] = {}
        self._report_trouble: str | None = None
        self._report_cell: bytes | None = None
        self._report: dict[str, Any] | None = None
        self._report_failure: str | None = NO_REPORT
        self._alerts_cell: bytes | None = None
        self._alerts: dict[str, Any] | None = None

    def get(self, name: str) -> View:
        """Return the board in row `name`, as new as can be had without being held up."""
        with self._changed:
            self._catch_up(name)
            return View(self._boards.get(name), self._failure_of(name))

    def keys(self) -> tuple[str, ...]:
        """Return the keys of the tags on any board, each once, those of the first board first."""
        with self._changed:
            self._catch_up(ROWS[0])
            boards = [self._boards[row] for row in ROWS if row in self._boards]
        return tuple(dict.fromkeys(entry.key for board in boards for entry in board.hashtags))

    def standing(self, name: str) -> Standing:
        """Return what is known of all, with one board, as new as `get` would."""
        with self._changed:
            self._catch_up(name)
            return Standing(
                hbase_error=self._trouble(),
                board=self._boards.get(name),
                board_failure=self._failure_of(name),
                report=self._report,
                report_failure=self._report_failure,
                alerts=self._alerts,
            )

    def _catch_up(self, name: str) -> None:
        # Not the time since the last reading: a slow one would look like a lull, and hold up all.
        now = self._clock()
        is_after_lull = now - self._asked >= 2 * self._interval
        self._asked = now
        if not self._reading and now - self._started >= self._interval:
            self._start(after_lull=is_after_lull)
        if self._failure is None and (self._after_lull or name not in self._boards):
            self._changed.wait_for(lambda: not self._reading, timeout=self._patience_left())

    def _start(self, *, after_lull: bool) -> None:
        # Started by the first reader rather than in __init__: a thread would not survive
        # the fork between gunicorn's master and its worker.
        threading.Thread(target=self._refresh, name="boards", daemon=True).start()
        self._started, self._reading, self._after_lull = self._clock(), True, after_lull

    def _patience_left(self) -> float:
        return self._started + self._patience - self._clock()

    def _is_overdue(self) -> bool:
        # Longer than the socket's time limit: looking up the name hangs, for instance.
        return self._reading and self._clock() - self._started > self._overdue

    def _failure_of(self, name: str) -> str | None:
        failure = self._failure or self._failures.get(name)
        if failure is None and (self._is_overdue() or name not in self._boards):
            return NO_ANSWER
        return failure

    def _trouble(self) -> str | None:
        """What keeps HBase from being read, as a sentence."""
        unread = not self._boards and not self._failures
        failure = self._failure or self._report_trouble
        return failure or (NO_ANSWER if unread or self._is_overdue() else None)

    def _refresh(self) -> None:
        reports = None
        cells, failure = attempt("board", lambda: self._store.read(ROWS), self._failure)
        trouble = failure
        if failure is None:
            reports, trouble = attempt("report", self._store.read_reports, self._report_trouble)
        if failure is None and self._failure is not None:
            log.info("HBase can be read again")
        # Before the lock, for it takes a while; nobody else changes them.
        taken = self._taken(cells or {}) if failure is None else None
        with self._changed:
            self._failure, self._report_trouble = failure, trouble
            if taken is not None:
                self._cells, self._boards, self._failures = taken
            if trouble is None:
                self._take_report((reports or {}).get(INGEST))
                self._take_alerts((reports or {}).get(ALERTS))
            self._reading = False
            self._changed.notify_all()

    def _taken(self, cells: Mapping[str, bytes]) -> Known:
        """What is known with what HBase has; in place of what is unusable, what it had."""
        known, boards, failures = {**self._cells}, {**self._boards}, {**self._failures}
        for name in ROWS:
            cell = cells.get(name)
            if cell is None:
                failures[name] = NO_BOARD
                known.pop(name, None)
                continue
            if cell == known.get(name):
                continue
            known[name] = cell
            try:
                boards[name] = parse_board(name, cell)
                failures.pop(name, None)
                metrics.board(boards[name])
            except EarlierDriverError:
                failures[name] = NO_BOARD
            except (ValueError, RecursionError) as error:
                form = "cannot read board %s, keeping the last readable one: %s: %.200r"
                log.error(form, name, error, cell)
                failures[name] = UNREADABLE
        return known, boards, failures

    def _take_report(self, cell: bytes | None) -> None:
        """Replace the report by what HBase has; an older one would say what no longer holds."""
        if cell == self._report_cell:
            return
        self._report_cell, self._report, self._report_failure = cell, None, NO_REPORT
        if cell is None:
            return
        try:
            self._report, self._report_failure = parse_report(cell), None
        except (ValueError, RecursionError) as error:
            form = "cannot read the report of ingest, so /status shows none: %s: %.200r"
            log.error(form, error, cell)
            self._report_failure = UNREADABLE_REPORT

    def _take_alerts(self, cell: bytes | None) -> None:
        """Replace the report of alerts by what HBase has; without one, alerts are off."""
        if cell == self._alerts_cell:
            return
        self._alerts_cell, self._alerts = cell, None
        try:
            self._alerts = None if cell is None else parse_alerts(cell)
        except (ValueError, RecursionError) as error:
            form = "cannot read the report of alerts, so /status shows none: %s: %.200r"
            log.error(form, error, cell)


def attempt(
    what: str, read: Callable[[], T], earlier_failure: str | None
) -> tuple[T | None, str | None]:
    """Return what is read, or else why not; the log is told of each outage once."""
    metrics.reading(what)
    try:
        return read(), None
    except StoreError as error:
        failure = str(error)
        if failure != earlier_failure:
            log.warning("cannot read the %s, retrying: %s (%r)", what, error, error.__cause__)
    except Exception:
        failure = "HBase: reading it failed; run make logs SERVICE=web"
        log.exception("cannot read the %s, retrying: a bug in web", what)
    metrics.failed(what)
    return None, failure
