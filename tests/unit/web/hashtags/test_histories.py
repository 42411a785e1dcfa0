from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from support.memory_store import MemoryStore, ago
from web.hashtags.key import MAX_KEY_CHARACTERS

URL = "/api/v1/hashtags"
Make = Callable[..., FlaskClient]
PROBLEM = "application/problem+json"


NOW = datetime(2026, 11, 22, 10, 30, 20, tzinfo=UTC)


class StoppedTime(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW.astimezone(tz)


@pytest.fixture
def tea(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> dict[bytes, bytes]:
    """The cells of a tag that was used in this minute, for a while in which no other begins."""
    monkeypatch.setattr("web.hashtags.histories.datetime", StoppedTime)
    monkeypatch.setattr("web.hashtags.history_cache.datetime", StoppedTime)
    now = int(NOW.timestamp())
    cells = {
        b"n:count": b"9 1767225600000 %d" % (now * 1000),
        b"s:Tea": b"6",
        b"s:TEA": b"3",
        b"m:%08d" % (now // 60): b"9 00000000000000aa 00000000000000bb",
    }
    store.tags["tea"] = cells
    return cells


def ask(client: FlaskClient, path: str) -> Any:
    response = client.get(f"{URL}/{path}")
    assert response.status_code == 200, response.text
    return response.get_json()


@pytest.mark.parametrize(
    "tag",
    [
        "tea",
        "Tea",
        "%23TEA",
        "%EF%BC%83tea",
        "%EF%BC%B4ea",
        "%23%23tea",
        "te%E2%80%8Da",
        "tea%C2%AD",
    ],
)
def test_a_tag_is_found_in_any_spelling(
    client: FlaskClient, tea: dict[bytes, bytes], tag: str
) -> None:
    answer = ask(client, tag)
    assert (answer["tag"], answer["key"], answer["count"]) == ("Tea", "tea", 9)
    assert answer["people"] == 2


@pytest.mark.parametrize(
    "tag", ["東京", "a/b", "a//b", "https://x", "ß" * 280, "مرحبا", "a b", "%"]
)
def test_a_tag_may_hold_any_character(client: FlaskClient, store: MemoryStore, tag: str) -> None:
    key = tag.casefold()
    store.tags[key] = {b"n:count": b"1 0 0"}
    escaped = "".join(f"%{byte:02X}" for byte in tag.encode())
    assert ask(client, escaped)["key"] == key


@pytest.mark.parametrize(
    ("query", "step", "length"),
    [
        ("", "hour", 24),
        ("?hours=3", "minute", 180),
        ("?hours=336", "hour", 336),
        ("?hours=337", "day", 15),
        ("?step=day", "day", 1),
        ("?step=minute&hours=168&unknown=x", "minute", 10080),
        ("?step=hour&hours=2160", "hour", 2160),
        ("?step=day&hours=87600", "day", 3650),
        ("?step=day&hours=1", "day", 1),
    ],
)
def test_step_and_hours_are_obeyed(
    client: FlaskClient, tea: dict[bytes, bytes], query: str, step: str, length: int
) -> None:
    answer = ask(client, f"tea{query}")
    assert answer["step"] == step
    assert len(answer["counts"]) == length
    assert answer["counts"][-1] == sum(answer["counts"]) == 9


@pytest.mark.parametrize(
    ("query", "parameter", "allowed"),
    [
        ("format=xml", "format", "one of json, csv"),
        ("step=week", "step", "minute, hour, day"),
        ("step=", "step", "minute, hour, day"),
        *[
            (f"hours={bad}", "hours", "from 1 to 87600")
            for bad in ("0", "-1", "ten", "1.5", "", "%201", "９", "87601", "9" * 5000)
        ],
        ("step=minute&hours=169", "hours", "at most 168 with step=minute: for more take step=hour"),
        ("step=minute&hours=2161", "hours", "at most 168 with step=minute: for more take step=day"),
        ("step=hour&hours=2161", "hours", "at most 2160 with step=hour: for more take step=day"),
    ],
)
def test_a_bad_parameter_is_named_with_what_is_allowed(
    client: FlaskClient, tea: dict[bytes, bytes], query: str, parameter: str, allowed: str
) -> None:
    response = client.get(f"{URL}/tea?{query}")
    assert (response.status_code, response.mimetype) == (400, PROBLEM)
    assert response.get_json()["parameter"] == parameter
    assert parameter in response.get_json()["detail"]
    assert allowed in response.get_json()["detail"]


def test_a_sign_alone_is_no_tag(client: FlaskClient, store: MemoryStore) -> None:
    response = client.get(f"{URL}/%23")
    assert (response.status_code, response.mimetype) == (400, PROBLEM)
    assert response.get_json()["parameter"] == "tag"
    assert client.get(f"{URL}/").status_code == 404
    assert store.tag_reads == 0


def test_a_tag_that_was_never_used_is_404(client: FlaskClient) -> None:
    response = client.get(f"{URL}/%23Coffee")
    assert (response.status_code, response.mimetype) == (404, PROBLEM)
    assert response.get_json()["detail"] == "#coffee has not been seen."


def test_hbase_is_not_asked_for_what_is_too_long_to_be_counted(
    client: FlaskClient, store: MemoryStore
) -> None:
    assert client.get(f"{URL}/{'x' * (MAX_KEY_CHARACTERS + 1)}").status_code == 404
    assert store.tag_reads == 0


@pytest.mark.parametrize("tag", ["tea", "TEA", "%23tea", "t%E2%80%8Bea", "%EF%BB%BF%23Tea%C2%AD"])
def test_a_hidden_tag_is_as_if_never_used(
    make_client: Make, store: MemoryStore, tea: dict[bytes, bytes], tag: str
) -> None:
    client = make_client(hide_hashtags=frozenset({"tea"}))
    response = client.get(f"{URL}/{tag}")
    assert response.status_code == 404
    assert response.get_json()["detail"] == "#tea has not been seen."
    assert store.tag_reads == 0


@pytest.mark.parametrize("hidden", [{"keys": ["tea"]}, {"patterns": ["*ea"]}])
@pytest.mark.parametrize("path", ["%23Tea", "tea?format=csv", "tea?step=day"])
def test_what_is_hidden_at_runtime_is_as_if_never_used_until_it_is_shown_again(
    client: FlaskClient,
    store: MemoryStore,
    tea: dict[bytes, bytes],
    hidden: dict[str, list[str]],
    path: str,
) -> None:
    shown = client.get(f"{URL}/{path}")
    assert shown.status_code == 200
    store.hide(*hidden.get("keys", []), patterns=hidden.get("patterns", []))
    etag = {"If-None-Match": shown.headers["ETag"]}
    for headers in ({}, etag):
        response = client.get(f"{URL}/{path}", headers=headers)
        assert (response.status_code, response.mimetype) == (404, PROBLEM)
        assert response.get_json()["detail"] == "#tea has not been seen."
    store.hide("coffee")
    assert client.get(f"{URL}/{path}").status_code == 200


def test_without_hbase_503_says_when_to_come_again(
    client: FlaskClient, store: MemoryStore, tea: dict[bytes, bytes]
) -> None:
    store.go_down()
    response = client.get(f"{URL}/tea")
    assert (response.status_code, response.mimetype) == (503, PROBLEM)
    assert response.headers["Retry-After"] == "5"
    assert response.get_json()["waiting_for"] == "HBase: not reachable at hbase-thrift:9090"
    assert response.get_json()["waiting_for"] in response.get_json()["detail"]
    store.down = None
    assert ask(client, "tea")["count"] == 9


def test_an_unchanged_history_is_304_without_a_body(
    client: FlaskClient, tea: dict[bytes, bytes]
) -> None:
    url = f"{URL}/tea"
    first = client.get(url)
    etag = {"If-None-Match": first.headers["ETag"]}
    again = client.get(url, headers=etag)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-cache"
    assert client.get(f"{URL}/tea?step=day", headers=etag).status_code == 200
    tea[b"s:tea"] = b"1"
    assert client.get(url, headers=etag).status_code == 200


def test_head_is_get_without_a_body(client: FlaskClient, tea: dict[bytes, bytes]) -> None:
    get, head = client.get(f"{URL}/tea"), client.head(f"{URL}/tea")
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(get.headers)


def test_other_methods_are_405(client: FlaskClient) -> None:
    response = client.post(f"{URL}/tea")
    assert (response.status_code, response.mimetype) == (405, PROBLEM)


def test_a_history_says_how_old_it_may_be(
    client: FlaskClient, store: MemoryStore, tea: dict[bytes, bytes]
) -> None:
    """As the board of all time does, which is made of the same posts."""
    names = ("as_of", "stale", "demo", "poll_after_seconds")

    def told() -> tuple[Any, ...]:
        answer = ask(client, "tea")
        return tuple(answer[name] for name in names)

    assert told() == (None, True, False, 10)
    store.put(as_of=(now := ago(0)))
    assert told() == (now, False, False, 10)
    store.put(as_of="2026-11-22T10:00:00Z", demo=True)
    assert told() == ("2026-11-22T10:00:00Z", True, True, 10)


def test_no_author_leaves_the_service(client: FlaskClient, tea: dict[bytes, bytes]) -> None:
    assert "00000000000000" not in client.get(f"{URL}/tea?step=minute&hours=1").text


def test_a_history_is_a_table_too(client: FlaskClient, tea: dict[bytes, bytes]) -> None:
    response = client.get(f"{URL}/%23Tea?hours=2&step=hour&format=csv")
    assert (response.status_code, response.mimetype) == (200, "text/csv")
    assert response.headers["Content-Disposition"] == "attachment; filename=hashtag-tea-by-hour.csv"
    assert response.text == ("from,count\r\n2026-11-22T09:00:00Z,0\r\n2026-11-22T10:00:00Z,9\r\n")
    etag = {"If-None-Match": response.headers["ETag"]}
    again = client.get(f"{URL}/tea?hours=2&step=hour&format=csv", headers=etag)
    assert again.status_code == 304


@pytest.mark.parametrize("tag", ["東京", 'a"b', "a/b", "مرحبا", "ß" * 280])
def test_the_table_of_any_tag_has_a_name(client: FlaskClient, store: MemoryStore, tag: str) -> None:
    store.tags[tag.casefold()] = {b"n:count": b"1 0 0"}
    response = client.get(f"{URL}/{quote(tag, safe='')}?format=csv")
    assert response.status_code == 200
    name = response.headers["Content-Disposition"]
    assert name.isascii()
    assert len(name) < 1000
