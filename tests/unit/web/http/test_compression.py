"""Texts are compressed for those who take them so, under an ETag that names all forms."""

import gzip
import json
from typing import Any

import brotli
import pytest
from flask.testing import FlaskClient

from support.memory_store import MemoryStore, entries

# As browsers ask by https, and as they ask without it.
SMALL = {"Accept-Encoding": "gzip, deflate, br"}
OLDER = {"Accept-Encoding": "gzip, deflate"}
EXPAND = {"br": brotli.decompress, "gzip": gzip.decompress}
PAGES = ["/", "/status", "/widget", "/embed/tag/tea"]
FILES = [
    "/widget.js",
    "/hashtag-history.js",
    "/badge.svg",
    "/openapi.json",
    "/feed.atom",
    "/feed.json",
    "/api/v1/trends?limit=100",
    "/api/v1/trends?limit=100&format=csv",
    "/api/v1/hashtags/tea?step=day&hours=87600",
    "/static/page.css",
    "/static/explorer.js",
]


@pytest.fixture
def client(client: FlaskClient, store: MemoryStore) -> FlaskClient:
    store.put(hashtags=entries(100))
    store.tags["tea"] = {b"n:count": b"1 0 0"}
    return client


@pytest.mark.parametrize("path", [*PAGES, *FILES])
@pytest.mark.parametrize(("accepted", "coding"), [(SMALL, "br"), (OLDER, "gzip")])
def test_a_text_is_smaller_for_those_who_take_it_so(
    client: FlaskClient, path: str, accepted: dict[str, str], coding: str
) -> None:
    plain, small = client.get(path), client.get(path, headers=accepted)
    assert small.headers["Content-Encoding"] == coding
    assert len(small.data) < 0.6 * len(plain.data)
    assert len(small.data) == int(small.headers["Content-Length"])
    assert "Content-Encoding" not in plain.headers
    for response in (plain, small):
        assert "accept-encoding" in response.vary.as_set()
    if path not in PAGES:  # which name the time
        assert EXPAND[coding](small.data) == plain.data


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_brotli_is_smaller_than_gzip(client: FlaskClient, path: str) -> None:
    small, older = client.get(path, headers=SMALL), client.get(path, headers=OLDER)
    assert len(small.data) < len(older.data)


@pytest.mark.parametrize("path", FILES)
def test_one_etag_serves_all_forms(client: FlaskClient, path: str) -> None:
    etag = client.get(path).headers["ETag"]
    assert etag.startswith('W/"')
    for accepted in ({}, OLDER, SMALL):
        assert client.get(path, headers=accepted).headers["ETag"] == etag
        for known in (etag, etag.removeprefix("W/")):
            again = client.get(path, headers={**accepted, "If-None-Match": known})
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == etag
            assert "accept-encoding" in again.vary.as_set()


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("br", "br"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("*", "br"),
        ("gzip, br;q=0.9", "gzip"),
        ("gzip;q=0.5, br;q=0.5", "br"),
        ("br;q=0, *", "gzip"),
        ("br;q=0, gzip;q=0.001", "gzip"),
        ("*;q=0.5, gzip", "gzip"),
        ("identity, gzip", "gzip"),
        ("zstd, gzip;q=0.2, identity;q=0.1", "gzip"),
    ],
)
def test_what_is_preferred_is_sent(client: FlaskClient, accepted: str, coding: str) -> None:
    response = client.get("/openapi.json", headers={"Accept-Encoding": accepted})
    assert response.headers["Content-Encoding"] == coding


@pytest.mark.parametrize(
    "accepted",
    [
        "",
        "identity",
        "zstd",
        "gzip;q=0",
        "br;q=0, gzip;q=0",
        "deflate, gzip;q=0.0",
        "*;q=0",
        "identity, br;q=0.9, gzip;q=0.5",
    ],
)
def test_who_does_not_take_it_gets_the_text(client: FlaskClient, accepted: str) -> None:
    response = client.get("/openapi.json", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in response.headers
    assert json.loads(response.data)


def test_what_is_short_or_no_text_stays_as_it_is(client: FlaskClient) -> None:
    for path in ("/healthz", "/robots.txt", "/favicon.ico", "/api/v1/nothing", "/static/icon.svg"):
        response = client.get(path, headers=SMALL)
        assert "Content-Encoding" not in response.headers
        response.close()
    assert "Vary" not in client.get("/favicon.ico", headers=SMALL).headers


def test_a_part_of_a_file_is_one_of_the_plain_bytes(client: FlaskClient) -> None:
    whole = client.get("/static/page.css").data
    part = client.get("/static/page.css", headers={**SMALL, "Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole[10:20])
    assert "Content-Encoding" not in part.headers
    assert not part.headers["ETag"].startswith("W/")
    assert "Accept-Ranges" not in client.get("/static/page.css", headers=SMALL).headers


@pytest.mark.parametrize("path", ["/openapi.json", "/static/page.css"])
def test_head_has_the_length_of_what_get_sends(client: FlaskClient, path: str) -> None:
    get, head = client.get(path, headers=SMALL), client.head(path, headers=SMALL)
    assert head.data == b""
    for name in ("Content-Length", "Content-Encoding", "ETag", "Vary"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(("library", "accepted"), [(gzip, OLDER), (brotli, SMALL)])
def test_what_is_asked_for_again_is_compressed_once(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    library: Any,
    accepted: dict[str, str],
) -> None:
    compressed = []
    original = library.compress

    def count(data: bytes, **how: int) -> bytes:
        compressed.append(data)
        return bytes(original(data, **how))

    monkeypatch.setattr(library, "compress", count)
    for _ in range(5):
        client.get("/api/v1/hashtags/tea?step=day&hours=80001", headers=accepted)
    assert len(compressed) == 1
