"""Names of boards in English, for what is not in the visitor's language: page, badge and feeds."""

from web.boards.board import ALL, NOW, PEOPLE, RISING, WINDOWS

_NAMES = {ALL: "Trending of all time", RISING: "Rising", NOW: "Trending now"}
_UNITS = {"h": "hour", "d": "day"}


def board_title(board: str, rank_by: str, window: str | None = None) -> str:
    """Return the name of a board; `window` is that of the board `now`, if known."""
    if board not in WINDOWS:
        return f"Trending, last {span(window)}" if window else _NAMES[board]
    return f"Trending, last {span(board)}" + (", by people" if rank_by == PEOPLE else "")


def span(window: str) -> str:
    """Return a window in words: `24h` is "24 hours"."""
    number, unit = window[:-1], _UNITS[window[-1]]
    return unit if number == "1" else f"{number} {unit}s"
