"""Hashtags that were looked up of late, so that a popular one costs HBase next to nothing."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from web.cache import attempt
from web.hashtag_row import Hashtag, columns, parse_hashtag

log = logging.getLogger(__name__)

# Ends of the sentence "Waiting for …".
BUSY = "an answer from HBase"
UNREADABLE = "a readable row: what HBase has of this tag is none, see the log of the web service"


class HashtagStore(Protocol):
    """Where the rows of tags come from."""

    def read_hashtag(self, key: str, columns: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return those cells of a tag's row that there are; raise StoreError when HBase is away."""


@dataclass(frozen=True)
class Finding:
    """What is known of a tag: nothing when it has not been seen, or not for a `failure`."""

    hashtag: Hashtag | None
    failure: str | None = None


class HashtagCache:
    """Tags as HBase had them at most `kept` seconds ago, of no more than `size` readings.

    One reads at a time. The others wait for it no longer than `patience`, and not at all while
    HBase is in trouble; then it is tried again every `pause` seconds at most.
    """

    def __init__(
        self,
        store: HashtagStore,
        *,
        kept: float = 5.0,
        size: int = 64,
        patience: float = 1.0,
        pause: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._clock = store, clock
        self._kept, self._size, self._patience, self._pause = kept, size, patience, pause
        self._reading = threading.Lock()
        self._findings: dict[tuple[str, int | None], tuple[float, Finding]] = {}
        self._failure: str | None = None
        self._failed = -math.inf

    def get(self, key: str, days: int | None) -> Finding:
        """Return what is known of a tag with so many days, None for all of them."""
        wanted = (key, days)
        if found := self._known(wanted):
            return found
        if not self._reading.acquire(timeout=0 if self._failure else self._patience):
            return Finding(None, self._failure or BUSY)
        try:
            return self._known(wanted) or self._read(key, days)
        finally:
            self._reading.release()

    def _known(self, wanted: tuple[str, int | None]) -> Finding | None:
        read, found = self._findings.get(wanted, (-math.inf, None))
        if self._clock() - read < self._kept:
            return found
        if self._failure and self._clock() - self._failed < self._pause:
            return Finding(None, self._failure)
        return None

    def _read(self, key: str, days: int | None) -> Finding:
        now = datetime.now(UTC)
        wanted = columns(days, now)
        cells, failure = attempt(
            "hashtag", lambda: self._store.read_hashtag(key, wanted), self._failure
        )
        if failure is None and self._failure is not None:
            log.info("HBase can be read again")
        self._failure, self._failed = failure, self._clock()
        if cells is None:
            return Finding(None, failure)
        found = _finding(key, cells, now)
        self._keep((key, days), found)
        return found

    def _keep(self, wanted: tuple[str, int | None], found: Finding) -> None:
        now = self._clock()
        fresh = {each: kept for each, kept in self._findings.items() if now - kept[0] < self._kept}
        fresh.pop(wanted, None)
        while len(fresh) >= self._size:
            del fresh[next(iter(fresh))]
        # Replaced as a whole: others read it meanwhile.
        self._findings = {**fresh, wanted: (now, found)}


def _finding(key: str, cells: Mapping[bytes, bytes], now: datetime) -> Finding:
    try:
        return Finding(parse_hashtag(key, cells, now))
    except ValueError as error:
        log.error("the row of hashtag %r cannot be used: %s", key, error)
        return Finding(None, UNREADABLE)
