"""Parses the boards that the driver writes to HBase (docs/contracts/hbase.md)."""

import json
import math
from dataclasses import dataclass
from typing import Any

RISING = "rising"
BOARDS = (RISING, "now", "1h", "24h", "7d", "all")


@dataclass(frozen=True)
class Rise:
    """Why a tag rises: `observed` people used it in `window`, where `expected` are usual."""

    window: str
    observed: int
    expected: float
    score: float


@dataclass(frozen=True)
class Entry:
    """A hashtag on a board; `people` is None where they are not counted."""

    rank: int
    tag: str
    key: str
    count: int
    people: int | None = None
    rise: Rise | None = None


@dataclass(frozen=True)
class Board:
    """A board. Only `now` has a `window`: how far it looks back."""

    name: str
    source: tuple[str, ...]
    demo: bool
    entries: tuple[Entry, ...]
    window: str | None = None


def parse_board(name: str, cell: bytes) -> Board:
    """Parse the cell `b:board` of the row `name`; raise ValueError if it breaks the contract."""
    try:
        raw = json.loads(cell)
        return Board(
            name=name,
            source=tuple(_text(each) for each in raw["source"]),
            demo=bool(raw["demo"]),
            entries=tuple(_entry(name, each) for each in raw["hashtags"]),
            window=_text(raw["window"]) if name == "now" else None,
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _entry(board: str, raw: dict[str, Any]) -> Entry:
    return Entry(
        rank=_whole(raw["rank"]),
        tag=_text(raw["tag"]),
        key=_text(raw["key"]),
        count=_whole(raw["count"]),
        people=_whole(raw["people"]) if "people" in raw else None,
        rise=_rise(raw) if board == RISING else None,
    )


def _rise(raw: dict[str, Any]) -> Rise:
    return Rise(
        window=_text(raw["window"]),
        observed=_whole(raw["observed"]),
        expected=_number(raw["expected"]),
        score=_number(raw["score"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r:.40} is not text")
    # Raises UnicodeEncodeError, a ValueError, for a lone surrogate, which no message could carry.
    value.encode()
    return value


def _whole(value: Any) -> int:
    # Not isinstance: JSON's true is not a number, though Python's bool is an int.
    if type(value) is not int:
        raise ValueError(f"{value!r:.40} is not a whole number")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{value!r:.40} is not a number")
    return float(value)
