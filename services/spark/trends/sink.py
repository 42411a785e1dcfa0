"""Where a batch becomes durable counts and new boards. ADR 1 tells why it counts exactly once."""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyarrow as pa

from trends import metrics
from trends.counting.ranking import (
    ALL,
    LONGEST,
    PEOPLE,
    RISING,
    TWEETS,
    WARM_HOURS,
    WINDOWS,
    AllTime,
    Place,
    Rise,
    Windows,
    changes,
)
from trends.counting.tally import Delta, gather
from trends.hbase.hashtags_table import Store
from trends.hbase.progress import Done, Intent, Offsets, ProgressError, is_applied
from trends.kafka.topics import Topics

log = logging.getLogger(__name__)


class Sink:
    """The single writer of the counts.

    `apply` runs in the stream's thread and `refresh` in the main one; a lock keeps them apart.
    The tags `hidden` (keys) are counted, but stand on no board, and those that fewer people than
    `min_authors` used stand on none of the last hours or days.
    """

    def __init__(
        self,
        store: Store,
        topics: Topics,
        horizon: int,
        hidden: frozenset[str] = frozenset(),
        min_authors: int = 0,
    ) -> None:
        self._store = store
        self._topics = topics
        self._horizon = horizon
        self._read_boards = partial(Boards, store, hidden, min_authors)
        self._lock = threading.Lock()
        self._boards: Boards | None = None
        self._version = 0
        self.done, self._intent = store.read_progress()

    @property
    def pending(self) -> Intent | None:
        """The batch that may be half applied."""
        if self._intent and self._intent.fence > self.done.fence:
            return self._intent
        return None

    def apply(self, digest: pa.Table, start: Offsets, end: Offsets) -> None:
        """Count the digest of the records from `start` to `end` (exclusive), unless it is counted.

        Raises:
            ProgressError: another driver counts too, HBase has lost what it had acknowledged, or a
                half applied batch has other offsets.
        """
        with self._lock:
            if is_applied(end, self.done):
                return
            began = time.monotonic()
            intent = self._announce(start, end)
            batch = gather(digest, self.done.demo)
            self._topics.quarantine(batch.bad)
            if self.done.demo and not batch.demo:
                log.info("first real tweets: the counts of the demo data are cleared")
                self._store.clear(intent.fence)
                self._boards = None
            places = self._store.apply(batch.tags, intent.fence)
            if self._boards is None:
                deque(places, maxlen=0)
                self._boards = self._read_boards()
            else:
                self._boards.add(batch.tags, places)
            done = self.done.after(intent, batch, self._horizon)
            self._publish(done, with_progress=True)
            metrics.applied(done, batch, time.monotonic() - began)
            self.done = done

    def refresh(self) -> None:
        """Compute the boards anew: windows change also when nothing arrives."""
        with self._lock:
            if self.pending is None:  # else rows may be half applied: no board shows them
                self._boards = self._boards or self._read_boards()
                self._publish(self.done, with_progress=False)

    def _announce(self, start: Offsets, end: Offsets) -> Intent:
        if pending := self.pending:
            if pending.end != end:
                raise ProgressError(
                    f"a batch to the offsets {pending.end} is half applied, but the stream "
                    f"came with {end}: restart `trends`"
                )
            return pending
        # The fence is greater than every earlier one, even if the clock was set back.
        fence = max(_now(), (self._intent.fence if self._intent else 0) + 1)
        intent = Intent(fence, start, end)
        self._store.write_intent(intent, self._intent, self.done)
        self._intent = intent
        return intent

    def _publish(self, done: Done, *, with_progress: bool) -> None:
        assert self._boards is not None  # noqa: S101 -- both callers have just seen to it
        self._version = max(_now(), self._version + 1)
        documents = self._boards.documents(done, self._version)
        self._store.write_boards(documents, done if with_progress else None)


class Boards:
    """All boards, as HBase has the counts when this is made; `Sink` tells of the arguments."""

    def __init__(self, store: Store, hidden: frozenset[str], min_authors: int) -> None:
        began = time.monotonic()
        self._store = store
        self._hidden = hidden
        self._windows = Windows(_minute(), min_authors)
        places = []
        for key, count, last, minutes in store.scan(since=_minute() - LONGEST):
            if key not in hidden:
                places.append(Place.of(key, count, last))
                self._windows.add(key, minutes, last)
        self._all = AllTime(places)
        log.info("read %d tags from HBase in %.1f s", len(places), time.monotonic() - began)

    def add(self, deltas: Mapping[str, Delta], places: Iterable[Place]) -> None:
        """Take in what a batch changed; `places` may come while HBase is still being written."""
        for key, delta in deltas.items():
            if key not in self._hidden:
                self._windows.add(key, delta.minutes, delta.last)
        self._all.update([place for place in places if place.key not in self._hidden])

    def documents(self, done: Done, version: int) -> dict[str, bytes]:
        """Row of the table `boards` -> its document (docs/contracts/hbase.md)."""
        windows = self._windows
        windows.advance(version // 60_000)
        rises, earlier_rises = windows.rises(), windows.rises(earlier=True)
        # Each board as it is, and as it was a step ago.
        boards = {
            (ALL, TWEETS): (self._all.places(), self._all.earlier(windows)),
            (RISING, TWEETS): ([r.place for r in rises], [r.place for r in earlier_rises]),
        }
        for name in WINDOWS:
            for by in (TWEETS, PEOPLE):
                boards[name, by] = windows.places(name, by), windows.places(name, by, earlier=True)
        shown = {place.key for places, _ in boards.values() for place in places}
        spellings = self._store.spellings(sorted(shown))
        head, documents = _head(done, version), {}
        for (name, rank_by), (places, earlier) in boards.items():
            entries = _entries(places, earlier, spellings)
            if name in WINDOWS:
                for entry in entries:
                    entry["count"], entry["people"] = windows.counts(name, entry["key"])
            documents[name if rank_by == TWEETS else f"{name}.{rank_by}"] = {
                "board": name, "rank_by": rank_by, **head, "hashtags": entries
            }  # fmt: skip
        documents[RISING]["warming_up"] = windows.hours() < WARM_HOURS
        for entry, rise in zip(documents[RISING]["hashtags"], rises, strict=True):
            entry.update(_explained(rise))
        return {
            row: json.dumps(document, ensure_ascii=False).encode()
            for row, document in documents.items()
        }


def _entries(
    places: list[Place], earlier: list[Place], spellings: Mapping[str, str]
) -> list[dict[str, Any]]:
    gained = changes(places, earlier)
    return [
        {
            "rank": rank,
            "tag": spellings[place.key],
            "key": place.key,
            "count": place.count,
            "change": gained[place.key],
        }
        for rank, place in enumerate(places, 1)
    ]


def _head(done: Done, version: int) -> dict[str, Any]:
    as_of = datetime.fromtimestamp(version // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "as_of": as_of,
        "version": version,
        "source": done.sources,
        "demo": done.demo and "demo" in done.sources,
        "tweets_read": done.read,
        "tweets_tagged": done.tagged,
    }


def _explained(rise: Rise) -> dict[str, Any]:
    """What a rise is made of, for whoever wonders about its rank."""
    return {
        "observed": rise.place.count,
        "expected": round(rise.expected, 2),
        "score": round(rise.score, 2),
    }


def _now() -> int:
    return time.time_ns() // 1_000_000


def _minute() -> int:
    return _now() // 60_000
