"""What is hidden at runtime takes effect within seconds, and outlives HBase."""

import logging

import pytest

from support.memory_store import Clock, MemoryStore
from web.hashtags.hidden_cache import HiddenCache
from web.http.problems import NoAnswerNow


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(store: MemoryStore, clock: Clock) -> HiddenCache:
    return HiddenCache(store, {"always"}, patience=30, clock=clock)


def test_a_change_takes_effect_after_five_seconds_at_most(
    cache: HiddenCache, store: MemoryStore, clock: Clock
) -> None:
    assert "always" in cache.get()
    assert "spam" not in cache.get()
    store.hide("spam", patterns=["win*"])
    clock.now += 5
    for key in ("always", "spam", "winner"):
        assert key in cache.get()
    store.hidden = None
    clock.now += 5
    assert "spam" not in cache.get()
    assert "always" in cache.get()


def test_hbase_is_read_once_in_five_seconds_whatever_the_load(
    cache: HiddenCache, store: MemoryStore, clock: Clock
) -> None:
    for _ in range(50):
        cache.get()
        clock.now += 0.09
    assert store.hidden_reads == 1


def test_while_hbase_is_away_the_last_known_tags_stay_hidden(
    cache: HiddenCache, store: MemoryStore, clock: Clock
) -> None:
    store.hide("spam")
    assert "spam" in cache.get()
    store.go_down()
    for _ in range(100):
        clock.now += 60
        assert "spam" in cache.get()
    store.down = None
    store.hide("other")
    clock.now += 5
    assert "spam" not in cache.get()
    assert "other" in cache.get()


def test_before_hbase_was_read_nothing_is_taken_for_shown(
    cache: HiddenCache, store: MemoryStore, clock: Clock
) -> None:
    store.go_down()
    with pytest.raises(NoAnswerNow, match="HBase: not reachable"):
        cache.get()
    store.down = None
    clock.now += 1
    assert "spam" not in cache.get()


@pytest.mark.parametrize("cell", [b"{", b"[]", b'{"keys": 1, "patterns": []}', b"[" * 100_000])
def test_of_an_unreadable_list_the_one_before_stays_and_it_is_logged_once(
    cache: HiddenCache,
    store: MemoryStore,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    cell: bytes,
) -> None:
    store.hide("spam")
    cache.get()
    store.hidden = cell
    for _ in range(3):
        clock.now += 5
        assert "spam" in cache.get()
    assert [r.levelno for r in caplog.records] == [logging.ERROR]


def test_an_unreadable_list_from_the_start_hides_what_the_setting_does(
    cache: HiddenCache, store: MemoryStore
) -> None:
    store.hidden = b"?"
    assert "always" in cache.get()
    assert "spam" not in cache.get()
