import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

import web
from support.memory_store import REASON, MemoryStore, board, earlier_rising, entries
from web.embed import hashtag_history
from web.embed.widget import LANGUAGES, script, words

Make = Callable[..., FlaskClient]
STATIC = Path(web.__file__).parent / "static"


@pytest.mark.parametrize("path", ["/?board=all", "/widget"])
def test_the_board_is_in_the_page_before_any_script_runs(
    client: FlaskClient, store: MemoryStore, path: str
) -> None:
    store.put(hashtags=entries(12))
    text = client.get(path).text
    assert re.findall(r"<bdi>#(\w+)</bdi>", text) == [f"tag{n}" for n in range(1, 11)]
    assert "4,120 of 18,234 posts have hashtags" in text
    assert 'width="100.0%"' in text


def element(text: str) -> str:
    found = re.search("<trending-hashtags[^>]*>", text)
    assert found
    return found[0]


def test_settings_go_on_to_the_element_which_warns_of_the_wrong_ones(client: FlaskClient) -> None:
    assert element(client.get("/widget").text) == "<trending-hashtags>"
    text = client.get("/widget?limit=0&theme=dark&accent=%22%3E&unknown=1&paused").text
    assert element(text) == (
        '<trending-hashtags limit="0" theme="dark" paused="" accent="&#34;&gt;">'
    )


@pytest.mark.parametrize(
    ("query", "heading", "rows"),
    [
        ("", "all time", 10),
        ("?limit=3", "all time", 3),
        ("?board=x&limit=0", "all time", 10),
        ("?board=7d&rank_by=people&limit=101", "7 d · people", 2),
        ("?board=rising&rank_by=people", "", 1),
        ("?board=rising&rank_by=tweets", "", 1),
        ("?board=now&rank_by=people", "12 h · people", 4),
        ("?board=now&rank_by=tweets", "12 h · people", 4),
        ("?board=all&rank_by=people", "all time", 10),
    ],
)
def test_parameters_are_honoured_and_wrong_ones_fall_back(
    client: FlaskClient, store: MemoryStore, query: str, heading: str, rows: int
) -> None:
    store.put(hashtags=entries(12))
    store.put("7d.people", hashtags=entries(2, people=1))
    store.put("rising", hashtags=entries(1, **REASON))
    store.put("now", hashtags=entries(4, people=5))
    text = client.get(f"/widget{query}").text
    assert f'part="period">{heading}</span>' in text
    assert text.count("<bdi>") == rows


def test_links_can_be_left_out(client: FlaskClient, store: MemoryStore) -> None:
    store.put()
    assert 'href="https://x.com/' in client.get("/widget").text
    assert "x.com" not in re.sub("<script.*</script>", "", client.get("/widget?links=off").text)


@pytest.mark.parametrize(
    ("query", "accepted", "language", "direction"),
    [
        ("", "", "en", "ltr"),
        ("", "nl, ar-EG;q=0.9, de;q=0.8", "ar-EG", "rtl"),
        ("?lang=ja", "de", "ja", "ltr"),
        ("?lang=en-GB", "de", "en-GB", "ltr"),
        ("?lang=xx", "de-AT", "de-AT", "ltr"),
        ("?lang=xx", "de-<b>", "en", "ltr"),
    ],
)
def test_the_widget_speaks_a_language_of_the_visitor(
    client: FlaskClient, query: str, accepted: str, language: str, direction: str
) -> None:
    response = client.get(f"/widget{query}", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}" dir="{direction}">' in response.text
    assert "Accept-Language" in response.vary


def test_the_script_is_given_what_is_drawn(client: FlaskClient, store: MemoryStore) -> None:
    store.put(hashtags=entries(5))
    text = client.get("/widget?limit=2").text
    found = re.search('<script type="application/json">(.*?)</script>', text)
    assert found
    assert json.loads(found[1]) == client.get("/api/v1/trends?limit=2").json


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
    # As data in a script that is not run, only its end tag could do harm.
    assert text.count("</script>") == 3
    text = re.sub('<script type="application/json">.*?</script>', "", text)
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
    text = text.replace('<script type="application/json">', "<data>")  # which is not run
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|<[^>]*\s(style|on\w+)=", text)
    links = re.findall(r'<[^>]*\s(?:src|href)="([^"]*)"', text)
    assert links
    outside = [u for u in links if u.startswith("/") or "://" in u]
    # A tag's own page, and what other programs are told, which is the whole address.
    assert not [
        u for u in outside if not re.match(r"https://x.com/|http://localhost/(oembed|\?|$)", u)
    ]


def test_scripts_never_write_markup() -> None:
    for each in STATIC.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML\s*=|insertAdjacentHTML|\beval\b|document\.write",
            each.read_text(),
        ), each


def test_before_the_first_board_visitors_are_told_nothing_of_the_service(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.go_down()
    response = client.get("/widget")
    assert response.status_code == 200
    assert 'data-state="waiting"' in response.text
    assert ">No hashtags yet</p>" in response.text
    drawn = response.text.split("</template>")[0]
    assert "HBase" not in drawn and "hbase" not in drawn


def test_demo_and_stale_are_said(client: FlaskClient, store: MemoryStore) -> None:
    store.put()
    plain = client.get("/widget").text
    assert "Demo data" not in plain
    assert "Out of date" not in plain
    store.put(demo=True, as_of="2026-11-22T10:00:00Z")
    text = client.get("/widget").text
    assert ">Demo data</span>" in text
    assert "Out of date · 10:00 UTC</p>" in text


@pytest.mark.parametrize("name", ["all", "1h"])
def test_an_empty_board_says_so(client: FlaskClient, store: MemoryStore, name: str) -> None:
    store.put(name, hashtags=[])
    text = client.get(f"/widget?board={name}").text
    assert 'data-state="empty"' in text
    assert ">No hashtags yet</p>" in text


@pytest.mark.parametrize(
    ("known_hours", "chip"),
    [(0, "low"), (23, "low"), (24, "medium"), (167, "medium"), (168, None), (672, None)],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rising_board_says_how_little_it_knows(
    client: FlaskClient, store: MemoryStore, language: str, known_hours: int, chip: str | None
) -> None:
    store.put("rising", known_hours=known_hours)
    text = client.get(f"/widget?board=rising&lang={language}").text
    found = re.findall('<span class="chip learning" part="chip">(.*)</span>', text)
    assert found == ([f"{words(language)[chip]} · {known_hours} h"] if chip else [])


REASONS = {
    "en": "9 people in 5 h, usually 0.8",
    "de": "9 Personen in 5 h, sonst 0,8",
    "es": "9 personas en 5 h, normalmente 0,8",
    "fr": "9 personnes en 5 h, 0,8 d’habitude",
    "ja": "5 hで9人、 通常は0.8人",
    "ar": "9 شخص خلال 5 h، والمعتاد 0.8",
}


@pytest.mark.parametrize("path", ["/widget", "/"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rising_board_says_why(
    client: FlaskClient, store: MemoryStore, language: str, path: str
) -> None:
    store.put("rising", hashtags=entries(2, **REASON))
    store.put("now")
    text = client.get(f"{path}?board=rising&lang={language}").text
    said = REASONS["en" if path == "/" else language]
    reasons = re.findall('<span class="reason" part="reason">([^<]*)</span>', text)
    # In a narrow board it breaks in its middle.
    assert [reason.replace("\n", " ") for reason in reasons] == [said] * 2
    assert re.findall(r'<data class="count"[^>]* value="(\d+)"', text) == ["9", "9"]
    assert "reason" not in client.get(f"{path}?board=now").text.split("</template>")[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_nothing_is_unusual_it_is_said(
    client: FlaskClient, store: MemoryStore, language: str
) -> None:
    store.put("rising", hashtags=[])
    text = client.get(f"/widget?board=rising&lang={language}").text
    assert f'{words(language)["rising"]} <span class="period" part="period"></span>' in text
    assert 'data-state="empty"' in text
    assert f'<p class="message empty" part="empty">{words(language)["calm"]}</p>' in text
    assert words("en")["calm"] == "Nothing unusual"


@pytest.mark.parametrize("language", LANGUAGES)
def test_now_says_how_far_it_looks_back(
    client: FlaskClient, store: MemoryStore, language: str
) -> None:
    store.put("now", window="2h")
    said = words(language)
    text = client.get(f"/widget?board=now&lang={language}").text
    heading = f'{said["now"]} <span class="period" part="period">2 h · {said["people"]}</span>'
    assert heading in text
    assert f"<title>{said['now']}: 2 h · {said['people']}</title>" in text


def test_the_rising_board_is_called_by_its_name(client: FlaskClient, store: MemoryStore) -> None:
    store.put("rising")
    text = client.get("/widget?board=rising").text
    assert "<title>Rising</title>" in text
    assert "<h1>Rising</h1>" in text


@pytest.mark.parametrize("path", ["/", "/widget"])
@pytest.mark.parametrize(("board", "heading"), [("now", "Trending now"), ("rising", "Rising")])
def test_without_an_answer_there_is_no_period(
    client: FlaskClient, store: MemoryStore, path: str, board: str, heading: str
) -> None:
    """As after an upgrade, until the driver has written both boards."""
    store.put()
    store.cells["rising"] = earlier_rising()
    text = client.get(f"{path}?board={board}").text
    assert f'{heading} <span class="period" part="period"></span>' in text
    assert 'data-state="waiting"' in text
    if path == "/widget":
        assert f"<title>{heading}</title>" in text


def test_the_page_shows_the_stages_until_there_is_a_board(
    client: FlaskClient, store: MemoryStore
) -> None:
    assert "data-status" in client.get("/").text
    store.put()
    store.put("1h", hashtags=[])
    for query in ("", "?board=1h", "?board=all"):
        assert "data-status" not in client.get(f"/{query}").text


TABS = ["now", "rising", "1h", "24h", "7d", "all"]


def test_only_the_board_shown_is_the_current_tab(client: FlaskClient, store: MemoryStore) -> None:
    store.put("24h")
    text = client.get("/?board=24h").text
    assert links(text, "tabs") == [f"board={name}" for name in TABS]
    assert current(text) == ["board=24h", "board=24h"]


@pytest.mark.parametrize("query", ["", "?board=week", "?rank_by=likes"])
def test_the_page_begins_with_now(client: FlaskClient, store: MemoryStore, query: str) -> None:
    store.put()
    store.put("now", hashtags=entries(3, people=7))
    text = client.get(f"/{query}").text
    assert current(text) == ["board=now"]
    assert links(text, "tabs") == [f"board={name}" for name in TABS]
    assert links(text, "rankings") == []
    shown, preview = re.findall("<trending-hashtags[^>]*>", text)
    assert 'board="now"' in shown and 'board="now"' in preview
    assert text.count("<bdi>#tag") == 3
    assert "Trending now <span" in text
    assert 'href="api/v1/trends?board=now"' in text
    assert 'src="badge.svg?board=now"' in text
    assert '&lt;trending-hashtags board="now"&gt;&lt;a href="http://localhost/?board=now"' in text
    assert '<option value="now" selected>' in text
    # Other programs are told which board that is.
    assert "oembed?url=http%3A%2F%2Flocalhost%2F%3Fboard%3Dnow" in text


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
    assert links(text, "tabs") == ["board=now", "board=rising", *windows, "board=all"]
    assert f'href="api/v1/trends?{by_people}"' in unescape(text)


@pytest.mark.parametrize("board", ["all", "rising", "now"])
def test_where_there_is_one_ranking_there_is_no_choice(
    client: FlaskClient, store: MemoryStore, board: str
) -> None:
    store.put(board, hashtags=[])
    assert links(client.get(f"/?board={board}&rank_by=people").text, "rankings") == []


def test_what_is_counted_is_told(client: FlaskClient, store: MemoryStore) -> None:
    few, many = entries(2, people=1200)
    store.put("1h.people", hashtags=[many, {**few, "people": 300, "count": 5000}])
    text = client.get("/widget?board=1h&rank_by=people").text
    assert re.findall(r'value="(\d+)" title="([^"]*)"', text) == [
        ("1200", "998 posts · 1,200 people"),
        ("300", "5,000 posts · 300 people"),
    ]
    assert re.findall(r'class="unit"[^>]*>(\w+)<', text) == ["people", "people"]
    assert re.findall(r'rect width="([\d.]+)%', text) == ["100.0", "25.0"]

    store.put("1h", hashtags=[few])
    text = client.get("/widget?board=1h").text
    assert 'value="999" title="999 posts · 1,200 people">999</data>' in text
    assert re.findall(r'class="unit"[^>]*>(\w+)<', text) == ["posts"]


def test_changes_are_arrows_and_new_means_newer_than_others(
    client: FlaskClient, store: MemoryStore
) -> None:
    tags = entries(4)
    for tag, change in zip(tags, (3, -2, 0, None), strict=True):
        tag["change"] = change
    store.put(hashtags=tags)
    text = client.get("/widget").text
    assert re.findall(r'class="change [^>]*>\s*([^<\s]*)\s*<', text) == ["▲3", "▼2", "", "new"]
    assert re.findall('role="img" aria-label="([^"]*)"', text) == ["up 3 places", "down 2 places"]

    for tag in tags:
        tag["change"] = None
    store.put(hashtags=tags)
    assert ">new<" not in client.get("/widget").text


def linked(text: str, **wanted: str) -> list[str]:
    """The addresses of the links in the head that have these attributes."""
    links = [
        dict(re.findall(r'([\w-]+)="([^"]*)"', link)) for link in re.findall("<link[^>]*>", text)
    ]
    return [unescape(each["href"]) for each in links if wanted.items() <= each.items()]


@pytest.mark.parametrize(
    ("query", "canonical", "board"),
    [
        ("", "", "board=now"),
        ("?board=now&theme=dark", "", "board=now"),
        ("?board=x", "", "board=now"),
        ("?board=24h&rank_by=people&limit=3", "?board=24h&rank_by=people", None),
        ("?board=all&rank_by=people", "?board=all", None),
        ("?tag=%23Caf%C3%A9&tag=TEA&tz=UTC&range=24h", "?tag=caf%C3%A9&tag=tea", "board=now"),
        ("?board=all&tag=tea&range=7d", "?board=all&tag=tea&range=7d", "board=all"),
        ("?board=all&range=7d", "?board=all", None),
    ],
)
def test_the_page_names_its_address_its_feeds_and_its_table(
    make_client: Make, store: MemoryStore, query: str, canonical: str, board: str | None
) -> None:
    for name in ("all", "now", "24h.people"):
        store.put(name, hashtags=entries(2, people=9))
    client = make_client(public_url="https://your.site/trends/")
    text = client.get(f"/{query}").text
    assert linked(text, rel="canonical") == [f"https://your.site/trends/{canonical}"]
    assert f'property="og:url" content="https://your.site/trends/{canonical}"' in unescape(text)
    for kind in ("application/atom+xml", "application/feed+json", "text/csv"):
        (address,) = linked(text, rel="alternate", type=kind)
        assert (board or canonical.removeprefix("?")) in address
        response = client.get(f"/{address}")
        assert (response.status_code, response.mimetype) == (200, kind)


def test_the_icons_that_a_page_names_are_there(client: FlaskClient) -> None:
    for path in ("/", "/status"):
        text = client.get(path).text
        icons = linked(text, rel="icon") + re.findall('rel="apple-touch-icon" href="(.*)"', text)
        assert len(icons) == 3
        for each in icons:
            response = client.get(f"/{each}")
            assert response.status_code == 200
            response.close()
        assert text.count('name="theme-color"') == 2


def test_the_manifest_names_what_is_there(client: FlaskClient) -> None:
    """With relative addresses, so that it works below a path."""
    (address,) = linked(client.get("/").text, rel="manifest")
    response = client.get(f"/{address}")
    assert (response.status_code, response.mimetype) == (200, "application/manifest+json")
    manifest = json.loads(response.text)
    for each in (manifest["start_url"], manifest["scope"], *map(icon_of, manifest["icons"])):
        found = client.get(urljoin(f"/{address}", each))
        assert found.status_code == 200, each
        found.close()
    assert (manifest["start_url"], manifest["scope"]) == ("../", "../")
    response.close()


def icon_of(icon: dict[str, str]) -> str:
    return icon["src"]


def test_the_builder_is_told_the_public_address_and_the_version_of_the_script(
    make_client: Make,
) -> None:
    names = ("public-url", "script", "integrity", "chart-script", "chart-integrity")
    body = "<body " + " ".join(f'data-{name}="(.*)"' for name in names) + ">"
    versions = [(made.path, made.integrity) for made in (script(), hashtag_history.script())]
    for public in ("", "https://your.site/trends/"):
        client = make_client(public_url=public)
        text = client.get("/").text
        assert re.findall(body, text) == [(public, *versions[0], *versions[1])]
        assert f'src="{public or "http://localhost/"}widget.js"' in unescape(text)
        (discovery,) = linked(text, type="application/json+oembed")
        assert discovery.startswith(public or "http://localhost/")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/?board=1h&limit=3", "widget?board=1h&limit=3"),
        ("/?board=1h&tag=tea&tag=cake&range=7d&tz=UTC", "embed/tag/tea?range=7d&tz=UTC"),
        ("/widget?theme=dark", "widget?theme=dark"),
    ],
)
def test_sites_are_offered_what_the_page_shows(client: FlaskClient, path: str, shown: str) -> None:
    (discovery,) = linked(client.get(path).text, type="application/json+oembed")
    html = client.get(unescape(discovery)).get_json()["html"]
    assert f'src="http://localhost/{shown}"' in unescape(html)


def test_the_builder_begins_with_the_board_that_is_open(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.put("7d.people", hashtags=entries(2, people=1))
    text = client.get("/?board=7d&rank_by=people").text
    # After the time range of a chart.
    assert re.findall(r'<option value="(\w+)" selected>', text) == ["24h", "7d", "people"]


@pytest.mark.parametrize(
    ("theme", "scheme"),
    [
        ("auto", "light dark"),
        ("transparent", "light dark"),
        ("blue", "light dark"),
        ("light", "light"),
        ("dark", "dark"),
    ],
)
def test_the_iframe_s_page_declares_the_scheme_of_its_theme(
    client: FlaskClient, theme: str, scheme: str
) -> None:
    """Otherwise browsers put an opaque ground behind it on a page of another scheme."""
    text = client.get(f"/widget?theme={theme}").text
    assert f'<meta name="color-scheme" content="{scheme}">' in text


def test_a_board_keeps_room_for_the_rows_that_it_lacks(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.put(hashtags=entries(3))
    for query, slots in (("", 7), ("?limit=3", 0), ("?limit=100", 17)):
        assert client.get(f"/widget{query}").text.count('class="slot"') == slots


def test_bars_of_rising_are_as_long_as_scores(client: FlaskClient, store: MemoryStore) -> None:
    """Its ranks go by them, and not by the people who are counted."""
    first, second = entries(2, **REASON)
    store.put("rising", hashtags=[first | {"score": 20.0}, second | {"score": 5.0, "people": 99}])
    text = client.get("/widget?board=rising").text
    assert re.findall(r'rect width="([\d.]+)%', text) == ["100.0", "25.0"]


def head(text: str) -> tuple[str, str]:
    """The title and the description of a page."""
    title = re.search("<title>(.*)</title>", text)
    description = re.search('<meta name="description" content="([^"]*)">', text)
    assert title and description
    return unescape(title[1]), unescape(description[1])


def test_title_and_description_follow_the_address(client: FlaskClient, store: MemoryStore) -> None:
    store.put("24h")
    assert head(client.get("/?board=24h").text) == (
        "Trending, last 24 hours · Tweet Trends",
        "Trending, last 24 hours: the hashtags of a timeline, counted exactly.",
    )
    assert head(client.get("/?board=24h&tag=%22tea%22&tag=Caf%C3%A9&range=7d").text) == (
        '#"tea" and #Café, 7 days · Tweet Trends',
        'Posts with #"tea" and #Café, counted exactly: 7 days.',
    )


def test_the_board_has_a_heading(client: FlaskClient, store: MemoryStore) -> None:
    store.put("rising")
    text = client.get("/?board=rising").text
    assert re.findall('<h2[^>]*id="board-title">([^<]*)</h2>', text) == ["Rising"]


def test_an_unknown_value_is_named_on_the_page(client: FlaskClient, store: MemoryStore) -> None:
    store.put("now")
    assert 'class="problem" role="status">' not in client.get("/?board=now").text
    text = client.get("/?board=%3Cb%3Efoo&range=5h").text
    told = re.findall('<p class="problem" role="status">([^<]*)</p>', text)
    assert [unescape(each) for each in told] == [
        "There is no board “<b>foo”. Showing Trending now.",
        "There is no time range “5h”. Showing 24 hours.",
    ]


def test_what_is_chosen_outlives_a_tab(client: FlaskClient, store: MemoryStore) -> None:
    store.put("24h", hashtags=entries(40))
    kept = "limit=30&tag=tea&tag=caf%C3%A9&range=30d&tz=UTC"
    text = client.get(f"/?board=24h&{kept}").text
    assert text.count("<bdi>#tag") == 30
    assert links(text, "tabs") == [f"board={name}&{kept}" for name in TABS]
    assert links(text, "rankings")[1] == f"board=24h&rank_by=people&{kept}"
    assert re.findall(r'value="(\w+)" aria-pressed="true"', text) == ["30d"]


@pytest.mark.parametrize(
    ("sources", "pages"),
    [
        (["x"], ["https://x.com/hashtag/"]),
        (["mastodon", "bluesky"], ["https://social.example/tags/", "https://bsky.app/hashtag/"]),
    ],
)
def test_a_tag_leads_to_each_network_that_is_read(
    make_client: Make, store: MemoryStore, sources: list[str], pages: list[str]
) -> None:
    store.put("now", source=sources)
    text = make_client(mastodon_url="https://social.example").get("/").text
    assert re.findall('data-page="([^"]*)"', text) == pages


def test_the_rows_of_mastodon_s_board_lead_to_the_configured_server(
    make_client: Make, store: MemoryStore
) -> None:
    """On the page, in the widget, for programs, and in a feed."""
    for name in "all", "now":
        store.put(name, source=["mastodon"], hashtags=entries(1, people=1))
    client = make_client(mastodon_url="https://social.example")
    for path in ("/", "/widget", "/api/v1/trends", "/feed.json"):
        text = client.get(path).text
        assert "https://social.example/tags/tag1" in text, path
        assert "mastodon.social" not in text, path


def test_demo_data_says_how_to_go_on(client: FlaskClient, store: MemoryStore) -> None:
    store.put("now", demo=True)
    text = client.get("/").text
    assert "You are looking at demo data." in text
    assert "Connect your own timeline: <code>make connect</code></summary>" in text
    for command in ("cp .env.example .env", "CONSUMER_KEY", "BLUESKY_HANDLE", "make up"):
        assert f"<code>{command}</code>" in text
    store.put("now")
    assert "You are looking at demo data." not in client.get("/").text


def test_the_feeds_and_the_table_of_the_board_are_linked_to(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.put("24h.people", hashtags=entries(2, people=9))
    text = client.get("/?board=24h&rank_by=people").text
    (part,) = re.findall('<p class="links" id="board-files">(.*?)</p>', text)
    found = dict(re.findall('<a href="([^"]*)">([^<]*)</a>', unescape(part)))
    assert [*found.values()] == ["Atom feed", "JSON Feed", "CSV"]
    for address in found:
        assert "board=24h&rank_by=people" in address
        assert client.get(f"/{address}").status_code == 200


@pytest.mark.parametrize("board", ["1h", "24h", "7d", "now", "rising"])
def test_what_was_read_in_all_is_not_said_of_a_window(
    client: FlaskClient, store: MemoryStore, board: str
) -> None:
    store.put(board)
    text = client.get(f"/widget?board={board}").text
    assert '<span class="totals" part="totals"></span>' in text


def imported(script: str) -> set[str]:
    """The modules that a script imports, directly or not."""
    names = set(re.findall('from "\\./([^"]+)"', (STATIC / script).read_text()))
    return names.union(*map(imported, names))


def test_every_module_of_the_page_is_loaded_at_once(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.put("now")
    text = client.get("/").text
    preloaded = re.findall('<link rel="modulepreload" href="static/([^"]+)">', text)
    scripts = re.findall('<script type="module" src="static/([^"]+)">', text)
    assert "explorer.js" in scripts
    assert set(preloaded) == {name for script in scripts for name in imported(script)}
