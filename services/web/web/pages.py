"""What people see: the page `/`, and the widget for an iframe."""

import re
from typing import Any

from flask import Blueprint, Response, render_template, request

from web.board import BOARDS, DEFAULT_LIMIT, MAX_LIMIT, RISING
from web.problems import RETRY_AFTER_SECONDS, NoBoardYet
from web.trends import Trends

_PERIODS = {
    "all": "so far",
    "1h": "last hour",
    "24h": "last 24 hours",
    "7d": "last 7 days",
    RISING: "last hour",
}

_TABS = {"all": "So far", "1h": "Last hour", "24h": "24 hours", "7d": "7 days", RISING: "Rising"}

_MIN_REFRESH, _MAX_REFRESH = 2, 3600

_NUMBER = re.compile(r"[0-9]{1,4}")


def blueprint(source: Trends, refresh_seconds: int) -> Blueprint:
    """Return the pages; they work without JavaScript, which only keeps them up to date."""
    pages = Blueprint("pages", __name__)

    @pages.get("/")
    def index() -> Response:
        """Show a board with tabs, and how to put it on a page."""
        view = _view(source, refresh_seconds)
        address = f"{request.url_root}widget?board={view['board']}"
        return _page("index.html", view, tabs=_TABS, widget=address)

    @pages.get("/widget")
    def widget() -> Response:
        """Show a board alone."""
        return _page("widget.html", _view(source, refresh_seconds))

    return pages


def _view(source: Trends, refresh_seconds: int) -> dict[str, Any]:
    """Return what the template `_board.html` shows; wrong parameters fall back."""
    board, limit = _board(), _number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    view: dict[str, Any] = {
        "board": board,
        "title": "Rising" if board == RISING else "Trending",
        "period": _PERIODS[board],
        "limit": limit,
        "refresh": _number("refresh", refresh_seconds, _MIN_REFRESH, _MAX_REFRESH),
        "waiting_for": None,
        "trends": None,
        "first_poll": None,
    }
    try:
        view["trends"] = source.answer(board, limit).payload
    except NoBoardYet as error:
        view["waiting_for"] = error.members["waiting_for"]
        view["first_poll"] = RETRY_AFTER_SECONDS
    return view


def _board() -> str:
    board = request.args.get("board", "")
    return board if board in BOARDS else BOARDS[0]


def _number(name: str, default: int, least: int, most: int) -> int:
    value = request.args.get(name, "")
    return int(value) if _NUMBER.fullmatch(value) and least <= int(value) <= most else default


def _page(template: str, view: dict[str, Any], **more: Any) -> Response:
    response = Response(render_template(template, view=view, **more), mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache"
    return response
