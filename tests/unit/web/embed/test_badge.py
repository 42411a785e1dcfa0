"""The picture for a README: always one, whatever the board, the parameters or the tags."""

import unicodedata
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from support.memory_store import REASON, MemoryStore, entries
from web.embed.lettering import fit, runs_right_to_left, visible, width

Make = Callable[..., FlaskClient]

SVG = "{http://www.w3.org/2000/svg}"
DRAWN_TAGS = {"svg", "title", "desc", "rect", "path", "g", "text"}


def draw(client: FlaskClient, query: str = "") -> ElementTree.Element:
    response = client.get(f"/badge.svg{query}")
    assert response.status_code == 200
    assert response.mimetype == "image/svg+xml"
    return ElementTree.fromstring(response.data)


def texts(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def said(svg: ElementTree.Element) -> tuple[str, str]:
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None and description is not None
    return title.text or "", description.text or ""


def tagged(*tags: str) -> list[dict[str, Any]]:
    return [{**entry, "tag": tag} for entry, tag in zip(entries(len(tags)), tags, strict=True)]


def test_the_leading_tags_are_drawn_with_their_counts(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.put(hashtags=entries(9))
    svg = draw(client)
    counted = ["#tag1", "999", "#tag2", "998", "#tag3", "997"]
    assert texts(svg) == ["Trending of all time", *counted]
    title, description = said(svg)
    assert title == "Trending of all time"
    assert (
        description
        == "\u2068#tag1\u2069 \u2068999\u2069; \u2068#tag2\u2069 \u2068998\u2069; "
        + ("\u2068#tag3\u2069 \u2068997\u2069")
    )
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == "title description"


@pytest.mark.parametrize(
    ("query", "label", "tags"),
    [
        ("?board=24h&limit=5", "Trending, last 24 hours", 5),
        ("?board=24h&rank_by=people&limit=1", "Trending, last 24 hours, by people", 1),
        ("?board=24h&rank_by=likes", "Trending, last 24 hours", 3),
        ("?board=rising&limit=2", "Rising", 2),
        ("?board=rising&rank_by=people", "Rising", 3),
        ("?board=now&limit=2", "Trending, last 12 hours", 2),
        ("?board=now&rank_by=tweets", "Trending, last 12 hours", 3),
        ("?board=all&limit=0", "Trending of all time", 3),
        ("?limit=6", "Trending of all time", 3),
        ("?rank_by=people&limit=1e0", "Trending of all time", 3),
        ("?limit=%FF", "Trending of all time", 3),
        ("?limit=99999999999999999999999999&limit=2", "Trending of all time", 3),
    ],
)
def test_parameters_are_obeyed_and_wrong_ones_fall_back(
    client: FlaskClient, store: MemoryStore, query: str, label: str, tags: int
) -> None:
    store.put(hashtags=entries(9))
    store.put("24h", hashtags=entries(9))
    store.put("24h.people", hashtags=entries(9, people=17))
    store.put("rising", hashtags=entries(9, **REASON | {"people": 17}))
    store.put("now", hashtags=entries(9, people=17))
    found = texts(draw(client, query))
    assert found[0] == label
    assert found[1::2] == [f"#tag{n}" for n in range(1, tags + 1)]
    by_people = "by people" in label or "board=now" in query or "board=rising" in query
    assert ("17" in found) is by_people


@pytest.mark.parametrize("query", ["?board=nope", "?board=", "?board=%00"])
def test_an_unknown_board_is_said(client: FlaskClient, store: MemoryStore, query: str) -> None:
    note = "unknown board, showing all time"
    assert texts(draw(client, query))[1:] == ["waiting for the first board", note]
    store.put(hashtags=entries(1))
    svg = draw(client, query)
    assert texts(svg) == ["Trending of all time", "#tag1", "999", note]
    assert note in said(svg)[1]
    assert note not in texts(draw(client, "?board=all"))


@pytest.mark.parametrize(
    ("window", "label"),
    [
        ("1h", "Trending, last hour"),
        ("2h", "Trending, last 2 hours"),
        ("48h", "Trending, last 48 hours"),
        ("7d", "Trending, last 7 days"),
    ],
)
def test_the_badge_of_now_says_how_far_it_looks_back(
    client: FlaskClient, store: MemoryStore, window: str, label: str
) -> None:
    waiting = ["Trending now", "waiting for the first board"]
    assert texts(draw(client, "?board=now")) == waiting
    store.put("now", window=window)
    assert texts(draw(client, "?board=now"))[0] == label


@pytest.mark.parametrize(
    ("changes", "drawn"),
    [
        ({"hashtags": []}, ["no hashtags"]),
        ({"demo": True}, ["#Café", "412", "demo data"]),
        ({"as_of": "2026-11-22T10:00:00Z"}, ["#Café", "412", "not up to date"]),
        ({"as_of": "2026-11-22T10:00:00Z", "hashtags": []}, ["no hashtags", "not up to date"]),
    ],
)
def test_how_the_board_stands_is_drawn(
    client: FlaskClient, store: MemoryStore, changes: dict[str, Any], drawn: list[str]
) -> None:
    store.put(**changes)
    svg = draw(client)
    assert texts(svg)[1:] == drawn
    assert all(each in said(svg)[1] for each in drawn)
    store.go_down()
    assert texts(draw(client))[-1] == "not up to date"


def test_a_stale_board_has_no_colour(client: FlaskClient, store: MemoryStore) -> None:
    store.put()
    assert "#4f46e5" in client.get("/badge.svg").text
    store.go_down()
    assert "#4f46e5" not in client.get("/badge.svg").text


@pytest.mark.parametrize(
    ("known_hours", "notes"),
    [(23, ["still learning"]), (24, ["first week"]), (167, ["first week"]), (168, [])],
)
def test_the_rising_board_says_how_little_it_knows(
    client: FlaskClient, store: MemoryStore, known_hours: int, notes: list[str]
) -> None:
    store.put("rising", hashtags=[], known_hours=known_hours)
    assert texts(draw(client, "?board=rising"))[1:] == ["nothing unusual", *notes]


@pytest.mark.parametrize("down", [False, True])
def test_before_the_first_board_it_is_a_picture_too(
    client: FlaskClient, store: MemoryStore, down: bool
) -> None:
    if down:
        store.go_down()
    assert texts(draw(client)) == ["Trending of all time", "waiting for the first board"]


def test_a_copy_is_kept_as_long_as_the_widget_waits(
    client: FlaskClient, make_client: Make, store: MemoryStore
) -> None:
    waiting = make_client(refresh_seconds=300).get("/badge.svg")
    assert waiting.headers["Cache-Control"] == "max-age=5"
    store.put()
    assert client.get("/badge.svg").headers["Cache-Control"] == "max-age=10"
    slow = make_client(refresh_seconds=300).get("/badge.svg")
    assert slow.headers["Cache-Control"] == "max-age=300"


def test_an_unchanged_picture_is_304(client: FlaskClient, store: MemoryStore) -> None:
    store.put(version=1)
    first = client.get("/badge.svg")
    known = {"If-None-Match": first.headers["ETag"]}
    store.put(version=2)
    again = client.get("/badge.svg", headers=known)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "max-age=10"
    store.put(tweets_read=7, hashtags=entries(1))
    assert client.get("/badge.svg", headers=known).status_code == 200


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</text><script>alert(1)</script>",
    "]]><!-- -->&lt;&#0;",
    '" onload="alert(1)',
    "{{ 7 * 7 }}",
    "__proto__",
    "\u202eevil\u2066\u200f",
    "\u200b\ufeff\u00ad",
    "\x00\x01\x08\x0b\x1f\x7f\x85",
    "a\u2028b\u2029c\nd",
    "\ufffe\uffff\U0001ffff\ufdd0",
    "e" + "\u0301" * 99,
    "\u200d" * 100,
    "👨\u200d👩\u200d👧\u200d👦" * 14,
    "W" * 100,
    "漢" * 100,
    "شكرا" * 25,
]


@pytest.mark.parametrize("tag", HOSTILE)
def test_a_hostile_tag_is_text(client: FlaskClient, store: MemoryStore, tag: str) -> None:
    store.put(hashtags=tagged("first", tag, "last"))
    svg = draw(client)
    assert {each.tag.removeprefix(SVG) for each in svg.iter()} == DRAWN_TAGS
    assert not [name for each in svg.iter() for name in each.attrib if name.startswith("on")]
    shown = texts(svg)[3]
    assert shown.startswith("#")
    if shown.endswith("…"):
        assert visible(tag).startswith(shown[1:-1])
    else:
        assert shown == f"#{visible(tag)}"
    assert texts(svg)[1::2] == ["#first", shown, "#last"]
    everything = "".join(svg.itertext()).replace("\u2068", "").replace("\u2069", "")
    categories = {unicodedata.category(c) for c in everything} - {"Cf"}
    assert not categories & {"Cs", "Cn", "Zl", "Zp"}
    assert {c for c in everything if unicodedata.category(c) == "Cc"} <= {"\n"}
    assert {c for c in everything if unicodedata.category(c) == "Cf"} <= {"\u200c", "\u200d"}


@pytest.mark.parametrize("tag", HOSTILE)
def test_every_text_has_a_place_of_its_own(
    client: FlaskClient, store: MemoryStore, tag: str
) -> None:
    store.put(hashtags=tagged(tag, tag, tag, tag, tag), demo=True)
    svg = draw(client, "?limit=5")
    places = [
        (int(each.attrib["x"]), int(each.attrib["width"]))
        for each in svg.iter(f"{SVG}svg")
        if "x" in each.attrib
    ]
    assert len(places) == 12
    ends = [x + w for x, w in places]
    assert all(end < x for end, (x, _) in zip(ends, places[1:], strict=False))
    assert ends[-1] < int(svg.attrib["width"]) < 1500
    assert all(w <= 161 for _, w in places[1:])


@pytest.mark.parametrize(
    ("tag", "right_to_left"),
    [
        ("Tea", False),
        ("شكرا", True),
        ("תודה", True),
        ("2026شكرا", True),
        ("Tea_شكرا", False),
        ("漢字", False),
        ("___", False),
    ],
)
def test_a_tag_runs_as_its_first_letter(
    client: FlaskClient, store: MemoryStore, tag: str, right_to_left: bool
) -> None:
    assert runs_right_to_left(f"#{tag}") is right_to_left
    store.put(hashtags=tagged(tag))
    directions = [text.get("direction") for text in draw(client).iter(f"{SVG}text")]
    assert directions == [None, "rtl" if right_to_left else None, None]


def test_what_is_wide_is_reckoned_wide() -> None:
    assert width("ill") < width("tea") < width("TEA") < width("WMW")
    assert width("漢字漢") >= 3
    assert width("e\u0301\u0301") == width("e")
    assert width("\u200d\u200c\ufe0f") == 0
    assert width("🙂") > width("漢")


@pytest.mark.parametrize(
    "text", ["#trending" * 9, "#漢字" * 20, "#" + "👩\u200d👧" * 9, "#" + "e\u0301" * 60]
)
def test_what_does_not_fit_ends_with_an_ellipsis(text: str) -> None:
    cut = fit(text, 13)
    assert width(cut) <= 13
    assert cut.endswith("…") and "\u200d…" not in cut
    assert text.startswith(cut[:-1])
    # An accent stays with its letter.
    assert not unicodedata.combining(text[len(cut) - 1])
    assert fit("#short", 13) == "#short"


def test_the_picture_has_a_dark_variant(client: FlaskClient, store: MemoryStore) -> None:
    """With the same texts; nothing else but `dark` is a theme of its own."""
    store.put(hashtags=entries(2))
    light, dark = draw(client), draw(client, "?theme=dark")
    assert texts(light) == texts(dark)
    grounds = [svg.find(f"{SVG}rect") for svg in (light, dark)]
    assert [ground.get("fill") for ground in grounds if ground is not None] == [
        "#ffffff",
        "#15171c",
    ]
    assert client.get("/badge.svg?theme=blue").data == client.get("/badge.svg").data
