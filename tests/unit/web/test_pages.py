import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import web
from unit.web.memory_store import MemoryStore, board, entries

Make = Callable[..., FlaskClient]
DEFAULTS = 'data-query="board=all" data-limit="10" data-refresh="10"'
STATIC = Path(web.__file__).parent / "static"


@pytest.mark.parametrize("path", ["/", "/widget"])
def test_the_board_is_in_the_page_before_any_script_runs(
    client: FlaskClient, store: MemoryStore, path: str
) -> None:
    store.put(hashtags=entries(12))
    text = client.get(path).text
    assert re.findall(r"<bdi>#(\w+)</bdi>", text) == [f"tag{n}" for n in range(1, 11)]
    assert ">18,234</data> tweets read" in text
    assert 'width="100.0%"' in text


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("", DEFAULTS),
        (
            "?board=24h&limit=5&refresh=30",
            'data-query="board=24h" data-limit="5" data-refresh="30"',
        ),
        ("?board=x&limit=0&refresh=1", DEFAULTS),
        ("?limit=101&refresh=9999", DEFAULTS),
        ("?limit=1e1&refresh=%22%3E", DEFAULTS),
        ("?board=7d&rank_by=people", 'data-query="board=7d&amp;rank_by=people" data-limit="10"'),
        ("?board=7d&rank_by=likes", 'data-query="board=7d" data-limit="10"'),
        ("?board=rising&rank_by=people", 'data-query="board=rising" data-limit="10"'),
        ("?rank_by=people", DEFAULTS),
    ],
)
def test_parameters_are_honoured_and_wrong_ones_fall_back(
    client: FlaskClient, query: str, data: str
) -> None:
    assert data in " ".join(client.get(f"/widget{query}").text.split())


def test_the_default_refresh_is_the_setting(make_client: Make) -> None:
    assert 'data-refresh="25"' in make_client(refresh_seconds=25).get("/widget").text


@pytest.mark.parametrize(
    "tag",
    [
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        '" onmouseover="alert(1)',
        "{{ 7 * 7 }}",
        "__proto__",
        "\u202eevil",
        "x" * 100,
    ],
)
def test_a_hostile_tag_is_text(client: FlaskClient, store: MemoryStore, tag: str) -> None:
    hostile = {**board()["hashtags"][0], "tag": tag, "key": tag}
    store.put(hashtags=[hostile])
    text = client.get("/widget").text
    shown = re.findall("<bdi>(.*)</bdi>", text)
    assert [unescape(s) for s in shown] == [f"#{tag}"]
    for forbidden in ("<img src=x", "<script>", '" onmouseover'):
        assert forbidden not in text


@pytest.mark.parametrize("path", ["/", "/widget"])
def test_pages_keep_to_the_content_security_policy(
    client: FlaskClient, store: MemoryStore, path: str
) -> None:
    """No inline code or style, and no address that would break under a sub-path."""
    store.put()
    text = client.get(path).text
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|<[^>]*\s(style|on\w+)=", text)
    links = re.findall(r'<[^>]*\s(?:src|href)="([^"]*)"', text)
    assert links
    assert not [u for u in links if u.startswith("/") or ("://" in u and "x.com" not in u)]


def test_scripts_never_write_markup() -> None:
    for script in STATIC.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b|document\.write", script.read_text()
        ), script


def test_waiting_says_for_what(client: FlaskClient, store: MemoryStore) -> None:
    store.go_down()
    response = client.get("/widget")
    assert response.status_code == 200
    assert (
        "Waiting for <span data-waiting-for>HBase: not reachable at hbase-thrift:9090</span>"
        in (response.text)
    )
    assert 'data-first-poll="5"' in response.text


def test_demo_and_stale_are_said(client: FlaskClient, store: MemoryStore) -> None:
    store.put()
    plain = client.get("/widget").text
    assert "data-demo hidden" in plain
    assert "Not up to date" not in plain
    store.put(demo=True, as_of="2026-11-22T10:00:00Z")
    text = client.get("/widget").text
    assert "data-demo>Demo data" in text
    assert "Not up to date: this is the board of 10:00 UTC." in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("all", "No hashtags in the 18,234 tweets read so far."),
        ("1h", "No hashtags in the last hour; 18,234 tweets read so far."),
    ],
)
def test_an_empty_board_says_so(
    client: FlaskClient, store: MemoryStore, name: str, said: str
) -> None:
    store.put(name, hashtags=[])
    assert said in client.get(f"/widget?board={name}").text


def test_the_rising_board_says_why(client: FlaskClient, store: MemoryStore) -> None:
    entry = {**board()["hashtags"][0], "observed": 412, "expected": 3.5, "score": 47682.0}
    store.put("rising", hashtags=[entry], warming_up=False)
    text = client.get("/widget?board=rising").text
    assert 'Rising <span class="period">last hour</span>' in text
    assert 'title="412, where 3.5 would be usual"' in text
    assert re.search(r"data-warming [^>]* hidden>Warming up", text)


def test_the_rising_board_says_that_it_warms_up(client: FlaskClient, store: MemoryStore) -> None:
    store.put("rising", hashtags=[], warming_up=True)
    text = client.get("/widget?board=rising").text
    assert "Nothing rises in the last hour" in text
    assert re.search(r'data-warming title="[^"]*">Warming up', text)


def test_only_the_board_shown_is_the_current_tab(client: FlaskClient, store: MemoryStore) -> None:
    store.put("24h")
    text = client.get("/?board=24h").text
    assert links(text, "tabs") == [f"board={b}" for b in ("all", "1h", "24h", "7d", "rising")]
    assert current(text) == ["board=24h", "board=24h"]
    assert "/widget?board=24h<" in text


def links(text: str, navigation: str) -> list[str]:
    found = re.search(f'<nav class="{navigation}".*?</nav>', text, re.DOTALL)
    return re.findall(r'href="\./\?([^"]*)"', unescape(found[0])) if found else []


def current(text: str) -> list[str]:
    return re.findall(r'href="\./\?([^"]*)" aria-current', unescape(text))


@pytest.mark.parametrize("board", ["1h", "24h", "7d"])
def test_a_window_can_be_ranked_by_people_without_a_script(
    client: FlaskClient, store: MemoryStore, board: str
) -> None:
    store.put(board)
    store.put(f"{board}.people", hashtags=entries(2, people=37))
    by_tweets, by_people = f"board={board}", f"board={board}&rank_by=people"
    assert links(client.get(f"/?{by_tweets}").text, "rankings") == [by_tweets, by_people]
    text = client.get(f"/?{by_people}").text
    assert links(text, "rankings") == [by_tweets, by_people]
    assert current(text) == [by_people, by_people]
    # The other windows keep the ranking, what has none does not.
    windows = [f"board={name}&rank_by=people" for name in ("1h", "24h", "7d")]
    assert links(text, "tabs") == ["board=all", *windows, "board=rising"]
    assert f"/widget?{by_people}<" in unescape(text)
    assert f'href="api/v1/trends?{by_people}"' in unescape(text)


@pytest.mark.parametrize("board", ["all", "rising"])
def test_where_people_are_not_known_tweets_are_shown_without_a_choice(
    client: FlaskClient, store: MemoryStore, board: str
) -> None:
    store.put(board, hashtags=[], warming_up=False)
    by_tweets = client.get(f"/?board={board}").text
    assert links(by_tweets, "rankings") == []
    assert client.get(f"/?board={board}&rank_by=people").text == by_tweets


def test_what_is_counted_is_told(client: FlaskClient, store: MemoryStore) -> None:
    few, many = entries(2, people=1200)
    store.put("1h.people", hashtags=[many, {**few, "people": 300, "count": 5000}])
    text = " ".join(client.get("/widget?board=1h&rank_by=people").text.split())
    assert '<span class="period">last hour, by people</span>' in text
    assert "<title>Trending hashtags last hour, by people</title>" in text
    assert 'value="1200" title="posts: 998, people: 1,200">1,200</data>' in text
    assert 'value="300" title="posts: 5,000, people: 300">300</data>' in text
    assert re.findall(r'class="unseen">(\w+)<', text) == ["people", "people"]
    assert re.findall(r'rect width="([\d.]+)%', text) == ["100.0", "25.0"]

    store.put("1h", hashtags=[few])
    text = " ".join(client.get("/widget?board=1h").text.split())
    assert 'value="999" title="posts: 999, people: 1,200">999</data>' in text
    assert re.findall(r'class="unseen">(\w+)<', text) == ["posts"]


def test_changes_are_arrows_and_new_means_newer_than_others(
    client: FlaskClient, store: MemoryStore
) -> None:
    tags = entries(4)
    for tag, change in zip(tags, (3, -2, 0, None), strict=True):
        tag["change"] = change
    store.put(hashtags=tags)
    text = client.get("/widget").text
    assert re.findall(r'class="change[^>]*>([^<]*)<', text) == ["▲3", "▼2", "", "new"]

    for tag in tags:
        tag["change"] = None
    store.put(hashtags=tags)
    assert ">new<" not in client.get("/widget").text
