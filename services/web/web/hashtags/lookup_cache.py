"""Caches what visitors look up in HBase, so that popular lookups cost HBase next to nothing."""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from web.boards.cache import NO_ANSWER, attempt

S = TypeVar("S")
K = TypeVar("K")
V = TypeVar("V")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lookup(Generic[V]):
    """What was found: nothing when HBase has nothing, or when a `failure` kept it from us."""

    value: V | None
    failure: str | None = None


class LookupCache(Generic[S, K, V]):
    """Lookups of at most `kept` seconds ago, and no more than `size` of them.

    One thread reads at a time. The others wait for it no longer than `patience`, and not at all
    while HBase is in trouble; then HBase is asked again every `pause` seconds at most.
    """

    what: str
    """Names the kind of lookup in the log and in the metrics."""

    def __init__(
        self,
        store: S,
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
        self._lookups: dict[K, tuple[float, Lookup[V]]] = {}
        self._failure: str | None = None
        self._failed = -math.inf

    def look_up(self, wanted: K) -> Lookup[V]:
        """Return what is cached, or else what HBase has."""
        if found := self._known(wanted):
            return found
        if not self._reading.acquire(timeout=0 if self._failure else self._patience):
            return Lookup(None, self._failure or NO_ANSWER)
        try:
            return self._known(wanted) or self._load(wanted)
        finally:
            self._reading.release()

    def _read(self, wanted: K) -> Lookup[V]:
        """Read from the store; StoreError when HBase is away."""
        raise NotImplementedError

    def _known(self, wanted: K) -> Lookup[V] | None:
        read, found = self._lookups.get(wanted, (-math.inf, None))
        if self._clock() - read < self._kept:
            return found
        if self._failure and self._clock() - self._failed < self._pause:
            return Lookup(None, self._failure)
        return None

    def _load(self, wanted: K) -> Lookup[V]:
        found, failure = attempt(self.what, lambda: self._read(wanted), self._failure)
        if failure is None and self._failure is not None:
            log.info("HBase can be read again")
        self._failure, self._failed = failure, self._clock()
        if found is None:
            return Lookup(None, failure)
        self._keep(wanted, found)
        return found

    def _keep(self, wanted: K, found: Lookup[V]) -> None:
        now = self._clock()
        fresh = {each: kept for each, kept in self._lookups.items() if now - kept[0] < self._kept}
        fresh.pop(wanted, None)
        while len(fresh) >= self._size:
            del fresh[next(iter(fresh))]
        # Replaced as a whole, because other threads read it meanwhile.
        self._lookups = {**fresh, wanted: (now, found)}
