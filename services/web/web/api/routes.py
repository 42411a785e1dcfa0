"""The JSON API, version 1: what the schemas of docs/contracts describe."""

from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from web.api import spreadsheet
from web.api.parameters import (
    CSV,
    board_parameter,
    format_parameter,
    limit_parameter,
    rank_by_parameter,
    span_parameters,
)
from web.boards.repeats import ANSWER, Asked
from web.boards.trends import Trends, to_json
from web.hashtags.histories import Hashtags
from web.hashtags.search import Search


def blueprint(source: Trends, hashtags: Hashtags, search: Search) -> Blueprint:
    """Return the routes under /api/v1."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.get("/trends")
    def trends() -> BaseResponse:
        """One board; 304 when the caller's copy is still the newest."""
        board, wanted = board_parameter(), format_parameter()
        limit, rank_by = limit_parameter(), rank_by_parameter(board)
        answer = source.answer(board, limit, rank_by)
        if wanted == CSV:
            board_file = spreadsheet.board(answer.payload)
            return _csv(board_file, spreadsheet.board_name(answer.payload))
        request.environ[ANSWER] = Asked(board, limit, rank_by, answer)
        response = _json(answer.body)
        response.set_etag(answer.etag)
        return response.make_conditional(request)

    @api.get("/hashtags")
    def search_hashtags() -> BaseResponse:
        """Tags by how they begin; 304 when the caller's copy still says the same."""
        found = search.find(request.args.get("prefix", ""), limit_parameter())
        response = _json(to_json(found))
        response.add_etag()
        return response.make_conditional(request)

    # A network may hand over a tag with slashes in it.
    @api.get("/hashtags/<path:tag>")
    def hashtag(tag: str) -> BaseResponse:
        """One tag's history; 304 when the caller's copy still says the same."""
        wanted = format_parameter()
        history = hashtags.history(tag, *span_parameters())
        if wanted == CSV:
            return _csv(spreadsheet.history(history), spreadsheet.history_name(history))
        response = _json(to_json(history | source.freshness()))
        response.add_etag()
        return response.make_conditional(request)

    @api.get("/status")
    def status() -> Response:
        """Health of each stage, with suggested fixes; a 200 whatever is wrong."""
        return _json(to_json(source.status()))

    return api


def _json(body: bytes) -> Response:
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = "no-cache"
    return response


def _csv(body: bytes, name: str) -> BaseResponse:
    response = Response(body, mimetype="text/csv")
    response.headers["Cache-Control"] = "no-cache"
    # Of a name with other letters only the longer form is understood (RFC 6266).
    named = {"filename": name} if name.isascii() else {"filename*": f"UTF-8''{quote(name)}"}
    response.headers.set("Content-Disposition", "attachment", **named)
    response.add_etag()
    return response.make_conditional(request)
