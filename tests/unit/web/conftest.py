"""The app on top of a store in memory."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient

from unit.web.memory_store import MemoryStore
from web import create_app
from web.boards.cache import BoardCache
from web.hashtags.hidden_cache import HiddenCache
from web.hashtags.history_cache import HashtagCache
from web.hashtags.search import SearchCache
from web.settings import Settings


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def make_client(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FlaskClient]:
    # Every request reads, so that a test need not wait for a second to pass; and waits for
    # what it reads, however slow the machine.
    monkeypatch.setattr("web.BoardCache", partial(BoardCache, interval=0, patience=30))
    monkeypatch.setattr("web.HashtagCache", partial(HashtagCache, kept=0, pause=0, patience=30))
    monkeypatch.setattr("web.HiddenCache", partial(HiddenCache, kept=0, pause=0, patience=30))
    monkeypatch.setattr("web.SearchCache", partial(SearchCache, kept=0, pause=0, patience=30))

    def make(**settings: Any) -> FlaskClient:
        return create_app(Settings(**settings), store, store).test_client()

    return make


@pytest.fixture
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    return make_client()
