"""What is asked for again is answered as before, without Flask, until the board changes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import request
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from support.memory_store import MemoryStore, entries
from web.boards import repeats

URL = "/api/v1/trends"
Make = Callable[..., FlaskClient]


@pytest.fixture
def asked(client: FlaskClient, store: MemoryStore) -> Iterator[list[str]]:
    """The paths that Flask was asked for."""
    store.put(hashtags=entries(100))
    paths: list[str] = []

    @client.application.before_request
    def note() -> None:
        paths.append(request.full_path)

    yield paths


def parts(response: Any) -> Any:
    headers = sorted((name, value) for name, value in response.headers if name != "Date")
    return response.status_code, headers, response.data


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("?limit=100", {"Accept-Encoding": "gzip"}),
        ("?limit=100", {"Accept-Encoding": "br"}),
        ("?limit=3&rank_by=tweets", {"If-None-Match": "*"}),
    ],
)
def test_the_second_answer_is_the_first(
    client: FlaskClient, asked: list[str], query: str, headers: dict[str, str]
) -> None:
    first = parts(client.get(f"{URL}{query}", headers=headers))
    for _ in range(3):
        assert parts(client.get(f"{URL}{query}", headers=headers)) == first
    assert len(asked) == 1


def test_what_makes_a_difference_is_told_apart(client: FlaskClient, asked: list[str]) -> None:
    etag = client.get(f"{URL}?limit=100").headers["ETag"]
    answers = [
        client.get(f"{URL}{query}", headers=headers)
        for _ in range(2)
        for query, headers in (
            ("?limit=100", {}),
            ("?limit=100", {"Accept-Encoding": "gzip"}),
            ("?limit=100", {"If-None-Match": etag}),
            ("?limit=100", {"If-None-Match": "x"}),
            ("?limit=2", {}),
            ("?limit=2&format=csv", {}),
        )
    ]
    assert [each.status_code for each in answers[:6]] == [200, 200, 304, 200, 200, 200]
    assert [parts(each) for each in answers[:6]] == [parts(each) for each in answers[6:]]
    assert len({each.data for each in answers}) == 5
    assert client.head(f"{URL}?limit=2").data == b""
    assert client.options(f"{URL}?limit=2").status_code == 204


def test_a_new_board_is_served_at_once(client: FlaskClient, store: MemoryStore) -> None:
    for version in range(3):
        store.put(version=version, hashtags=entries(1 + version))
        for _ in range(2):
            assert len(client.get(URL).get_json()["hashtags"]) == 1 + version


def test_a_board_that_goes_out_of_date_says_so(client: FlaskClient, store: MemoryStore) -> None:
    store.put()
    assert [client.get(URL).get_json()["stale"] for _ in range(2)] == [False, False]
    store.go_down()
    assert [client.get(URL).get_json()["stale"] for _ in range(2)] == [True, True]


def test_errors_are_not_repeated(client: FlaskClient, store: MemoryStore) -> None:
    assert client.get(URL).status_code == 503
    store.put()
    assert client.get(URL).status_code == 200
    for _ in range(2):
        assert client.get(f"{URL}?limit=0").status_code == 400


def test_no_more_than_so_many_answers_are_kept(
    client: FlaskClient, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "_MOST", 4)
    for limit in range(1, 20):
        client.get(f"{URL}?limit={limit}")
    kept = client.application.wsgi_app._responses
    assert len(kept) <= 4
    assert len(asked) == 19


def test_repeated_answers_are_counted(client: FlaskClient, asked: list[str]) -> None:
    def count() -> float:
        labels = {"route": URL, "status": "200"}
        return REGISTRY.get_sample_value("web_requests_total", labels) or 0

    before = count()
    for _ in range(5):
        client.get(URL)
    assert count() == before + 5
    assert len(asked) == 1
