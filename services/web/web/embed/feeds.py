"""Serves a board as a feed: `/feed.atom` and `/feed.json`."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from web.api.parameters import board_parameter, limit_parameter, rank_by_parameter
from web.boards.trends import Trends
from web.embed.feed import Feed, atom, feed, json_feed
from web.http import address

_PARAMETERS = ("board", "rank_by", "limit")


def blueprint(source: Trends) -> Blueprint:
    """Return the routes of the feeds."""
    feeds = Blueprint("feeds", __name__)

    @feeds.get("/feed.atom")
    def atom_feed() -> BaseResponse:
        """One board as Atom; 304 when the reader's copy still says the same."""
        return _answer(atom(_feed(source), _self()), "application/atom+xml")

    @feeds.get("/feed.json")
    def json_feed_of_a_board() -> BaseResponse:
        """One board as JSON Feed; 304 when the reader's copy still says the same."""
        icon = f"{address.root()}static/apple-touch-icon.png"
        return _answer(json_feed(_feed(source), _self(), icon), "application/feed+json")

    return feeds


def _feed(source: Trends) -> Feed:
    board = board_parameter()
    answer = source.answer(board, limit_parameter(), rank_by_parameter(board))
    return feed(answer.payload, address.root())


def _self() -> str:
    """Return the address of the feed that is asked for, as seen from outside."""
    query = urlencode({name: request.args[name] for name in _PARAMETERS if name in request.args})
    return f"{address.root()}{request.path[1:]}" + (f"?{query}" if query else "")


def _answer(body: bytes, kind: str) -> BaseResponse:
    response = Response(body, mimetype=kind)
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response.make_conditional(request)
