"""The JSON API, version 1: what the schemas of docs/contracts describe."""

import re

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from web.board import ALL, BOARDS, DEFAULT_LIMIT, MAX_LIMIT, PEOPLE, RANKINGS, TWEETS
from web.hashtag import DEFAULT_HOURS, LONGEST_HOURS, MAX_HOURS, STEPS, default_step
from web.hashtags import Hashtags
from web.problems import BadParameter
from web.trends import Trends, to_json

_LIMIT = re.compile(r"[0-9]{1,3}")
_HOURS = re.compile(r"[0-9]{1,5}")


def blueprint(source: Trends, hashtags: Hashtags) -> Blueprint:
    """Return the routes under /api/v1."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.get("/trends")
    def trends() -> BaseResponse:
        """One board; 304 when the caller's copy is still the newest."""
        board = board_parameter()
        answer = source.answer(board, limit_parameter(), rank_by_parameter(board))
        response = _json(answer.body)
        response.set_etag(answer.etag)
        return response.make_conditional(request)

    # A network may hand over a tag with slashes in it.
    @api.get("/hashtags/<path:tag>")
    def hashtag(tag: str) -> BaseResponse:
        """One tag's history; 304 when the caller's copy still says the same."""
        response = _json(to_json(hashtags.history(tag, *span_parameters())))
        response.add_etag()
        return response.make_conditional(request)

    @api.get("/status")
    def status() -> Response:
        """How all is going, and what to do; a 200 whatever is wrong."""
        return _json(to_json(source.status()))

    return api


def board_parameter() -> str:
    """Return ?board=; raise BadParameter for one that does not exist."""
    board = request.args.get("board", ALL)
    if board not in BOARDS:
        raise BadParameter("board", f"one of {', '.join(BOARDS)}")
    return board


def rank_by_parameter(board: str) -> str:
    """Return ?rank_by=; raise BadParameter for one that there is not, or not of this board."""
    rank_by = request.args.get("rank_by", TWEETS)
    if rank_by not in RANKINGS:
        raise BadParameter("rank_by", f"one of {', '.join(RANKINGS)}")
    if rank_by == PEOPLE and board == ALL:
        others = [name for name in BOARDS if name != ALL]
        raise BadParameter(
            "rank_by",
            f"{TWEETS} with board={ALL}: who used a tag is known for the last days only, "
            f"so ask for one of {', '.join(others)}",
        )
    return rank_by


def span_parameters() -> tuple[str, int]:
    """Return ?step= and ?hours=; raise BadParameter unless the step reaches so far back."""
    text = request.args.get("hours", str(DEFAULT_HOURS))
    hours = int(text) if _HOURS.fullmatch(text) else 0
    if not 1 <= hours <= MAX_HOURS:
        raise BadParameter("hours", f"a whole number from 1 to {MAX_HOURS}")
    step = request.args.get("step", default_step(hours))
    if step not in STEPS:
        raise BadParameter("step", f"one of {', '.join(STEPS)}")
    if hours > LONGEST_HOURS[step]:
        coarser = next(each for each, longest in LONGEST_HOURS.items() if hours <= longest)
        raise BadParameter(
            "hours", f"at most {LONGEST_HOURS[step]} with step={step}: for more take step={coarser}"
        )
    return step, hours


def limit_parameter() -> int:
    """Return ?limit=; raise BadParameter unless it is a number that is allowed."""
    limit = request.args.get("limit", str(DEFAULT_LIMIT))
    if not _LIMIT.fullmatch(limit) or not 1 <= int(limit) <= MAX_LIMIT:
        raise BadParameter("limit", f"a whole number from 1 to {MAX_LIMIT}")
    return int(limit)


def _json(body: bytes) -> Response:
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = "no-cache"
    return response
