"""What people see: the page `/`, and the widget for an iframe."""

import re
from typing import Any

from flask import Blueprint, Response, render_template, request

from web.board import BOARDS, DEFAULT_LIMIT, MAX_LIMIT, PEOPLE, RISING, TWEETS, WINDOWS
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

_RANKINGS = {TWEETS: "Posts", PEOPLE: "People"}

_MIN_REFRESH, _MAX_REFRESH = 2, 3600

_NUMBER = re.compile(r"[0-9]{1,4}")


def blueprint(source: Trends, refresh_seconds: int) -> Blueprint:
    """Return the pages; they work without JavaScript, which only keeps them up to date."""
    pages = Blueprint("pages", __name__)

    @pages.get("/")
    def index() -> Response:
        """Show a board with tabs, and how to put it on a page."""
        view = _view(source, refresh_seconds)
        board, rank_by = view["board"], view["rank_by"]
        return _page(
            "index.html",
            view,
            tabs=[(label, _query(name, rank_by), name == board) for name, label in _TABS.items()],
            rankings=[
                (label, _query(board, name), name == rank_by)
                for name, label in _RANKINGS.items()
                if board in WINDOWS
            ],
            widget=f"{request.url_root}widget?{view['query']}",
        )

    @pages.get("/widget")
    def widget() -> Response:
        """Show a board alone."""
        return _page("widget.html", _view(source, refresh_seconds))

    return pages


def _view(source: Trends, refresh_seconds: int) -> dict[str, Any]:
    """Return what the template `_board.html` shows; wrong parameters fall back."""
    board, limit = _board(), _number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    rank_by = _rank_by(board)
    view: dict[str, Any] = {
        "board": board,
        "rank_by": rank_by,
        "query": _query(board, rank_by),
        "title": "Rising" if board == RISING else "Trending",
        "period": _PERIODS[board],
        "heading": _PERIODS[board] + (", by people" if rank_by == PEOPLE else ""),
        "limit": limit,
        "refresh": _number("refresh", refresh_seconds, _MIN_REFRESH, _MAX_REFRESH),
        "waiting_for": None,
        "trends": None,
        "first_poll": None,
    }
    try:
        view["trends"] = source.answer(board, limit, rank_by).payload
    except NoBoardYet as error:
        view["waiting_for"] = error.members["waiting_for"]
        view["first_poll"] = RETRY_AFTER_SECONDS
    return view


def _board() -> str:
    board = request.args.get("board", "")
    return board if board in BOARDS else BOARDS[0]


def _rank_by(board: str) -> str:
    return PEOPLE if board in WINDOWS and request.args.get("rank_by") == PEOPLE else TWEETS


def _query(board: str, rank_by: str) -> str:
    """Return the parameters for a board; one that knows no people is ranked by tweets."""
    by_people = board in WINDOWS and rank_by == PEOPLE
    return f"board={board}" + (f"&rank_by={PEOPLE}" if by_people else "")


def _number(name: str, default: int, least: int, most: int) -> int:
    value = request.args.get(name, "")
    return int(value) if _NUMBER.fullmatch(value) and least <= int(value) <= most else default


def _page(template: str, view: dict[str, Any], **more: Any) -> Response:
    response = Response(render_template(template, view=view, **more), mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache"
    return response
