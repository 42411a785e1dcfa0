"""The leading hashtags of a board as a picture, for a README."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from web.boards.board import RISING, counted
from web.boards.titles import board_title
from web.boards.trends import Trends
from web.embed.board_settings import embed
from web.embed.lettering import fit, runs_right_to_left, visible, width
from web.http.problems import RETRY_AFTER_SECONDS, NoBoardYet

DEFAULT_LIMIT, MAX_LIMIT = 3, 5

# Pixels; the template has the height to go with them.
FONT_SIZE, PADDING, GAP = 12, 9, 6
LONGEST_TAG = 160

_UNKNOWN_BOARD = "unknown board, showing all time"
_CERTAINTIES = {"low": "still learning", "medium": "first week"}

# Unicode's isolate and its end: a tag keeps its direction to itself.
_ISOLATED = "\u2068{}\u2069"


@dataclass(frozen=True)
class Text:
    """A text in the place that was reckoned for it; one that gets wider is cut off there."""

    text: str
    kind: str
    x: int
    width: int
    right_to_left: bool


@dataclass(frozen=True)
class Badge:
    """What the template draws; `lines` are the places between the groups of texts."""

    title: str
    description: str
    outdated: bool
    label_width: int
    width: int
    texts: tuple[Text, ...]
    lines: tuple[int, ...]


def blueprint(source: Trends, refresh_seconds: int) -> Blueprint:
    """Return /badge.svg; it always is a picture, for nobody reads what is none."""
    badges = Blueprint("badge", __name__)

    @badges.get("/badge.svg")
    def badge() -> BaseResponse:
        """Draw a board as well as it is known; wrong parameters fall back."""
        shown = embed(request.args)
        board, rank_by = shown.board, shown.rank_by
        mistakes = [_UNKNOWN_BOARD] if request.args.get("board", board) != board else []
        try:
            drawn = of_board(source.answer(board, _limit(), rank_by).payload, mistakes)
            seconds = refresh_seconds
        except NoBoardYet:
            waiting = _notes("waiting for the first board", *mistakes)
            drawn = _badge(board_title(board, rank_by), waiting)
            seconds = min(refresh_seconds, RETRY_AFTER_SECONDS)
        picture = render_template("badge.svg", badge=drawn, dark=shown.theme == "dark")
        response = Response(picture, mimetype="image/svg+xml")
        response.headers["Cache-Control"] = f"max-age={seconds}"
        response.add_etag()
        return response.make_conditional(request)

    return badges


def of_board(trends: dict[str, Any], mistakes: Iterable[str] = ()) -> Badge:
    """Return the badge of what docs/contracts/trends.schema.json describes.

    `mistakes` say what was wrong with the address of the picture.
    """
    member = counted(trends["rank_by"])
    groups = [
        [(f"#{visible(entry['tag'])}", "tag"), (f"{entry[member]:,}", "note")]
        for entry in trends["hashtags"]
    ]
    board = trends["board"]
    groups += _notes(
        ("nothing unusual" if board == RISING else "no hashtags") if not groups else None,
        _CERTAINTIES.get(trends.get("certainty", "")),
        "demo data" if trends["demo"] else None,
        "not up to date" if trends["stale"] else None,
        *mistakes,
    )
    title = board_title(board, trends["rank_by"], trends.get("window"))
    return _badge(title, groups, outdated=trends["stale"])


def _notes(*texts: str | None) -> list[list[tuple[str, str]]]:
    """Return a group for each text that there is."""
    return [[(text, "note")] for text in texts if text]


def _limit() -> int:
    limit = request.args.get("limit", "")
    allowed = map(str, range(1, MAX_LIMIT + 1))
    return int(limit) if limit in allowed else DEFAULT_LIMIT


def _badge(
    title: str, groups: Sequence[Sequence[tuple[str, str]]], outdated: bool = False
) -> Badge:
    """Put a label and groups of texts of a kind beside each other."""
    label = _text(title, "label", PADDING)
    label_width = end = label.x + label.width + PADDING
    texts, lines = [label], []
    for group in groups:
        lines.append(end)
        end += PADDING - GAP
        for text, kind in group:
            texts.append(_text(text, kind, end + GAP))
            end += GAP + texts[-1].width
        end += PADDING
    said = "; ".join(" ".join(_ISOLATED.format(text) for text, _ in group) for group in groups)
    return Badge(title, said, outdated, label_width, end, tuple(texts), tuple(lines[1:]))


def _text(text: str, kind: str, x: int) -> Text:
    shown = fit(text, LONGEST_TAG / FONT_SIZE) if kind == "tag" else text
    return Text(shown, kind, x, ceil(width(shown) * FONT_SIZE), runs_right_to_left(text))
