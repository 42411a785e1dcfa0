import json
from typing import Any

import pytest

from support.memory_store import Clock, MemoryStore, entries
from web.boards import trends
from web.boards.cache import BoardCache
from web.boards.trends import Trends
from web.settings import Settings

LULL = 2


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(store: MemoryStore, clock: Clock) -> Trends:
    store.put(version=1, hashtags=entries(20))
    return Trends(BoardCache(store, patience=30, clock=clock), Settings())


def test_the_body_is_the_payload_and_the_etag_names_it(source: Trends) -> None:
    answer = source.answer("all", 7)
    assert json.loads(answer.body) == answer.payload
    assert len(answer.payload["hashtags"]) == 7
    assert answer.etag == "all-1-7-10-fresh"


def test_json_is_made_once_for_what_is_asked_for_again(
    source: Trends, store: MemoryStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def to_json(payload: dict[str, Any]) -> bytes:
        made.append(payload)
        return b"{}"

    monkeypatch.setattr(trends, "to_json", to_json)
    for limit in (3, 3, 4, 3, 4):
        assert source.answer("all", limit).body == b"{}"
    assert [len(payload["hashtags"]) for payload in made] == [3, 4]

    store.put(version=2, hashtags=entries(20))
    clock.now += LULL
    for _ in range(3):
        assert source.answer("all", 3).etag == "all-2-3-10-fresh"
        assert source.answer("all", 3).body == b"{}"
    assert len(made) == 3


def test_the_same_board_becomes_stale_with_time(
    source: Trends, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for is_old in (False, True, True, False):
        monkeypatch.setattr(trends, "is_old", lambda *_, is_old=is_old: is_old)
        answers.append(source.answer("all", 3))
    assert [json.loads(each.body)["stale"] for each in answers] == [False, True, True, False]
    assert [each.etag for each in answers[:2]] == ["all-1-3-10-fresh", "all-1-3-10-stale"]


def test_boards_and_rankings_are_kept_apart(
    source: Trends, store: MemoryStore, clock: Clock
) -> None:
    store.put("1h", hashtags=entries(2, people=1))
    store.put("1h.people", hashtags=entries(3, people=2))
    clock.now += LULL
    names = [source.answer(*which).etag for which in (("1h", 5, "people"), ("1h", 5), ("all", 5))]
    assert names == ["1h.people-7-5-10-fresh", "1h-7-5-10-fresh", "all-1-5-10-fresh"]
