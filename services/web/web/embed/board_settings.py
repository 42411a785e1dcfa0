"""The settings of an embedded board: attributes of the element, parameters of `/widget`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from web.boards.board import (
    ALL,
    BOARDS,
    DEFAULT_LIMIT,
    MAX_LIMIT,
    NOW,
    RANKINGS,
    TWEETS,
    ranking_of,
)
from web.embed.widget import LANGUAGES

THEMES = ("auto", "light", "dark", "transparent")
CHROME = ("noheader", "nofooter", "noborder", "transparent")
COUNTS = ("auto", "exact", "compact", "off")
LAYOUTS = ("list", "compact", "ticker")

Checks = Mapping[str, Callable[[str], object | None]]
"""The check of each setting; None from a check says that the value is wrong."""

_NUMBER = re.compile(r"[0-9]{1,4}")
_ACCENT = re.compile(r"#?(?:[0-9a-fA-F]{3}){1,2}")
# A language, and perhaps a region: "en", "en-GB", "es-419".
_LOCALE = re.compile(r"([a-zA-Z]{2})(-(?:[a-zA-Z]{2}|[0-9]{3}))?")
_PAUSED = {"": True, "1": True, "0": False}


@dataclass(frozen=True)
class Embed:
    """How a board is to look; what static/widget.js makes of the same attributes.

    `attributes` are the settings as they were given, the wrong ones too: the element warns of
    them in the console. `settings` are the right ones among them. The other members are what
    holds: a wrong value counts as absent.
    """

    attributes: Mapping[str, str]
    settings: Mapping[str, str]
    board: str
    rank_by: str
    limit: int
    lang: str | None
    theme: str
    links: bool
    count: str
    paused: bool

    @property
    def color_scheme(self) -> str:
        """What the page in an iframe declares."""
        return color_scheme(self.theme)


def color_scheme(theme: str) -> str:
    """Return what a page in an iframe declares; with a theme of its own it is that."""
    return theme if theme in ("light", "dark") else "light dark"


def embed(given: Mapping[str, str]) -> Embed:
    """Read the settings among `given`; others are ignored."""
    attributes, values = check(given, CHECKS)
    board = values.get("board", ALL)
    return Embed(
        attributes=attributes,
        settings={name: attributes[name] for name in values},
        board=board,
        rank_by=ranking_of(board, values.get("rank_by", TWEETS)),
        limit=values.get("limit", DEFAULT_LIMIT),
        lang=values.get("lang"),
        theme=values.get("theme", THEMES[0]),
        links=values.get("links") != "off",
        count=values.get("count", COUNTS[0]),
        paused=values.get("paused", False),
    )


def check(given: Mapping[str, str], checks: Checks) -> tuple[dict[str, str], dict[str, Any]]:
    """Return those of the settings among `given`, and the values of the right ones."""
    attributes = {name: given[name] for name in checks if name in given}
    checked = {name: checks[name](text) for name, text in attributes.items()}
    return attributes, {name: value for name, value in checked.items() if value is not None}


def dashboard(given: Mapping[str, str]) -> Embed:
    """Read the settings of the page `/`, which shows the board `now` unless told otherwise."""
    board = given.get("board")
    return embed({**given, "board": board if board in BOARDS else NOW})


def locale_of(tag: str) -> str | None:
    """Return a tag such as en-GB, with its region, if its language is one of ours."""
    match = _LOCALE.fullmatch(tag)
    return tag if match and match[1] in LANGUAGES else None


def language_of(locale: str) -> str:
    """Return the language of a tag such as en-GB."""
    return locale.split("-")[0]


def one_of(*words: str) -> Callable[[str], str | None]:
    """Return the check of a setting that has to be one of some words."""
    return lambda text: text if text in words else None


def whole(least: int, most: int) -> Callable[[str], int | None]:
    """Return the check of a setting that has to be a whole number."""
    return lambda text: (
        int(text) if _NUMBER.fullmatch(text) and least <= int(text) <= most else None
    )


def _chrome(text: str) -> str | None:
    return text if set(text.split(" ")) <= {"", *CHROME} else None


def _accent(text: str) -> str | None:
    return text if _ACCENT.fullmatch(text) else None


CHECKS: Checks = {
    "board": one_of(*BOARDS),
    "rank_by": one_of(*RANKINGS),
    "limit": whole(1, MAX_LIMIT),
    "refresh": whole(2, 3600),
    "theme": one_of(*THEMES),
    "lang": locale_of,
    "width": whole(200, 1200),
    "max-height": whole(100, 4000),
    "layout": one_of(*LAYOUTS),
    "chrome": _chrome,
    "links": one_of("on", "off"),
    "count": one_of(*COUNTS),
    "paused": _PAUSED.get,
    "accent": _accent,
}
"""The settings of a board."""
