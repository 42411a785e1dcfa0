"""A board as a feed: an entry for each tag, with an id by which a reader knows it again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from support.memory_store import REASON, MemoryStore, entries
from web.boards.board import ROWS, row_of
from web.hashtags.key import key_of
from web.pages.query import read_query

Make = Callable[..., FlaskClient]

ATOM = "{http://www.w3.org/2005/Atom}"
PUBLIC = "https://your.site/trends/"
AS_OF = "2026-11-22T10:00:00Z"


@pytest.fixture
def client(make_client: Make) -> FlaskClient:
    return make_client(public_url=PUBLIC, stale_after_seconds=10**9)


def items(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    response = client.get(f"/feed.json{query}")
    assert (response.status_code, response.mimetype) == (200, "application/feed+json")
    found: list[dict[str, Any]] = response.get_json()["items"]
    return found


def read_atom(client: FlaskClient, query: str = "") -> ElementTree.Element:
    response = client.get(f"/feed.atom{query}")
    assert (response.status_code, response.mimetype) == (200, "application/atom+xml")
    return ElementTree.fromstring(response.data)


def texts(element: ElementTree.Element, name: str) -> list[str | None]:
    return [each.text for each in element.iter(f"{ATOM}{name}")]


def test_a_rising_tag_is_an_entry_with_its_reason(client: FlaskClient, store: MemoryStore) -> None:
    store.put("rising", as_of=AS_OF)
    page = f"{PUBLIC}?board=rising&tag=caf%C3%A9"
    text = "Rank 1: 9 people in 5 h, usually 0.8."
    assert items(client, "?board=rising") == [
        {
            "id": f"{page}#2026-11-22",
            "url": page,
            "external_url": "https://x.com/hashtag/Caf%C3%A9",
            "title": "#Café is rising",
            "content_text": text,
            "date_modified": AS_OF,
            "tags": ["Café"],
        }
    ]
    feed = read_atom(client, "?board=rising")
    (entry,) = feed.findall(f"{ATOM}entry")
    assert texts(entry, "id") == [f"{page}#2026-11-22"]
    assert texts(entry, "title") == ["#Café is rising"]
    assert texts(entry, "content") == [text]
    assert [(e.get("rel"), e.get("href")) for e in entry.iter(f"{ATOM}link")] == [
        ("alternate", page),
        ("related", "https://x.com/hashtag/Caf%C3%A9"),
    ]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("all", "Rank 1: 412 posts in total."),
        ("1h", "Rank 1: 412 posts in the last hour."),
        ("24h.people", "Rank 1: 412 posts by 230 people in the last 24 hours."),
        ("7d.people", "Rank 1: 412 posts by 230 people in the last 7 days."),
        ("now", "Rank 1: 412 posts by 37 people in the last 12 hours."),
    ],
)
def test_other_boards_say_how_often_a_tag_was_used(
    client: FlaskClient, store: MemoryStore, row: str, text: str
) -> None:
    tag = {"rank": 1, "tag": "Café", "key": "café", "count": 412, "change": None}
    people = {"24h.people": 230, "7d.people": 230, "now": 37}.get(row)
    store.put(row, hashtags=[tag | ({"people": people} if people else {})])
    board, _, rank_by = row.partition(".")
    query = f"?board={board}" + (f"&rank_by={rank_by}" if rank_by else "")
    (item,) = items(client, query)
    assert (item["title"], item["content_text"]) == ("#Café is trending", text)
    assert item["url"] == f"{PUBLIC}{query}&tag=caf%C3%A9"


def test_one_post_of_one_person_is_not_plural(client: FlaskClient, store: MemoryStore) -> None:
    store.put("now", hashtags=[{**entries(1)[0], "count": 1, "people": 1}])
    (item,) = items(client, "?board=now")
    assert item["content_text"] == "Rank 1: 1 post by 1 person in the last 12 hours."


@pytest.mark.parametrize(
    ("board", "later", "is_new"),
    [
        ("24h", "2026-11-22T23:59:59Z", False),
        ("24h", "2026-11-23T00:00:00Z", True),
        ("rising", "2026-11-22T23:59:59Z", False),
        ("rising", "2026-11-23T00:00:00Z", True),
        ("7d", "2026-11-22T23:59:59Z", False),  # a Sunday
        ("7d", "2026-11-23T00:00:00Z", True),
        ("all", "2029-01-01T00:00:00Z", False),
    ],
)
def test_a_tag_that_stays_is_announced_once_a_period(
    client: FlaskClient, store: MemoryStore, board: str, later: str, is_new: bool
) -> None:
    query = f"?board={board}&limit=5"
    store.put(board, as_of="2026-11-22T10:00:00Z")
    (first,) = items(client, query)
    more = REASON if board == "rising" else {}
    store.put(board, as_of=later, version=8, hashtags=[
        {"rank": 3, "tag": "CAFÉ", "key": "café", "count": 500, "change": -2, **more}
    ])  # fmt: skip
    (second,) = items(client, query)
    assert (second["id"] != first["id"]) == is_new
    assert second["date_modified"] == later


def test_the_feed_names_its_board_itself_and_the_page(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.put("24h.people", demo=True, hashtags=entries(9, people=1), as_of=AS_OF)
    query = "?board=24h&rank_by=people&limit=3"
    answer = client.get(f"/feed.json{query}&x=<y>").get_json()
    title = "Trending, last 24 hours, by people (demo data) – Tweet Trends"
    assert answer["title"] == title
    assert answer["feed_url"] == f"{PUBLIC}feed.json{query}"
    assert answer["home_page_url"] == f"{PUBLIC}?board=24h&rank_by=people"
    assert len(answer["items"]) == 3
    feed = read_atom(client, query)
    assert feed.findtext(f"{ATOM}title") == title
    assert feed.findtext(f"{ATOM}id") == answer["home_page_url"]
    assert feed.findtext(f"{ATOM}updated") == AS_OF
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Tweet Trends"
    links = {each.get("rel"): each.get("href") for each in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": f"{PUBLIC}feed.atom{query}",
        "alternate": answer["home_page_url"],
    }
    ids = texts(feed, "id")
    assert len(set(ids)) == len(ids) == 4
    for time in texts(feed, "updated"):
        assert datetime.fromisoformat(time or "").tzinfo


def test_a_board_that_is_out_of_date_says_so(make_client: Make, store: MemoryStore) -> None:
    store.put(as_of="2020-01-01T00:00:00Z")
    client = make_client(stale_after_seconds=2)
    assert "(not up to date)" in client.get("/feed.json").get_json()["title"]


def test_without_a_public_address_it_is_the_readers_own(
    make_client: Make, store: MemoryStore
) -> None:
    store.put()
    (item,) = items(make_client())
    assert item["url"] == "http://localhost/?board=all&tag=caf%C3%A9"


@pytest.mark.parametrize(
    "tag", ["<b>x</b>", "a&b", "a\x01b", "\u202eevil", "]]>", "\ufffe", '"', "東京"]
)
def test_a_hostile_tag_is_text(client: FlaskClient, store: MemoryStore, tag: str) -> None:
    store.put(hashtags=[{**entries(1)[0], "tag": tag, "key": tag}])
    (entry,) = read_atom(client).findall(f"{ATOM}entry")
    shown = "".join(c for c in tag if c not in "\x01\u202e\ufffe")
    assert texts(entry, "title") == [f"#{shown} is trending"]
    (item,) = items(client)
    assert item["title"] == f"#{shown} is trending"


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("tag", ["Café", "a&b", "100%", "東京"])
def test_an_entry_leads_to_its_board_with_its_tag(
    client: FlaskClient, store: MemoryStore, row: str, tag: str
) -> None:
    board, _, rank_by = row.partition(".")
    people = {"people": 3} if rank_by or board == "now" else {}
    more: dict[str, Any] = REASON if board == "rising" else people
    store.put(row, hashtags=[{**entries(1)[0], "tag": tag, "key": key_of(tag), **more}])
    query = f"?board={board}" + (f"&rank_by={rank_by}" if rank_by else "")
    (item,) = items(client, query)
    asked = read_query(MultiDict(parse_qsl(urlsplit(item["url"]).query, strict_parsing=True)))
    assert (asked.shown.board, asked.tags, asked.mistakes) == (board, (key_of(tag),), ())
    assert row_of(asked.shown.board, asked.shown.rank_by) == row


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.json"])
def test_an_unchanged_feed_is_304_and_errors_are_problems(
    client: FlaskClient, store: MemoryStore, path: str
) -> None:
    assert client.get(path).status_code == 503
    store.put()
    first = client.get(path)
    etag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(path, headers=etag).status_code == 304
    store.put(version=8, hashtags=entries(2))
    assert client.get(path, headers=etag).status_code == 200
    for query, parameter in (
        ("?board=x", "board"),
        ("?limit=0", "limit"),
        ("?rank_by=people", "rank_by"),
    ):
        response = client.get(f"{path}{query}")
        assert response.status_code == 400
        assert response.get_json()["parameter"] == parameter
