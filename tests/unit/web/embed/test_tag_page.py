"""`/embed/tag/<tag>`: what is there before the script runs, and without it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from support.memory_store import MemoryStore
from web.embed.hashtag_history import words
from web.embed.widget import LANGUAGES

Make = Callable[..., FlaskClient]


@pytest.fixture
def client(client: FlaskClient, store: MemoryStore) -> FlaskClient:
    store.put()
    use(store, "café", "Café", 1234)
    return client


def use(store: MemoryStore, key: str, spelling: str, count: int) -> None:
    """Have a tag used so often in this hour."""
    now = datetime.now(UTC)
    minute = int(now.timestamp()) // 60
    store.tags[key] = {
        b"n:count": (
            f"{count} 0 {minute * 60_000} {minute // 1440} {now.hour}:{count} {spelling}".encode()
        )
    }


def paragraph(text: str) -> str:
    """What is said without a script, as it is read."""
    found = re.search(r"<hashtag-history[^>]*>\s*<p>(.*?)</p>", text, re.DOTALL)
    assert found
    return unescape(re.sub("<[^>]*>", "", found[1]))


@pytest.mark.parametrize("tag", ["caf%C3%A9", "%23CAF%C3%89", "%EF%BC%83Caf%C3%A9"])
def test_without_a_script_it_says_how_often_a_tag_was_used(client: FlaskClient, tag: str) -> None:
    text = client.get(f"/embed/tag/{tag}").text
    assert paragraph(text) == "#Café · 24 h: 1,234 posts"
    assert "<title>#Café: 24 h</title>" in text
    assert '<h1><bdi translate="no">#Café</bdi></h1>' in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_language_of_the_visitor(
    client: FlaskClient, store: MemoryStore, language: str
) -> None:
    said = words(language)
    for asked in (f"?lang={language}", ""):
        url = f"/embed/tag/caf%C3%A9{asked}"
        response = client.get(url, headers={"Accept-Language": f"{language}-XX, nl;q=0.5"})
        direction = "rtl" if language == "ar" else "ltr"
        locale = language if asked else f"{language}-XX"
        assert f'<html lang="{locale}" dir="{direction}">' in response.text
        assert said["count"] in paragraph(response.text)
        assert "Accept-Language" in response.vary
    unseen = client.get(f"/embed/tag/tea?lang={language}").text
    assert said["unseen"].format(tag="#tea") in paragraph(unseen)


def test_settings_go_on_to_the_element_which_warns_of_the_wrong_ones(client: FlaskClient) -> None:
    query = "?range=2h&theme=dark&tz=%22%3E&unknown=1&paused&height=500"
    text = client.get(f"/embed/tag/tea{query}").text
    assert '<hashtag-history tag="tea" range="2h" tz="&#34;&gt;" theme="dark" paused="">' in text
    assert '<meta name="color-scheme" content="dark">' in text
    assert paragraph(text).startswith("#tea · 24 h")


def test_the_range_is_the_one_asked_for(client: FlaskClient, store: MemoryStore) -> None:
    now = int(datetime.now(UTC).timestamp())
    day = now // 86_400 - 3
    store.tags["tea"] = {b"n:count": b"7 0 0", b"n:d%08d" % day: b"0:7", b"s:Tea": b"7"}
    expected = {"24h": "No posts in this period", "7d": "7 posts", "1y": "7 posts"}
    for span, said in expected.items():
        text = client.get(f"/embed/tag/tea?range={span}").text
        assert paragraph(text) == f"#Tea · {span[:-1]} {span[-1]}: {said}"


def test_one_post_is_one(client: FlaskClient, store: MemoryStore) -> None:
    use(store, "tea", "tea", 1)
    assert paragraph(client.get("/embed/tag/tea").text) == "#tea · 24 h: 1 post"


def test_a_hidden_tag_is_as_if_never_used(make_client: Make, store: MemoryStore) -> None:
    store.put()
    use(store, "tea", "Tea", 5)
    client = make_client(hide_hashtags=frozenset({"tea"}))
    hidden, unseen = (client.get(f"/embed/tag/{tag}") for tag in ("Tea", "Tee"))
    assert hidden.status_code == unseen.status_code == 200
    assert hidden.text == unseen.text.replace("Tee", "Tea")
    assert paragraph(hidden.text) == "#Tea · 24 h: No posts with #Tea yet"


def test_demo_data_is_called_so(client: FlaskClient, store: MemoryStore) -> None:
    store.put(demo=True)
    assert paragraph(client.get("/embed/tag/caf%C3%A9").text).endswith("posts · Demo data")


def test_without_hbase_there_is_the_page_all_the_same(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.go_down()
    response = client.get("/embed/tag/tea")
    assert response.status_code == 200
    assert paragraph(response.text) == "#tea · 24 h"


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_sign_alone_is_no_tag(client: FlaskClient, accept: str) -> None:
    response = client.get("/embed/tag/%23", headers={"Accept": accept})
    assert response.status_code == 400
    assert "tag must be a hashtag" in response.text
    assert client.get("/embed/tag/").status_code == 404


@pytest.mark.parametrize(
    "tag",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)<script>",
        '" onmouseover="alert(1)',
        "{{ 7 * 7 }}",
        "__proto__",
        "\u202eevil",
        "x" * 300,
        "?#&%",
    ],
)
def test_a_hostile_tag_is_text(client: FlaskClient, tag: str) -> None:
    text = client.get(f"/embed/tag/{quote(tag, safe='')}").text
    assert text.count("<script") == text.count("</script>") == 1
    attribute = re.search('<hashtag-history tag="([^"]*)">', text)
    assert attribute and unescape(attribute[1]) == tag
    for forbidden in ("<img", '" onmouseover', ">alert"):
        assert forbidden not in text


def test_it_keeps_to_the_content_security_policy(client: FlaskClient) -> None:
    """No inline code or style, and no address that would break under a sub-path."""
    text = client.get("/embed/tag/caf%C3%A9").text
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|<[^>]*\s(style|on\w+)=", text)
    links = re.findall(r'<[^>]*\s(?:src|href)="([^"]*)"', text)
    discovery, *others = links
    assert discovery.startswith("http://localhost/oembed?url=")
    assert others and all(each.startswith("../../") for each in others)


def test_what_it_names_is_there(client: FlaskClient) -> None:
    text = client.get("/embed/tag/caf%C3%A9?range=7d").text
    links = [unescape(each) for each in re.findall(r'(?:src|href)="(.*?)"', text)]
    for each in links:
        path = each.removeprefix("http://localhost").replace("../../", "/")
        response = client.get(path)
        assert response.status_code == 200, path
        response.close()
    assert "../../?tag=caf%C3%A9&range=7d" in links
    (answer,) = [client.get(each).get_json() for each in links if "oembed" in each]
    assert 'src="http://localhost/embed/tag/caf%C3%A9?range=7d"' in answer["html"]
