"""Atom (RFC 4287) and JSON Feed 1.1 of a board: an entry for each tag on it.

Nothing is remembered between two requests: the feed is made of the board as it is, and the reader
knows by the id of an entry whether it is new. An id is of a board, a tag and a period: a tag that
stays on the board is announced again with the next period, and one that was there only between two
requests is missed. Since all of an id comes from the board, it survives restarts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from web.boards.board import ALL, NOW, PEOPLE, RISING, WINDOWS
from web.boards.titles import board_title, span
from web.embed.lettering import visible
from web.i18n.wording import Wording

NAME = "Tweet Trends"

_ATOM = "http://www.w3.org/2005/Atom"
_JSON_FEED = "https://jsonfeed.org/version/1.1"
_WEEK = "7d"


@dataclass(frozen=True)
class Entry:
    """A tag on a board; `network_url` leads to its posts, `url` to its page here."""

    id: str
    url: str
    network_url: str
    tag: str
    title: str
    text: str


@dataclass(frozen=True)
class Feed:
    """A board as a feed; `updated` is when the board was computed."""

    title: str
    home_url: str
    updated: str
    entries: tuple[Entry, ...]


def feed(trends: Mapping[str, Any], root: str) -> Feed:
    """Make a feed of what docs/contracts/trends.schema.json describes; `root` is our address."""
    title = board_title(trends["board"], trends["rank_by"], trends.get("window"))
    notes = "".join(
        f" ({note})"
        for note, holds in (("demo data", trends["demo"]), ("not up to date", trends["stale"]))
        if holds
    )
    return Feed(
        title=f"{title}{notes} – {NAME}",
        home_url=_page(trends, root),
        updated=trends["as_of"],
        entries=tuple(_entry(trends, each, root) for each in trends["hashtags"]),
    )


def atom(feed: Feed, self_url: str) -> bytes:
    """Return the feed as Atom."""
    whole = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(whole, "id", feed.home_url)
    _add(whole, "title", feed.title)
    _add(whole, "updated", feed.updated)
    _add(_add(whole, "author"), "name", NAME)
    _add(whole, "link", rel="self", type="application/atom+xml", href=self_url)
    _add(whole, "link", rel="alternate", type="text/html", href=feed.home_url)
    for each in feed.entries:
        entry = _add(whole, "entry")
        _add(entry, "id", each.id)
        _add(entry, "title", each.title)
        _add(entry, "updated", feed.updated)
        _add(entry, "link", rel="alternate", type="text/html", href=each.url)
        _add(entry, "link", rel="related", type="text/html", href=each.network_url)
        _add(entry, "category", term=each.tag)
        _add(entry, "content", each.text, type="text")
    document: bytes = ElementTree.tostring(whole, encoding="utf-8", xml_declaration=True)
    return document


def json_feed(feed: Feed, self_url: str, icon_url: str) -> bytes:
    """Return the feed as JSON Feed."""
    document = {
        "version": _JSON_FEED,
        "title": feed.title,
        "home_page_url": feed.home_url,
        "feed_url": self_url,
        "icon": icon_url,
        "language": "en",
        "authors": [{"name": NAME}],
        "items": [
            {
                "id": each.id,
                "url": each.url,
                "external_url": each.network_url,
                "title": each.title,
                "content_text": each.text,
                "date_modified": feed.updated,
                "tags": [each.tag],
            }
            for each in feed.entries
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _entry(trends: Mapping[str, Any], entry: Mapping[str, Any], root: str) -> Entry:
    url = _page(trends, root, tag=entry["key"])
    period = _period(trends["board"], datetime.fromisoformat(trends["as_of"]).date())
    # Of what a network hands over, XML forbids some and the rest would hide or turn the text.
    tag = visible(entry["tag"])
    return Entry(
        id=f"{url}#{period}",
        url=url,
        network_url=entry["url"],
        tag=tag,
        title=f"#{tag} is rising" if trends["board"] == RISING else f"#{tag} is trending",
        text=_text(trends, entry),
    )


def _page(trends: Mapping[str, Any], root: str, **more: str) -> str:
    """Return the address of the page with the board."""
    board = trends["board"]
    by_people = {"rank_by": PEOPLE} if board in WINDOWS and trends["rank_by"] == PEOPLE else {}
    return f"{root}?{urlencode({'board': board, **by_people, **more})}"


def _period(board: str, day: date) -> str:
    """Return the period in which a tag is announced once: the day, or as long as the board's."""
    if board == ALL:
        return "ever"
    return f"{day:%G-W%V}" if board == _WEEK else day.isoformat()


def _text(trends: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Say why a tag is on the board."""
    board = trends["board"]
    if board == RISING:
        reason = Wording("en").reason(entry).replace("\n", " ")
        return f"Rank {entry['rank']}: {reason}."
    uses = _uses(entry)
    window = trends["window"] if board == NOW else board
    if board != ALL:
        return f"Rank {entry['rank']}: {uses} in the last {span(window)}."
    return f"Rank {entry['rank']}: {uses} in total."


def _uses(entry: Mapping[str, Any]) -> str:
    """Return how many posts used a tag, by how many people if that is known."""
    posts = f"{entry['count']:,} {'post' if entry['count'] == 1 else 'posts'}"
    if people := entry.get("people"):
        return f"{posts} by {people:,} {'person' if people == 1 else 'people'}"
    return posts


def _add(
    parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str
) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name, attributes)
    child.text = text
    return child
