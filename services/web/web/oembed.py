"""oEmbed 1.0 (https://oembed.com): from the address of a board to the widget that shows it."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import Blueprint, Request, Response, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from web.board import RISING
from web.embed import Embed, dashboard
from web.embed import embed as read_settings
from web.problems import BadParameter, FormatNotOffered, NotEmbeddable

WIDTH = 360

# Pixels of a widget without its rows, of a row, and of a reason in a narrow one.
_AROUND, _ROW, _REASON = 110, 44, 39

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
    height = _AROUND + (_ROW + (_REASON if shown.board == RISING else 0)) * shown.limit
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


def _place(url: str, asked: Request) -> tuple[str, Embed]:
    """Return this service's address as in the url, and what is shown there.

    The scheme may be the other one: a proxy that speaks https need not be trusted for that.

    Raises:
        NotEmbeddable: The url is another service's, or no page with a board.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise NotEmbeddable from error
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))
    path = quote(asked.root_path) + "/"
    here = parts.scheme in _DEFAULT_PORTS and host and host == asked.host.lower()
    if not here or parts.path not in (path, f"{path}widget"):
        raise NotEmbeddable
    given = MultiDict(parse_qsl(parts.query, keep_blank_values=True))
    settings = dashboard(given) if parts.path == path else read_settings(given)
    return f"{parts.scheme}://{host}{path}", settings


def _most(name: str) -> int | None:
    value = request.args.get(name)
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        raise BadParameter(name, "a whole number of pixels from 1 to 999999999")
    return int(value)
