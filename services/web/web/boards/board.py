"""A board as it is stored, and as it is served: pure functions, no input or output."""

import json
import math
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from web.hashtags.networks import tag_page

ALL, RISING, NOW = "all", "rising", "now"
WINDOWS = ("1h", "24h", "7d")
BOARDS = (ALL, *WINDOWS, RISING, NOW)
"""The boards that can be asked for."""

TWEETS, PEOPLE = "tweets", "people"
RANKINGS = (TWEETS, PEOPLE)
"""What a board can be ranked by; only `WINDOWS` leave a choice."""

RISING_WINDOWS = ("1h", "2h", "5h", "12h", "24h", "48h")
NOW_WINDOWS = (*RISING_WINDOWS, "7d")
"""How far back a rising tag's people are counted, and the board `now` looks."""

MOST_SURPRISE = 10**9
"""Stands for once in so many boards, or more."""

_MOST_HOURS = 4 * 7 * 24
# Daily and weekly habits show once so many hours are known.
_DAY, _WEEK = 24, 7 * 24

MOST_POINTS = 30
"""The most points of a sparkline."""

MAX_LIMIT = 100
DEFAULT_LIMIT = 10


def ranking_of(board: str, rank_by: str) -> str:
    """Return what a board is ranked by when `rank_by` is asked for."""
    if board in WINDOWS:
        return rank_by
    return TWEETS if board == ALL else PEOPLE


def row_of(board: str, rank_by: str) -> str:
    """Return the row key in HBase of a board with a ranking."""
    return f"{board}.{PEOPLE}" if board in WINDOWS and rank_by == PEOPLE else board


def counted(rank_by: str) -> str:
    """Return the member of an entry that a ranking goes by."""
    return PEOPLE if rank_by == PEOPLE else "count"


ROWS = (*BOARDS, *(row_of(board, PEOPLE) for board in WINDOWS))
"""The row keys of all boards."""

_AS_OF = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


class EarlierDriverError(ValueError):
    """A rising board written by an earlier driver; the current one soon replaces it."""


@dataclass(frozen=True)
class Rise:
    """Why a tag is on the rising board.

    `observed` people used it in `window`, where `expected` are usual. By chance, any tag would get
    this far once in `surprise` boards; `score` is the natural logarithm behind that.
    """

    window: str
    observed: int
    expected: float
    surprise: int
    score: float


@dataclass(frozen=True)
class Hashtag:
    """One line of a board.

    `change` is None for a tag that was not on the earlier board; `people`, the distinct authors,
    where they are not known. `points` are its sparkline's, the oldest first; None if an earlier
    driver wrote the board.
    """

    rank: int
    tag: str
    key: str
    count: int
    change: int | None
    people: int | None = None
    rise: Rise | None = None
    points: tuple[int, ...] | None = None


@dataclass(frozen=True)
class WindowTotals:
    """Distinct posts in a board's window, and those of them that have hashtags."""

    posts: int
    tagged: int


@dataclass(frozen=True)
class Board:
    """What docs/contracts/hbase.md calls a board, checked.

    Only `rising` has `known_hours`, the hours of the past that are known; only `now` has
    `window`, how far it looks back. Each point of a sparkline counts the posts of `point_minutes`.
    `totals` are None on `all`, and while the driver does not know those of the whole window.
    """

    board: str
    rank_by: str
    as_of: datetime
    version: int
    source: tuple[str, ...]
    demo: bool
    tweets_read: int
    tweets_tagged: int
    hashtags: tuple[Hashtag, ...]
    known_hours: int | None = None
    window: str | None = None
    point_minutes: int | None = None
    totals: WindowTotals | None = None


def parse_board(row: str, cell: bytes) -> Board:
    """Read the cell `b:board` of a row; ValueError says what is wrong with it.

    Members that are not in the contract are ignored: a newer driver may add some. An older one
    knew no ranking but that by tweets, and did not count people; or wrote no sparklines.

    Raises:
        EarlierDriverError: It is a rising board without reasons.
    """
    raw = json.loads(cell)
    if not isinstance(raw, dict):
        raise ValueError("it is not a JSON object")
    name, rank_by = raw.get("board"), raw.get("rank_by", TWEETS)
    if name == row == RISING and "known_hours" not in raw:
        raise EarlierDriverError("known_hours is missing")
    if (
        name not in BOARDS
        or rank_by not in RANKINGS
        or rank_by != ranking_of(name, rank_by)
        or row != row_of(name, rank_by)
    ):
        raise ValueError(f"board is {name!r}, rank_by is {rank_by!r}")
    has_points = "point_minutes" in raw
    as_of = _member(raw, "as_of", str)
    if not _AS_OF.fullmatch(as_of):
        raise ValueError(f"as_of is {as_of!r}")
    return Board(
        board=name,
        rank_by=rank_by,
        as_of=datetime.fromisoformat(as_of),
        version=_number(raw, "version"),
        source=tuple(str(source) for source in _member(raw, "source", list)),
        demo=_member(raw, "demo", bool),
        tweets_read=_number(raw, "tweets_read"),
        tweets_tagged=_number(raw, "tweets_tagged"),
        hashtags=tuple(
            _hashtag(each, name, rank_by, has_points=has_points)
            for each in _member(raw, "hashtags", list)
        ),
        known_hours=_number(raw, "known_hours", 0, _MOST_HOURS) if name == RISING else None,
        window=_one_of(raw, "window", NOW_WINDOWS) if name == NOW else None,
        point_minutes=_number(raw, "point_minutes", 1) if has_points else None,
        totals=_totals(raw) if name != ALL and "window_posts" in raw else None,
    )


def _totals(raw: dict[str, Any]) -> WindowTotals:
    return WindowTotals(_number(raw, "window_posts"), _number(raw, "window_tagged"))


def _hashtag(raw: Any, board: str, rank_by: str, *, has_points: bool) -> Hashtag:
    if not isinstance(raw, dict):
        raise ValueError("an entry of hashtags is not a JSON object")
    tag, key = _member(raw, "tag", str), _member(raw, "key", str)
    if not tag or not key:
        raise ValueError("tag or key is empty")
    # Raises UnicodeEncodeError, a ValueError, for a lone surrogate: no UTF-8, no URL.
    (tag + key).encode()
    change = raw.get("change")
    if change is not None and type(change) is not int:
        raise ValueError(f"change is {change!r}")
    counts_people = rank_by == PEOPLE or (board in WINDOWS and "people" in raw)
    return Hashtag(
        rank=_number(raw, "rank", 1),
        tag=tag,
        key=key,
        count=_number(raw, "count", 1),
        change=change,
        people=_number(raw, "people") if counts_people else None,
        rise=_rise(raw) if board == RISING else None,
        points=_points(raw) if has_points else None,
    )


def _points(raw: dict[str, Any]) -> tuple[int, ...]:
    points = _member(raw, "points", list)
    if not 1 <= len(points) <= MOST_POINTS:
        raise ValueError(f"points has {len(points)} numbers")
    if not all(type(each) is int and each >= 0 for each in points):
        raise ValueError(f"points is {points}")
    return tuple(points)


def _rise(raw: dict[str, Any]) -> Rise:
    expected, score = _member(raw, "expected", float), _member(raw, "score", float)
    # Python reads NaN and Infinity, which JSON does not have.
    if not (0 < expected < math.inf and 0 <= score < math.inf):
        raise ValueError(f"expected is {expected}, score is {score}")
    return Rise(
        window=_one_of(raw, "window", RISING_WINDOWS),
        observed=_number(raw, "observed", 1),
        expected=expected,
        surprise=_number(raw, "surprise", 1, MOST_SURPRISE),
        score=score,
    )


def _member(raw: dict[str, Any], name: str, kind: type) -> Any:
    value = raw.get(name)
    # Not isinstance: JSON's true is no number, though Python's bool is an int.
    if type(value) is not kind:
        raise ValueError(f"{name} is missing or not of type {kind.__name__}")
    return value


def _number(raw: dict[str, Any], name: str, least: int = 0, most: float = math.inf) -> int:
    value: int = _member(raw, name, int)
    if not least <= value <= most:
        raise ValueError(f"{name} is {value}")
    return value


def _one_of(raw: dict[str, Any], name: str, values: tuple[str, ...]) -> str:
    value: str = _member(raw, name, str)
    if value not in values:
        raise ValueError(f"{name} is {value!r}")
    return value


def certainty(known_hours: int) -> str:
    """Return how well the rising board knows what is usual."""
    return "low" if known_hours < _DAY else "medium" if known_hours < _WEEK else "high"


def is_old(board: Board, now: datetime, limit_seconds: int) -> bool:
    """Whether nothing has refreshed the board for longer than the limit."""
    return (now - board.as_of).total_seconds() > limit_seconds


def trends(
    board: Board, *, limit: int, stale: bool, poll_after_seconds: int, mastodon_url: str
) -> dict[str, Any]:
    """Return the first `limit` tags as docs/contracts/trends.schema.json has them.

    `mastodon_url` is the server that tags lead to if the posts are all Mastodon's.
    """
    page = tag_page(board.source, mastodon_url)
    return {
        "board": board.board,
        "rank_by": board.rank_by,
        "as_of": board.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "stale": stale,
        "source": sorted(set(board.source)),
        "demo": board.demo,
        "tweets_read": board.tweets_read,
        "tweets_tagged": board.tweets_tagged,
        **_totals_of_window(board),
        "poll_after_seconds": poll_after_seconds,
        **_only_of_this_board(board),
        **({} if board.point_minutes is None else {"point_minutes": board.point_minutes}),
        "hashtags": [
            {
                "rank": entry.rank,
                "tag": entry.tag,
                "key": entry.key,
                "count": entry.count,
                **({} if entry.people is None else {"people": entry.people}),
                "change": entry.change,
                "url": page + quote(entry.tag, safe=""),
                **(asdict(entry.rise) if entry.rise else {}),
                **({} if entry.points is None else {"points": entry.points}),
            }
            for entry in board.hashtags[:limit]
        ],
    }


def _totals_of_window(board: Board) -> dict[str, Any]:
    if board.totals is None:
        return {}
    return {"window_posts": board.totals.posts, "window_tagged": board.totals.tagged}


def _only_of_this_board(board: Board) -> dict[str, Any]:
    if board.known_hours is not None:
        known_hours = board.known_hours
        return {"known_hours": known_hours, "certainty": certainty(known_hours)}
    return {} if board.window is None else {"window": board.window}


def etag(board: Board, *, limit: int, stale: bool, poll_after_seconds: int) -> str:
    """Return a name for exactly what `trends` returns for the same arguments."""
    state = "stale" if stale else "fresh"
    row = row_of(board.board, board.rank_by)
    return f"{row}-{board.version}-{limit}-{poll_after_seconds}-{state}"
