"""oEmbed 1.0 (https://oembed.com): from the address of a board or a chart to what shows it."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from flask import Blueprint, Request, Response, current_app, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from web.boards.board import RISING
from web.embed.board_settings import Embed, dashboard
from web.embed.board_settings import embed as read_settings
from web.embed.chart_settings import Chart, chart
from web.embed.tag_page import bare, chart_path
from web.hashtags.key import key_of
from web.http.address import PUBLIC_URL
from web.http.problems import BadParameter, FormatNotOffered, NotEmbeddable
from web.pages.query import read_query

WIDTH = 360

CHART_WIDTH, CHART_HEIGHT = 480, 300

# Pixels of a widget without its rows, of a row, of a reason in a narrow one, of what `chrome` can
# leave out, and of a ticker; static/snippets.js has the same.
_AROUND = 110
_ROWS = {"list": 44, "compact": 27}
_REASON = 39
_CHROME = {"noheader": 27, "nofooter": 18}
_TICKER = 46

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")

# The address of the page `/`, and what follows it: nothing (a board, or the chart of a tag among
# its parameters), a board alone, or a chart alone.
_PATH = re.compile(r"(/(?:.*?/)??)(?:(widget)|embed/tag/([^/]+))?")

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_SNIPPET = Markup(
    '<iframe src="{}" title="{}" width="{}" height="{}" style="border:0" loading="lazy"></iframe>'
)


def blueprint() -> Blueprint:
    """Return /oembed."""
    oembed = Blueprint("oembed", __name__)

    @oembed.get("/oembed")
    def embed() -> Response:
        """How to show what ?url= leads to, for a site that wants to embed it."""
        if request.args.get("format", "json") != "json":
            raise FormatNotOffered
        most_wide, most_high = _most("maxwidth"), _most("maxheight")
        url = request.args.get("url", "")
        if not url:
            raise BadParameter("url", "the address of a page of this service")
        place = _place(url, request)
        response = Response(
            json.dumps(place.answer(most_wide, most_high)), mimetype="application/json"
        )
        response.headers["Cache-Control"] = "max-age=3600"
        return response

    return oembed


@dataclass(frozen=True)
class _Board:
    """A board of the service at `root`."""

    root: str
    shown: Embed

    def answer(self, most_wide: int | None, most_high: int | None) -> dict[str, Any]:
        """Return oEmbed's answer; no wider or higher than asked for."""
        shown, settings = self.shown, dict(self.shown.settings)
        # The frame gets the width; the widget inside fills it.
        width = int(settings.pop("width", WIDTH))
        limit, height = shown.limit, height_of(shown, shown.limit)
        if most_high is not None and most_high < height:
            limit = _fitting(shown, most_high)
            height = height_of(shown, limit)
        if limit != shown.limit:
            settings["limit"] = str(limit)
        # In what is too low for a single row, one is shown as far as there is room.
        width, height = min(width, most_wide or width), min(height, most_high or height)
        path = "widget" + (f"?{urlencode(settings)}" if settings else "")
        return _answer(self.root, path, "Trending hashtags", width, height)


@dataclass(frozen=True)
class _TagChart:
    """The chart of a tag of the service at `root`."""

    root: str
    tag: str
    shown: Chart

    def answer(self, most_wide: int | None, most_high: int | None) -> dict[str, Any]:
        """Return oEmbed's answer; no wider or higher than asked for, for it fills its frame."""
        width = min(CHART_WIDTH, most_wide or CHART_WIDTH)
        height = min(CHART_HEIGHT, most_high or CHART_HEIGHT)
        path = chart_path(self.tag, self.shown)
        return _answer(self.root, path, f"#{bare(self.tag)}", width, height)


def _answer(root: str, path: str, title: str, width: int, height: int) -> dict[str, Any]:
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": "Tweet Trends",
        "provider_url": root,
        "html": _SNIPPET.format(root + path, title, width, height),
        "width": width,
        "height": height,
    }


def height_of(shown: Embed, limit: int) -> int:
    """Return how many pixels high a board with so many rows is in a narrow place."""
    if _layout(shown) == "ticker":
        return _TICKER
    height = _around(shown) + _row(shown) * limit
    return min(height, int(shown.settings.get("max-height", height)))


def _layout(shown: Embed) -> str:
    return shown.settings.get("layout", "list")


def _around(shown: Embed) -> int:
    hidden = shown.settings.get("chrome", "").split()
    return _AROUND - sum(pixels for name, pixels in _CHROME.items() if name in hidden)


def _row(shown: Embed) -> int:
    layout = _layout(shown)
    return _ROWS[layout] + (_REASON if shown.board == RISING and layout == "list" else 0)


def _fitting(shown: Embed, most_high: int) -> int:
    """Return how many of the rows fit into a height, but at least one."""
    if _layout(shown) == "ticker":
        return shown.limit
    return min(shown.limit, max(1, (most_high - _around(shown)) // _row(shown)))


def _place(url: str, asked: Request) -> _Board | _TagChart:
    """Return what the url shows.

    Without PUBLIC_URL the service's address is as in the url. The scheme may be another than the
    request's: a proxy that speaks https need not be trusted for that.

    Raises:
        NotEmbeddable: The url is another service's, or no page with a board or a chart.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise NotEmbeddable from error
    host, public = _host(parts), urlsplit(current_app.config[PUBLIC_URL])
    roots = {(asked.host.lower(), quote(asked.root_path) + "/"), (_host(public), public.path)}
    found = _PATH.fullmatch(parts.path)
    if parts.scheme not in _DEFAULT_PORTS or not host or not found or (host, found[1]) not in roots:
        raise NotEmbeddable
    root = public.geturl() or f"{parts.scheme}://{host}{found[1]}"
    given = MultiDict(parse_qsl(parts.query, keep_blank_values=True))
    if found[2]:
        return _Board(root, read_settings(given))
    if found[3]:
        tag = unquote(found[3])
        if not _has_chart(tag):
            raise NotEmbeddable
        return _TagChart(root, tag, chart(given))
    # Of tags that are compared, the first: it is the one that the page has a card of.
    tag = next(iter(read_query(given).tags), "")
    return _TagChart(root, tag, chart(given)) if _has_chart(tag) else _Board(root, dashboard(given))


def _has_chart(tag: str) -> bool:
    """Whether a tag has a page of its own; one with a slash has none (tag_page.py)."""
    return bool(key_of(tag)) and "/" not in tag


def _host(parts: SplitResult) -> str:
    """Return the host in small letters, with its port unless that is the scheme's own."""
    return parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))


def _most(name: str) -> int | None:
    value = request.args.get(name)
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        raise BadParameter(name, "a whole number of pixels from 1 to 999999999")
    return int(value)
