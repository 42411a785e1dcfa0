import logging
import threading
from collections.abc import Sequence

import pytest

from support.memory_store import Clock, MemoryStore, eventually
from web.boards.cache import NO_ANSWER
from web.hashtags.history_cache import UNREADABLE, HashtagCache

AWAY = "HBase: not reachable at hbase-thrift:9090"


class HangingStore(MemoryStore):
    """Hangs in `read_hashtag` until `free` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()
        self.at_once = self.most_at_once = 0

    def read_hashtag(self, key: str, columns: Sequence[bytes]) -> dict[bytes, bytes]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            assert self.free.wait(30)
            return super().read_hashtag(key, columns)
        finally:
            self.at_once -= 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(store: MemoryStore, clock: Clock) -> HashtagCache:
    store.tags["tea"] = {b"n:count": b"7 0 0"}
    return HashtagCache(store, patience=30, clock=clock)


def count(cache: HashtagCache, key: str = "tea") -> int:
    found = cache.get(key, 15)
    assert found.value
    return found.value.count


def test_a_tag_is_read_once_in_five_seconds_whatever_the_load(
    cache: HashtagCache, store: MemoryStore, clock: Clock
) -> None:
    for _ in range(50):
        assert count(cache) == 7
        clock.now += 0.09
    assert store.tag_reads == 1
    store.tags["tea"] = {b"n:count": b"8 0 0"}
    clock.now += 0.6
    assert count(cache) == 8
    assert store.tag_reads == 2


def test_a_tag_that_there_is_not_is_remembered_too(cache: HashtagCache, store: MemoryStore) -> None:
    for _ in range(50):
        found = cache.get("coffee", 15)
        assert (found.value, found.failure) == (None, None)
    assert store.tag_reads == 1


def test_other_days_are_another_reading(cache: HashtagCache, store: MemoryStore) -> None:
    for days in (15, 91, None, 15, 91, None):
        assert cache.get("tea", days).value
    assert store.tag_reads == 3


def test_no_more_than_so_many_are_kept(store: MemoryStore, clock: Clock) -> None:
    cache = HashtagCache(store, size=3, clock=clock)
    for key in "abcd":
        cache.get(key, 15)
    for key in "dcb":
        cache.get(key, 15)
    assert store.tag_reads == 4
    cache.get("a", 15)
    assert store.tag_reads == 5


def test_many_at_once_share_one_reading(clock: Clock) -> None:
    store = HangingStore()
    cache = HashtagCache(store, patience=30, clock=clock)
    found = []
    askers = [threading.Thread(target=lambda: found.append(cache.get("x", 15))) for _ in range(20)]
    for asker in askers:
        asker.start()
    eventually(lambda: store.at_once == 1)
    store.free.set()
    for asker in askers:
        asker.join(30)
    assert len(found) == 20
    assert store.most_at_once == store.tag_reads == 1


def test_who_is_not_read_in_time_is_told_and_what_is_known_is_served() -> None:
    store = HangingStore()
    cache = HashtagCache(store, patience=0.05)
    store.free.set()
    cache.get("known", 15)
    store.free.clear()
    reader = threading.Thread(target=lambda: cache.get("slow", 15))
    reader.start()
    eventually(lambda: store.at_once == 1)
    assert cache.get("other", 15).failure == NO_ANSWER
    assert cache.get("known", 15).failure is None
    store.free.set()
    reader.join(30)
    assert cache.get("other", 15).failure is None


def test_without_hbase_it_is_tried_once_a_second_and_logged_once(
    cache: HashtagCache, store: MemoryStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store.go_down()
    for _ in range(3):
        for key in "abc":
            assert cache.get(key, 15).failure == AWAY
        clock.now += 1
    assert store.tag_reads == 3
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    store.down = None
    assert count(cache) == 7
    assert caplog.records[-1].message == "HBase can be read again"


def test_while_hbase_is_in_trouble_nobody_waits_for_another() -> None:
    store = HangingStore()
    store.free.set()
    cache = HashtagCache(store, patience=30, pause=0)
    store.go_down()
    cache.get("a", 15)
    store.free.clear()
    reader = threading.Thread(target=lambda: cache.get("b", 15))
    reader.start()
    eventually(lambda: store.at_once == 1)
    # With the patience of 30 s this would outlast the test's own.
    other = threading.Thread(target=lambda: cache.get("c", 15))
    other.start()
    other.join(10)
    assert not other.is_alive()
    store.free.set()
    reader.join(30)


def test_an_unreadable_row_is_one_tag_s_trouble(
    cache: HashtagCache, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.tags["bad"] = {b"n:count": b"many"}
    for _ in range(3):
        assert cache.get("bad", 15).failure == UNREADABLE
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    assert count(cache) == 7
