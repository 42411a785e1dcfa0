"""oEmbed 1.0 (https://oembed.com): from the address of a board to the widget that shows it."""

import json
import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from flask import Blueprint, Request, Response, current_app, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from web.address import PUBLIC_URL
from web.board import RISING
from web.embed import Embed, dashboard
from web.embed import embed as read_settings
from web.problems import BadParameter, FormatNotOffered, NotEmbeddable

WIDTH = 360

# Pixels of a widget without its rows, of a row, of a reason in a narrow one, of what `chrome` can
# leave out, and of a ticker; static/snippets.js has the same.
_AROUND = 110
_ROWS = {"list": 44, "compact": 27}
_REASON = 39
_CHROME = {"noheader": 27, "nofooter": 18}
_TICKER = 46

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_SNIPPET = Markup(
    '<iframe src="{}" title="Trending hashtags" width="{}" height="{}" style="border:0" '
    'loading="lazy"></iframe>'
)


def blueprint() -> Blueprint:
    """Return /oembed."""
    oembed = Blueprint("oembed", __name__)

    @oembed.get("/oembed")
    def embed() -> Response:
        """How to show the board that ?url= leads to, for a site that wants to embed it."""
        if request.args.get("format", "json") != "json":
            raise FormatNotOffered
        most_wide, most_high = _most("maxwidth"), _most("maxheight")
        url = request.args.get("url", "")
        if not url:
            raise BadParameter("url", "the address of a page of this service")
        root, shown = _place(url, request)
        response = Response(
            json.dumps(answer(root, shown, most_wide, most_high)), mimetype="application/json"
        )
        response.headers["Cache-Control"] = "max-age=3600"
        return response

    return oembed


def answer(root: str, shown: Embed, most_wide: int | None, most_high: int | None) -> dict[str, Any]:
    """Return oEmbed's answer of the type `rich`; no wider or higher than asked for."""
    settings = dict(shown.settings)
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
    source = f"{root}widget" + (f"?{urlencode(settings)}" if settings else "")
    return {
        "version": "1.0",
        "type": "rich",
        "title": "Trending hashtags",
        "provider_name": "Tweet Trends",
        "provider_url": root,
        "html": _SNIPPET.format(source, width, height),
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


def _place(url: str, asked: Request) -> tuple[str, Embed]:
    """Return this service's address, and what the url shows there.

    Without PUBLIC_URL the address is as in the url. The scheme may be another than the request's:
    a proxy that speaks https need not be trusted for that.

    Raises:
        NotEmbeddable: The url is another service's, or no page with a board.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise NotEmbeddable from error
    host, public = _host(parts), urlsplit(current_app.config[PUBLIC_URL])
    roots = {(asked.host.lower(), quote(asked.root_path) + "/"), (_host(public), public.path)}
    path = parts.path.removesuffix("widget")
    if parts.scheme not in _DEFAULT_PORTS or not host or (host, path) not in roots:
        raise NotEmbeddable
    given = MultiDict(parse_qsl(parts.query, keep_blank_values=True))
    settings = dashboard(given) if parts.path == path else read_settings(given)
    return public.geturl() or f"{parts.scheme}://{host}{path}", settings


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
