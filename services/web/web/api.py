"""The JSON API, version 1: docs/contracts/trends.schema.json and status.schema.json."""

import json
import re
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from web.board import BOARDS, DEFAULT_LIMIT, MAX_LIMIT
from web.problems import BadParameter
from web.trends import Trends

_LIMIT = re.compile(r"[0-9]{1,3}")


def blueprint(source: Trends) -> Blueprint:
    """Return the routes under /api/v1."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.get("/trends")
    def trends() -> BaseResponse:
        """One board; 304 when the caller's copy is still the newest."""
        answer = source.answer(board_parameter(), limit_parameter())
        response = _json(answer.payload)
        response.set_etag(answer.etag)
        return response.make_conditional(request)

    @api.get("/status")
    def status() -> Response:
        """How all is going, and what to do; a 200 whatever is wrong."""
        return _json(source.status())

    return api


def board_parameter() -> str:
    """Return ?board=; raise BadParameter for one that does not exist."""
    board = request.args.get("board", BOARDS[0])
    if board not in BOARDS:
        raise BadParameter("board", f"one of {', '.join(BOARDS)}")
    return board


def limit_parameter() -> int:
    """Return ?limit=; raise BadParameter unless it is a number that is allowed."""
    limit = request.args.get("limit", str(DEFAULT_LIMIT))
    if not _LIMIT.fullmatch(limit) or not 1 <= int(limit) <= MAX_LIMIT:
        raise BadParameter("limit", f"a whole number from 1 to {MAX_LIMIT}")
    return int(limit)


def _json(payload: dict[str, Any]) -> Response:
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    response = Response(text, mimetype="application/json")
    response.headers["Cache-Control"] = "no-cache"
    return response
