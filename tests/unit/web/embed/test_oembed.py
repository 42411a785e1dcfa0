"""oEmbed: from a board's address to the widget, and to nothing else."""

import json
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

import web
from reference.twitter_text import NODE
from web.embed.board_settings import embed
from web.embed.oembed import height_of

SNIPPETS = Path(web.__file__).parent / "static" / "snippets.js"

Make = Callable[..., FlaskClient]


@pytest.fixture
def client(lasting_client: FlaskClient) -> FlaskClient:
    """Answers depend on the address alone."""
    return lasting_client


class Frame(HTMLParser):
    """The only element that there may be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self.elements: list[str] = []
        self.feed(html)
        assert self.elements == ["iframe"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes = dict(attrs)

    def handle_data(self, data: str) -> None:
        self.elements.append(data)


def ask(client: FlaskClient, url: str, **parameters: Any) -> dict[str, Any]:
    response = client.get("/oembed?" + urlencode({"url": url, **parameters}))
    assert response.status_code == 200, response.text
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "max-age=3600"
    answer: dict[str, Any] = response.get_json()
    frame = Frame(answer["html"]).attributes
    assert frame.keys() == {"src", "title", "width", "height", "style", "loading"}
    assert (frame["width"], frame["height"]) == (str(answer["width"]), str(answer["height"]))
    return {**answer, "src": frame["src"]}


def test_a_board_is_answered_with_its_widget(client: FlaskClient) -> None:
    answer = ask(client, "http://localhost/widget?board=24h&rank_by=people")
    del answer["src"]
    assert answer == {
        "version": "1.0",
        "type": "rich",
        "title": "Trending hashtags",
        "provider_name": "Tweet Trends",
        "provider_url": "http://localhost/",
        "html": '<iframe src="http://localhost/widget?board=24h&amp;rank_by=people" '
        'title="Trending hashtags" width="360" height="550" style="border:0" '
        'loading="lazy"></iframe>',
        "width": 360,
        "height": 550,
    }


@pytest.mark.parametrize(
    ("url", "src"),
    [
        ("http://localhost/", "http://localhost/widget?board=now"),
        ("http://localhost/#fragment", "http://localhost/widget?board=now"),
        ("http://localhost/?board=all", "http://localhost/widget?board=all"),
        ("http://localhost/widget", "http://localhost/widget"),
        ("http://localhost:80/?board=1h", "http://localhost/widget?board=1h"),
        ("HTTP://LOCALHOST/widget", "http://localhost/widget"),
        ("https://localhost/widget", "https://localhost/widget"),
        ("https://localhost:443/widget", "https://localhost/widget"),
        (
            "http://localhost/?unknown=1&board=7d&limit=3",
            "http://localhost/widget?board=7d&limit=3",
        ),
        ("http://localhost/widget?accent=%234f46e5", "http://localhost/widget?accent=%234f46e5"),
        ("http://localhost/widget?paused&lang=ar", "http://localhost/widget?lang=ar&paused="),
        (
            "http://localhost/widget?chrome=noheader%20nofooter&theme=dark",
            "http://localhost/widget?theme=dark&chrome=noheader+nofooter",
        ),
    ],
)
def test_the_settings_of_the_address_are_kept(client: FlaskClient, url: str, src: str) -> None:
    assert ask(client, url)["src"] == src


@pytest.mark.parametrize(
    "value",
    [
        '"><script>alert(1)</script>',
        "<img src=x onerror=alert(1)>",
        "javascript:alert(1)",
        "\u202eevil",
        "\u200d",
        "\x00\x01",
        "__proto__",
        "' onload='",
        "a" * 5000,
        "&board=1h",
    ],
)
@pytest.mark.parametrize("name", ["board", "accent", "lang", "x"])
def test_a_hostile_address_is_not_repeated(client: FlaskClient, name: str, value: str) -> None:
    url = "http://localhost/widget?" + urlencode({name: value, "limit": "3"})
    assert ask(client, url)["src"] == "http://localhost/widget?limit=3"


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/widget",
        "http://localhost.elsewhere.example/",
        "http://localhost@elsewhere.example/",
        "http://elsewhere.example@localhost/",
        "http://localhost:8080/",
        "https://localhost:80/",
        "//localhost/",
        "/widget",
        "localhost/widget",
        "ftp://localhost/",
        "javascript:alert(1)",
        "http:///",
        "http://[/",
        "http://localhost:port/",
        "http://localhost",
        "http://localhost/status",
        "http://localhost/widget/",
        "http://localhost//widget",
        "http://localhost/api/v1/trends",
        "http://localhost/embed/tag/",
        "http://localhost/embed/tag/%23",
        "http://localhost/embed/tag/a%2Fb",
        "http://localhost/embed/tag/a/b",
        "http://localhost/other/embed/tag/tea",
        "http://elsewhere.example/embed/tag/tea",
        "http://localhost\\@elsewhere.example/",
        "\x00",
        "é" * 1000,
    ],
)
def test_other_addresses_are_404(client: FlaskClient, url: str) -> None:
    response = client.get("/oembed", query_string={"url": url})
    assert response.status_code == 404
    assert response.get_json()["detail"] == "This URL can't be embedded from this server."


@pytest.mark.parametrize(
    ("query", "wanted", "size"),
    [
        ("", {}, (360, 550)),
        ("?limit=3", {}, (360, 242)),
        ("?limit=100", {}, (360, 4510)),
        ("?limit=0&width=5", {}, (360, 550)),
        ("?width=800", {}, (800, 550)),
        ("?board=now", {}, (360, 550)),
        ("?board=rising", {}, (360, 940)),
        ("?board=rising&limit=3", {"maxheight": 300}, (360, 276)),
        ("?width=800", {"maxwidth": 500, "maxheight": 400}, (500, 374)),
        ("?limit=5", {"maxheight": 200}, (360, 198)),
        ("?limit=5", {"maxheight": 330}, (360, 330)),
        ("", {"maxheight": 153}, (360, 153)),
        ("", {"maxwidth": 1, "maxheight": 1}, (1, 1)),
        ("", {"maxwidth": 999999999, "maxheight": 999999999}, (360, 550)),
        ("?limit=100&max-height=400", {}, (360, 400)),
        ("?limit=3&max-height=400", {}, (360, 242)),
        ("?layout=compact", {}, (360, 380)),
        ("?layout=compact", {"maxheight": 200}, (360, 191)),
        ("?layout=ticker&limit=100", {}, (360, 46)),
        ("?layout=ticker", {"maxheight": 40}, (360, 40)),
        ("?chrome=noheader%20nofooter", {}, (360, 505)),
    ],
)
def test_the_frame_is_as_large_as_its_board_and_no_larger_than_asked_for(
    client: FlaskClient, query: str, wanted: dict[str, int], size: tuple[int, int]
) -> None:
    answer = ask(client, f"http://localhost/widget{query}", **wanted)
    assert (answer["width"], answer["height"]) == size
    assert "width" not in parse_qs(urlsplit(answer["src"]).query)


@pytest.mark.parametrize(
    ("query", "most_high", "limit"),
    [
        ("?limit=5", 200, ["2"]),
        ("?limit=5", 330, ["5"]),
        ("", 549, ["9"]),
        ("", 550, None),
        ("?board=rising", 200, ["1"]),
        ("", 1, ["1"]),
        ("?layout=compact", 200, ["3"]),
        ("?layout=ticker", 20, None),
        ("?chrome=noheader", 200, ["2"]),
        ("?max-height=300", 300, None),
    ],
)
def test_no_more_rows_are_shown_than_there_is_room_for(
    client: FlaskClient, query: str, most_high: int, limit: list[str] | None
) -> None:
    answer = ask(client, f"http://localhost/widget{query}", maxheight=most_high)
    assert parse_qs(urlsplit(answer["src"]).query).get("limit") == limit


@pytest.mark.component
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"limit": "100"},
        {"board": "rising", "limit": "3"},
        {"board": "rising", "layout": "compact"},
        {"layout": "ticker"},
        {"chrome": "noheader nofooter noborder"},
        {"max-height": "400", "limit": "50"},
    ],
)
def test_the_builder_writes_the_same_height(settings: dict[str, str]) -> None:
    program = (
        "const {height} = await import(process.argv[1]);"
        "console.log(height(JSON.parse(process.argv[2]), 'narrow'));"
    )
    given = json.dumps(settings)
    command = [NODE, "--input-type=module", "--eval", program, SNIPPETS.as_uri(), given]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    shown = embed(settings)
    assert height_of(shown, shown.limit) == int(done.stdout)


@pytest.mark.parametrize(
    "url",
    [
        "https://your.site/trends/widget?limit=3",
        "http://your.site/trends/widget?limit=3",
        "http://localhost/widget?limit=3",
    ],
)
def test_the_public_address_is_embedded_whichever_is_asked_for(make_client: Make, url: str) -> None:
    client = make_client(public_url="https://your.site/trends/")
    assert ask(client, url)["src"] == "https://your.site/trends/widget?limit=3"
    for other in ("https://your.site/widget", "https://your.site/trends", "http://localhost"):
        assert client.get("/oembed", query_string={"url": other}).status_code == 404


@pytest.mark.parametrize("name", ["maxwidth", "maxheight"])
@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "ten", "٣", "9" * 5000, "1e3", " 1"])
def test_a_bad_number_is_named(client: FlaskClient, name: str, value: str) -> None:
    response = client.get("/oembed", query_string={"url": "http://localhost/", name: value})
    assert response.status_code == 400
    assert response.get_json()["parameter"] == name


@pytest.mark.parametrize(
    ("url", "src"),
    [
        ("http://localhost/embed/tag/tea", "http://localhost/embed/tag/tea"),
        (
            "http://localhost/embed/tag/Caf%C3%A9?range=7d&tz=Europe/Paris&range=1y&x=1",
            "http://localhost/embed/tag/Caf%C3%A9?range=7d&tz=Europe%2FParis",
        ),
        (
            "http://localhost/embed/tag/%23tea?theme=dark&lang=xx",
            "http://localhost/embed/tag/%23tea?theme=dark",
        ),
        ("http://localhost/embed/tag/widget", "http://localhost/embed/tag/widget"),
        (
            "http://localhost/embed/tag/%22%3E%3Cscript%3E",
            "http://localhost/embed/tag/%22%3E%3Cscript%3E",
        ),
    ],
)
def test_so_are_those_of_a_chart(client: FlaskClient, url: str, src: str) -> None:
    answer = ask(client, url)
    assert answer["src"] == src
    assert answer["title"].startswith("#") and not answer["title"].startswith("##")
    assert (answer["width"], answer["height"]) == (480, 300)
    small = ask(client, url, maxwidth=200, maxheight=150)
    assert (small["width"], small["height"], small["src"]) == (200, 150, src)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("tag=tea", "embed/tag/tea"),
        ("tag=%23Caf%C3%A9&board=1h&limit=3", "embed/tag/Caf%C3%A9"),
        ("tag=tea&range=30d&tz=Europe/Paris", "embed/tag/tea?range=30d&tz=Europe%2FParis"),
        ("tag=tea&range=2w", "embed/tag/tea"),
        # Of several, the one that the page has a card of.
        ("tag=&tag=tea&tag=cake", "embed/tag/tea"),
        # There is no chart of these.
        ("tag=a%2Fb&board=1h", "widget?board=1h"),
        ("tag=%23&board=1h", "widget?board=1h"),
    ],
)
def test_the_page_with_a_tag_is_answered_with_its_chart(
    client: FlaskClient, query: str, path: str
) -> None:
    assert ask(client, f"http://localhost/?{query}")["src"] == f"http://localhost/{path}"


def test_a_chart_has_the_public_address_too(make_client: Make) -> None:
    client = make_client(public_url="https://your.site/trends/")
    public = "https://your.site/trends/embed/tag/tea"
    for url in (public, "http://localhost/embed/tag/tea"):
        assert ask(client, url)["src"] == public


def test_an_address_must_be_given(client: FlaskClient) -> None:
    for query in ("", "?url=", "?URL=http://localhost/"):
        response = client.get(f"/oembed{query}")
        assert response.status_code == 400
        assert response.get_json()["parameter"] == "url"


@pytest.mark.parametrize("form", ["xml", "JSON", "", "html"])
def test_there_is_json_alone(client: FlaskClient, form: str) -> None:
    response = client.get("/oembed", query_string={"url": "http://localhost/", "format": form})
    assert response.status_code == 501
    assert response.get_json()["detail"] == "format must be json."
    assert ask(client, "http://localhost/", format="json")


def test_behind_a_proxy_the_outer_address_counts(make_client: Make) -> None:
    client = make_client(trusted_proxies=1)
    outside = {
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "trends.example",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Prefix": "/sub",
    }
    for path, query in (("?limit=3", "board=now&amp;limit=3"), ("widget?limit=3", "limit=3")):
        url = f"https://trends.example/sub/{path}"
        answer = client.get("/oembed", query_string={"url": url}, headers=outside).get_json()
        assert f'src="https://trends.example/sub/widget?{query}"' in answer["html"]
        assert answer["provider_url"] == "https://trends.example/sub/"
    for url in ("https://trends.example/", "http://localhost/", "https://trends.example/other/"):
        other = client.get("/oembed", query_string={"url": url}, headers=outside)
        assert other.status_code == 404
