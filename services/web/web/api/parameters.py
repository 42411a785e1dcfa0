"""Reads the query parameters of the API and of the feeds, and refuses wrong ones."""

import re

from flask import request

from web.boards.board import ALL, BOARDS, DEFAULT_LIMIT, MAX_LIMIT, PEOPLE, RANKINGS, TWEETS
from web.hashtags.history import DEFAULT_HOURS, LONGEST_HOURS, MAX_HOURS, STEPS, default_step
from web.http.problems import BadParameter, NotRankedByPeople

JSON, CSV = "json", "csv"
FORMATS = (JSON, CSV)
"""The formats of boards and histories."""

_LIMIT = re.compile(r"[0-9]{1,3}")
_HOURS = re.compile(r"[0-9]{1,5}")


def board_parameter() -> str:
    """Return ?board=; raise BadParameter for one that does not exist."""
    board = request.args.get("board", ALL)
    if board not in BOARDS:
        raise BadParameter("board", f"one of {', '.join(BOARDS)}")
    return board


def rank_by_parameter(board: str) -> str:
    """Return ?rank_by=; raise for one that there is not, or not of this board."""
    rank_by = request.args.get("rank_by", TWEETS)
    if rank_by not in RANKINGS:
        raise BadParameter("rank_by", f"one of {', '.join(RANKINGS)}")
    if rank_by == PEOPLE and board == ALL:
        raise NotRankedByPeople
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


def format_parameter() -> str:
    """Return ?format=; raise BadParameter for one that is not offered."""
    wanted = request.args.get("format", JSON)
    if wanted not in FORMATS:
        raise BadParameter("format", f"one of {', '.join(FORMATS)}")
    return wanted
