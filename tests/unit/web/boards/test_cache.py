import logging
import threading
import time
from collections.abc import Sequence

import pytest

from support.memory_store import Clock, MemoryStore, earlier_rising, eventually
from web.boards.cache import NO_ANSWER, UNREADABLE, BoardCache
from web.status.facts import NO_BOARD

# Long enough that the next to ask waits for a newer board.
LULL = 2


class HangingStore(MemoryStore):
    """Hangs in `read` from `hang()` until `release()`."""

    def __init__(self) -> None:
        super().__init__()
        self._free = threading.Event()
        self._free.set()
        self.at_once = self.most_at_once = 0

    def hang(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            assert self._free.wait(30)
            return super().read(names)
        finally:
            self.at_once -= 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


def version(cache: BoardCache) -> int | None:
    found = cache.get("all").board
    return found.version if found else None


def test_hbase_is_read_once_an_interval_whatever_the_load(store: MemoryStore, clock: Clock) -> None:
    store.put("all")
    store.put("1h")
    cache = BoardCache(store, patience=30, clock=clock)
    for _ in range(3):
        for _ in range(50):
            assert cache.get("all").board
            assert cache.get("1h").board
        clock.now += LULL
    assert store.reads == 3


def test_a_read_starts_with_the_first_request_after_the_interval(clock: Clock) -> None:
    store = HangingStore()
    store.put(version=1)
    cache = BoardCache(store, patience=30, clock=clock)
    assert cache.get("all").board
    store.put(version=2)
    clock.now += 0.2
    assert cache.get("all").board
    assert store.reads == 1
    clock.now += 0.05
    assert cache.get("all").board
    eventually(lambda: version(cache) == 2)
    assert store.reads == 2


def test_many_at_once_share_one_read(clock: Clock) -> None:
    store = HangingStore()
    store.put()
    store.hang()
    cache = BoardCache(store, patience=30, clock=clock)
    views = []
    askers = [threading.Thread(target=lambda: views.append(cache.get("all"))) for _ in range(20)]
    for asker in askers:
        asker.start()
    clock.now += 5
    store.release()
    for asker in askers:
        asker.join(30)
    assert store.most_at_once == 1
    assert store.reads == 1
    assert len(views) == 20


def test_the_first_request_after_a_lull_gets_a_newer_board(
    store: MemoryStore, clock: Clock
) -> None:
    cache = BoardCache(store, patience=30, clock=clock)
    for number in (1, 2, 3):
        store.put(version=number)
        assert version(cache) == number
        clock.now += LULL


def test_under_load_nobody_waits_for_hbase(clock: Clock) -> None:
    store = HangingStore()
    store.put()
    # A single wait would be longer than all the requests may take.
    cache = BoardCache(store, patience=30, clock=clock)
    assert cache.get("all").board
    store.hang()
    started = time.monotonic()
    for _ in range(1000):
        clock.now += 0.4
        assert cache.get("all").board
        assert cache.standing("all").board
    assert time.monotonic() - started < 20
    store.release()


def test_a_slow_reading_is_no_lull(clock: Clock) -> None:
    store = HangingStore()
    store.put()
    cache = BoardCache(store, patience=30, clock=clock)
    eventually(lambda: cache.get("all").board is not None)
    for _ in range(3):
        store.hang()
        started = time.monotonic()
        for _ in range(20):
            clock.now += 0.2
            assert cache.get("all").board
        # A single wait would be longer.
        assert time.monotonic() - started < 20
        store.release()
        eventually(lambda: store.at_once == 0)


def test_after_a_lull_a_hanging_hbase_holds_up_once(clock: Clock) -> None:
    store = HangingStore()
    store.put()
    cache = BoardCache(store, patience=0.05, clock=clock)
    eventually(lambda: cache.get("all").board is not None)
    store.hang()
    clock.now += LULL
    started = time.monotonic()
    for _ in range(1000):
        assert cache.get("all").board
        clock.now += 0.05
    # A thousand times the patience would be 50 s: it is spent once per read, not per request.
    assert time.monotonic() - started < 10
    assert store.at_once == 1
    store.release()


def test_a_read_that_never_ends_makes_the_board_stale(clock: Clock) -> None:
    store = HangingStore()
    store.put()
    cache = BoardCache(store, patience=0.05, overdue=4, clock=clock)
    eventually(lambda: cache.get("all").board is not None)
    store.hang()
    clock.now += 1
    assert cache.get("all").failure is None
    clock.now += 5
    view = cache.get("all")
    assert view.board
    assert view.failure == NO_ANSWER
    store.release()


def test_the_last_good_board_outlives_hbase_and_is_replaced_after_it(
    store: MemoryStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    cache = BoardCache(store, patience=30, clock=clock)
    store.put(version=1)
    assert cache.get("all").failure is None

    store.go_down()
    for _ in range(5):
        clock.now += 1
        reads = store.reads
        while store.reads == reads:
            view = cache.get("all")
            assert view.board
            assert view.board.version == 1
    eventually(lambda: cache.get("all").failure == "HBase: not reachable at hbase-thrift:9090")
    assert [r.levelname for r in caplog.records] == ["WARNING"], "one line an outage"

    store.down = None
    store.put(version=2)
    clock.now += 1

    def recovered() -> bool:
        view = cache.get("all")
        return view.failure is None and view.board is not None and view.board.version == 2

    eventually(recovered)
    assert caplog.records[-1].message == "HBase can be read again"


def test_an_unforeseen_error_of_the_store_is_an_outage_too(
    store: MemoryStore, clock: Clock
) -> None:
    store.down = KeyError("boom")
    cache = BoardCache(store, patience=30, clock=clock)
    assert "run make logs SERVICE=web" in (cache.get("all").failure or "")
    store.down = None
    store.put()
    clock.now += 1
    eventually(lambda: cache.get("all").board is not None)


def test_before_the_first_board_it_says_what_is_missing(store: MemoryStore, clock: Clock) -> None:
    cache = BoardCache(store, patience=30, clock=clock)
    assert cache.get("all").failure == NO_BOARD


def test_an_unreadable_board_keeps_the_last_good_one_and_is_logged_once(
    store: MemoryStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    cache = BoardCache(store, patience=30, clock=clock)
    store.put("all")
    store.put("1h")
    assert cache.get("all").board
    store.cells["all"] = b'{"board": "al'
    for _ in range(3):
        clock.now += LULL
        view = cache.get("all")
        assert view.board
        assert view.failure == UNREADABLE
    assert cache.get("1h").failure is None
    assert [r.levelname for r in caplog.records] == ["ERROR"]

    store.put("all")
    clock.now += LULL
    assert cache.get("all").failure is None


def test_a_board_of_an_earlier_driver_is_missing_and_no_error(
    store: MemoryStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    cache = BoardCache(store, patience=30, clock=clock)
    store.cells["rising"] = earlier_rising()
    for _ in range(2):
        view = cache.get("rising")
        assert (view.board, view.failure) == (None, NO_BOARD)
        clock.now += LULL
    assert caplog.records == []

    store.put("rising")
    clock.now += LULL
    view = cache.get("rising")
    assert view.board
    assert view.failure is None


def test_a_board_that_vanishes_is_stale(store: MemoryStore, clock: Clock) -> None:
    cache = BoardCache(store, patience=30, clock=clock)
    store.put()
    cache.get("all")
    store.cells.clear()
    clock.now += LULL
    view = cache.get("all")
    assert view.board
    assert view.failure == NO_BOARD
