"""A board as it is stored, and as it is served: pure functions, no input or output."""

import json
import math
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

RISING = "rising"
WINDOWS = ("1h", "24h", "7d")
BOARDS = ("all", *WINDOWS, RISING)
"""The boards that can be asked for."""

TWEETS, PEOPLE = "tweets", "people"
RANKINGS = (TWEETS, PEOPLE)
"""What a board can be ranked by; by people only those of `WINDOWS` can."""

# Where a tag leads: the page of the first of these networks that the tweets came from. Archives
# and the demo are X's kind; of Mastodon it is the largest server, for the reader's own is private.
PAGES = {
    "x": "https://x.com/hashtag/",
    "bluesky": "https://bsky.app/hashtag/",
    "mastodon": "https://mastodon.social/tags/",
}

MAX_LIMIT = 100
DEFAULT_LIMIT = 10


def row_of(board: str, rank_by: str) -> str:
    """Return the row key in HBase of a board with a ranking."""
    return board if rank_by == TWEETS else f"{board}.{rank_by}"


def counted(rank_by: str) -> str:
    """Return the member of an entry that a ranking goes by."""
    return PEOPLE if rank_by == PEOPLE else "count"


ROWS = (*BOARDS, *(row_of(board, PEOPLE) for board in WINDOWS))
"""The row keys of all boards."""

_AS_OF = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


@dataclass(frozen=True)
class Rise:
    """Why a tag is on the rising board: its tweets of the last hour, and how many were usual."""

    observed: int
    expected: float
    score: float


@dataclass(frozen=True)
class Hashtag:
    """One line of a board.

    `change` is None for a tag that was not on the earlier board; `people`, the distinct authors,
    where they are not known.
    """

    rank: int
    tag: str
    key: str
    count: int
    change: int | None
    people: int | None = None
    rise: Rise | None = None


@dataclass(frozen=True)
class Board:
    """What docs/contracts/hbase.md calls a board, checked.

    `warming_up` tells of the rising board that it does not know yet what is usual.
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
    warming_up: bool = False


def parse_board(row: str, cell: bytes) -> Board:
    """Read the cell `b:board` of a row; ValueError says what is wrong with it.

    Members that are not in the contract are ignored: a newer driver may add some. An older one
    knew no ranking but that by tweets, and did not count people.
    """
    raw = json.loads(cell)
    if not isinstance(raw, dict):
        raise ValueError("it is not a JSON object")
    name, rank_by = raw.get("board"), raw.get("rank_by", TWEETS)
    if name not in BOARDS or rank_by not in RANKINGS or row_of(name, rank_by) != row:
        raise ValueError(f"board is {name!r}, rank_by is {rank_by!r}")
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
        hashtags=tuple(_hashtag(each, name, rank_by) for each in _member(raw, "hashtags", list)),
        warming_up=name == RISING and _member(raw, "warming_up", bool),
    )


def _hashtag(raw: Any, board: str, rank_by: str) -> Hashtag:
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
    )


def _rise(raw: dict[str, Any]) -> Rise:
    expected, score = _member(raw, "expected", float), _member(raw, "score", float)
    # Python reads NaN and Infinity, which JSON does not have.
    if not (0 < expected < math.inf and 0 <= score < math.inf):
        raise ValueError(f"expected is {expected}, score is {score}")
    return Rise(_number(raw, "observed", 1), expected, score)


def _member(raw: dict[str, Any], name: str, kind: type) -> Any:
    value = raw.get(name)
    # Not isinstance: JSON's true is no number, though Python's bool is an int.
    if type(value) is not kind:
        raise ValueError(f"{name} is missing or not of type {kind.__name__}")
    return value


def _number(raw: dict[str, Any], name: str, least: int = 0) -> int:
    value: int = _member(raw, name, int)
    if value < least:
        raise ValueError(f"{name} is {value}")
    return value


def is_old(board: Board, now: datetime, limit_seconds: int) -> bool:
    """Whether nothing has refreshed the board for longer than the limit."""
    return (now - board.as_of).total_seconds() > limit_seconds


def trends(board: Board, *, limit: int, stale: bool, poll_after_seconds: int) -> dict[str, Any]:
    """Return the first `limit` tags as docs/contracts/trends.schema.json has them."""
    page = next((url for name, url in PAGES.items() if name in board.source), PAGES["x"])
    return {
        "board": board.board,
        "rank_by": board.rank_by,
        "as_of": board.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "stale": stale,
        "source": sorted(set(board.source)),
        "demo": board.demo,
        "tweets_read": board.tweets_read,
        "tweets_tagged": board.tweets_tagged,
        "poll_after_seconds": poll_after_seconds,
        **({"warming_up": board.warming_up} if board.board == RISING else {}),
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
            }
            for entry in board.hashtags[:limit]
        ],
    }


def etag(board: Board, *, limit: int, stale: bool, poll_after_seconds: int) -> str:
    """Return a name for exactly what `trends` returns for the same arguments."""
    state = "stale" if stale else "fresh"
    row = row_of(board.board, board.rank_by)
    return f"{row}-{board.version}-{limit}-{poll_after_seconds}-{state}"
