"""The last good boards, so that visitors never wait for HBase and HBase never for visitors."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from web.board import BOARDS, Board, parse_board
from web.store import StoreError

log = logging.getLogger(__name__)

# Ends of the sentence "Waiting for …".
NO_BOARD = (
    "the first board: HBase answers, but the Spark driver has not finished its first batch yet, "
    "for which it needs the first tweets"
)
UNREADABLE = "a readable board: what HBase has is none, see the log of the web service"


class Store(Protocol):
    """Where boards come from."""

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return the stored boards among `names`; raise StoreError when they cannot be had."""


@dataclass(frozen=True)
class View:
    """A board as well as it is known.

    `failure` is what keeps a newer one away, None when nothing does; without a `board` there
    always is one.
    """

    board: Board | None
    failure: str | None


class BoardCache:
    """All the boards, read in one go, at most once per `interval` seconds.

    Reading happens in a thread of its own, one at a time, and only when somebody asks. The
    asker waits for it no longer than `patience`, and not at all while HBase is in trouble:
    then the last good board is returned at once.
    """

    def __init__(
        self,
        store: Store,
        *,
        interval: float = 1.0,
        patience: float = 0.25,
        overdue: float = 4.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._interval, self._patience, self._overdue = interval, patience, overdue
        self._clock = clock
        self._changed = threading.Condition()
        self._started = -math.inf
        self._reading = False
        self._failure: str | None = None
        self._cells: dict[str, bytes] = {}
        self._boards: dict[str, Board] = {}
        self._failures: dict[str, str] = {}

    def get(self, name: str) -> View:
        """Return the board, as new as can be had without being held up."""
        with self._changed:
            if self._due():
                self._start()
            if self._failure is None:
                self._changed.wait_for(lambda: not self._reading, timeout=self._patience_left())
            return View(self._boards.get(name), self._failure_of(name))

    def _due(self) -> bool:
        return not self._reading and self._clock() - self._started >= self._interval

    def _start(self) -> None:
        # Started by the first reader rather than in __init__: a thread would not survive
        # the fork between gunicorn's master and its worker.
        threading.Thread(target=self._refresh, name="boards", daemon=True).start()
        self._started, self._reading = self._clock(), True

    def _patience_left(self) -> float:
        return self._started + self._patience - self._clock()

    def _failure_of(self, name: str) -> str | None:
        failure = self._failure or self._failures.get(name)
        # Longer than the socket's time limit: looking up the name hangs, for instance.
        overdue = self._reading and self._clock() - self._started > self._overdue
        if failure is None and (overdue or name not in self._boards):
            return "an answer from HBase"
        return failure

    def _refresh(self) -> None:
        cells: Mapping[str, bytes] = {}
        failure = None
        try:
            cells = self._store.read(BOARDS)
        except StoreError as error:
            failure = str(error)
            if failure != self._failure:
                log.warning("no board from %s (%r)", error, error.__cause__)
        except Exception:
            failure = "HBase: it cannot be read, see the log of the web service"
            log.exception("reading the boards failed")
        if failure is None and self._failure is not None:
            log.info("HBase can be read again")
        with self._changed:
            self._failure = failure
            if failure is None:
                for name in BOARDS:
                    self._take(name, cells.get(name))
            self._reading = False
            self._changed.notify_all()

    def _take(self, name: str, cell: bytes | None) -> None:
        """Replace a board by what HBase has, unless that is unusable."""
        if cell is None:
            self._failures[name] = NO_BOARD
            self._cells.pop(name, None)
            return
        if cell == self._cells.get(name):
            return
        self._cells[name] = cell
        try:
            self._boards[name] = parse_board(name, cell)
            self._failures.pop(name, None)
        except (ValueError, RecursionError) as error:
            log.error("board %s cannot be used: %s: %.200r", name, error, cell)
            self._failures[name] = UNREADABLE
