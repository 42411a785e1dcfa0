"""Tags by how they begin."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient

from support.memory_store import Clock, MemoryStore, entries
from web.hashtags.hidden import HiddenTags
from web.hashtags.key import MAX_KEY_CHARACTERS
from web.hashtags.search import MAX_LEADING, MAX_SCANNED, Search, SearchCache

URL = "/api/v1/hashtags"
PROBLEM = "application/problem+json"
Make = Callable[..., FlaskClient]


def ask(client: FlaskClient, prefix: str, **more: Any) -> Any:
    response = client.get(URL, query_string={"prefix": prefix, **more})
    assert response.status_code == 200, response.text
    return response.get_json()


def keys(answer: Any) -> list[str]:
    return [each["key"] for each in answer["hashtags"]]


def put(store: MemoryStore, **counts: int) -> None:
    for key, count in counts.items():
        store.tags[key] = {b"n:count": b"%d 0 0 0 0:1 %b" % (count, key.title().encode())}


def test_the_exact_tag_comes_first_then_those_with_the_most_posts(
    client: FlaskClient, store: MemoryStore
) -> None:
    put(store, tea=1, teapot=5, team=70, teacher=5, coffee=99, te=2)
    answer = ask(client, "tea")
    assert keys(answer) == ["tea", "team", "teacher", "teapot"]
    assert (answer["prefix"], answer["complete"]) == ("tea", True)
    assert answer["hashtags"][1] == {
        "tag": "Team",
        "key": "team",
        "count": 70,
        "last_seen": "1970-01-01T00:00:00Z",
    }
    assert keys(ask(client, "tea", limit=2)) == ["tea", "team"]
    assert keys(ask(client, "teb")) == []


@pytest.mark.parametrize("prefix", ["Caf", "#CAF", "＃ＣＡＦ", " caf ", "c\u200baf"])
def test_a_prefix_may_be_written_in_any_way(
    client: FlaskClient, store: MemoryStore, prefix: str
) -> None:
    put(store, café=3, cafeteria=2)
    answer = ask(client, prefix)
    assert answer["prefix"] == "caf"
    assert keys(answer) == ["café", "cafeteria"]


@pytest.mark.parametrize("prefix", ["東", "مر", "a b", "%", "a/", "\U0001f375"])
def test_a_prefix_may_hold_any_character(
    client: FlaskClient, store: MemoryStore, prefix: str
) -> None:
    store.tags[f"{prefix}x"] = {b"n:count": b"1 0 0"}
    store.tags["other"] = {b"n:count": b"9 0 0"}
    assert keys(ask(client, prefix)) == [f"{prefix}x"]


def test_of_several_spellings_the_one_used_most_is_shown(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.tags["tea"] = {b"n:count": b"9 0 0", b"s:TEA": b"3", b"s:Tea": b"6"}
    store.tags["teapot"] = {b"n:count": b"1", b"n:first": b"0", b"n:last": b"0"}
    assert [each["tag"] for each in ask(client, "te")["hashtags"]] == ["Tea", "teapot"]


def test_no_more_than_so_many_are_compared_but_for_those_on_a_board(
    client: FlaskClient, store: MemoryStore
) -> None:
    put(store, **{f"a{number:03}": 1 for number in range(MAX_SCANNED)}, azure=50, azalea=90)
    assert not ask(client, "a")["complete"]
    assert "azalea" not in keys(ask(client, "a"))
    store.put("24h", hashtags=[{**entries(1)[0], "key": "azure"}])
    answer = ask(client, "a")
    assert keys(answer)[:2] == ["azure", "a000"]
    assert answer["hashtags"][0]["count"] == 50
    assert keys(ask(client, "az")) == ["azalea", "azure"]
    assert ask(client, "az")["complete"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


class EndlessStore(MemoryStore):
    """Has any number of tags with any prefix, and remembers which were asked for by key."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def scan_hashtags(
        self, prefix: str, columns: Sequence[bytes], limit: int
    ) -> dict[str, dict[bytes, bytes]]:
        cells = {b"n:count": b"1 0 0 0 0:1 x"}
        return {f"{prefix}{number:03}": cells for number in range(limit)}

    def read_hashtags(
        self, keys: Sequence[str], columns: Sequence[bytes]
    ) -> dict[str, dict[bytes, bytes]]:
        self.asked += keys
        return {}


def test_of_the_boards_no_more_than_so_many_are_compared(clock: Clock) -> None:
    store = EndlessStore()
    leading = tuple(f"az{number}" for number in range(2 * MAX_LEADING))
    search = Search(SearchCache(store, clock=clock), lambda: (*leading, "b"), HiddenTags)
    assert len(search.find("a", 10)["hashtags"]) == 10
    assert store.asked == [*leading[:MAX_LEADING]]


def test_hidden_tags_are_not_found_and_take_no_place(make_client: Make, store: MemoryStore) -> None:
    put(store, spam=99, spamalot=98, spa=5, span=4)
    client = make_client(hide_hashtags=frozenset({"spam", "spamalot"}))
    assert keys(ask(client, "spa", limit=2)) == ["spa", "span"]
    assert keys(ask(client, "#Spam")) == []


def test_what_is_hidden_at_runtime_is_not_found_until_it_is_shown_again(
    client: FlaskClient, store: MemoryStore
) -> None:
    put(store, spam=99, spamalot=98, spa=5, span=4)
    assert keys(ask(client, "sp", limit=2)) == ["spam", "spamalot"]
    store.hide("span", patterns=["spam*"])
    assert keys(ask(client, "sp", limit=2)) == ["spa"]
    store.hide()
    assert keys(ask(client, "sp", limit=2)) == ["spam", "spamalot"]


@pytest.mark.parametrize(
    ("query", "parameter", "allowed"),
    [
        ({}, "prefix", "the beginning of a hashtag"),
        ({"prefix": ""}, "prefix", "the beginning of a hashtag"),
        ({"prefix": "#"}, "prefix", "the beginning of a hashtag"),
        ({"prefix": "\u200b"}, "prefix", "the beginning of a hashtag"),
        ({"prefix": "a", "limit": "0"}, "limit", "from 1 to 100"),
        ({"prefix": "a", "limit": "101"}, "limit", "from 1 to 100"),
    ],
)
def test_a_bad_parameter_is_named_and_hbase_not_asked(
    client: FlaskClient, store: MemoryStore, query: dict[str, str], parameter: str, allowed: str
) -> None:
    response = client.get(URL, query_string=query)
    assert (response.status_code, response.mimetype) == (400, PROBLEM)
    assert response.get_json()["parameter"] == parameter
    assert allowed in response.get_json()["detail"]
    assert store.scans == 0


def test_hbase_is_not_asked_for_what_is_too_long(client: FlaskClient, store: MemoryStore) -> None:
    assert keys(ask(client, "x" * (MAX_KEY_CHARACTERS + 1))) == []
    assert store.scans == 0


def test_without_hbase_503_says_when_to_come_again(client: FlaskClient, store: MemoryStore) -> None:
    store.go_down()
    response = client.get(f"{URL}?prefix=tea")
    assert (response.status_code, response.mimetype) == (503, PROBLEM)
    assert response.headers["Retry-After"] == "5"
    assert response.get_json()["detail"] == (
        "Hashtags cannot be looked up now. HBase: not reachable at hbase-thrift:9090."
    )


def test_an_unreadable_row_is_left_out_and_logged(
    client: FlaskClient, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    put(store, tea=1)
    store.tags["teapot"] = {b"n:count": b"many"}
    store.tags["team"] = {b"m:00000001": b"1"}
    assert keys(ask(client, "tea")) == ["tea"]
    assert [r.levelno for r in caplog.records] == [logging.ERROR] * 2


def test_an_unchanged_answer_is_304(client: FlaskClient, store: MemoryStore) -> None:
    put(store, tea=1)
    first = client.get(f"{URL}?prefix=tea")
    etag = {"If-None-Match": first.headers["ETag"]}
    assert first.headers["Cache-Control"] == "no-cache"
    assert client.get(f"{URL}?prefix=TEA", headers=etag).status_code == 304
    put(store, tea=2)
    assert client.get(f"{URL}?prefix=tea", headers=etag).status_code == 200


def test_what_many_ask_for_is_read_once(store: MemoryStore, clock: Clock) -> None:
    put(store, tea=1)
    search = Search(SearchCache(store, clock=clock), lambda: (), HiddenTags)
    for text in ("tea", "Tea", "#TEA"):
        assert keys(search.find(text, 10)) == ["tea"]
    assert store.scans == 1
    search.find("tea", 9)
    clock.now += 5
    search.find("tea", 10)
    assert store.scans == 3
