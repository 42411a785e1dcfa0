"""The app on top of a store in memory."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from support.memory_store import MemoryStore
from support.templates import CompiledTemplates
from web import create_app
from web.boards.cache import BoardCache
from web.hashtags.hidden_cache import HiddenCache
from web.hashtags.history_cache import HashtagCache
from web.hashtags.search import SearchCache
from web.settings import Settings


@pytest.fixture(scope="session", autouse=True)
def compile_templates_once() -> Iterator[None]:
    """Each test has an app of its own, which would spend most of its time on templates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": CompiledTemplates()})
        yield


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def make_client(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FlaskClient]:
    _read_at_every_request(monkeypatch)

    def make(**settings: Any) -> FlaskClient:
        return create_app(Settings(**settings), store, store).test_client()

    return make


@pytest.fixture
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    return make_client()


@pytest.fixture(scope="module")
def lasting_client() -> Iterator[FlaskClient]:
    """One app on an empty store for all tests of a module: for those that change neither."""
    store = MemoryStore()
    with pytest.MonkeyPatch.context() as patch:
        _read_at_every_request(patch)
        yield create_app(Settings(), store, store).test_client()


def _read_at_every_request(patch: pytest.MonkeyPatch) -> None:
    """Let no test wait for a second to pass; each waits for what it reads, on slow machines too."""
    patch.setattr("web.BoardCache", partial(BoardCache, interval=0, patience=30))
    patch.setattr("web.HashtagCache", partial(HashtagCache, kept=0, pause=0, patience=30))
    patch.setattr("web.HiddenCache", partial(HiddenCache, kept=0, pause=0, patience=30))
    patch.setattr("web.SearchCache", partial(SearchCache, kept=0, pause=0, patience=30))
