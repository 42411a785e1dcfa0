"""Puts what a board says into words; static/widget.js does the same with the browser's `Intl`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from web.boards.board import ALL, NOW, PEOPLE, RISING, WINDOWS
from web.embed.widget import words

# What separates thousands, and decimals, where it is not as in English.
_SEPARATORS = {"de": ".,", "es": ".,", "fr": "\u202f,"}


class Wording:
    """The texts of a board in one of `LANGUAGES`."""

    def __init__(self, language: str) -> None:
        self.words = words(language)
        self._separators = str.maketrans(",.", _SEPARATORS.get(language, ",."))

    def number(self, value: float) -> str:
        """Format a whole number, or any other with two significant digits."""
        exact = Decimal(value if isinstance(value, int) else f"{value:.2g}")
        return f"{exact:,f}".translate(self._separators)

    def plural(self, name: str, size: int) -> str:
        """Return the form of a text that goes with a number of things, which is not 0.

        All languages here have one form for 1 and another for more, where they differ at all; what
        Arabic has besides is not told apart.
        """
        return self.words[f"{name}_one" if size == 1 else name]

    def heading(self, board: str) -> str:
        """Return the name of a board, without its period."""
        return self.words[board if board in (NOW, RISING) else "trending"]

    def period(self, board: str, rank_by: str, window: str | None) -> str:
        """Return the text beside the heading; `window` is that of the board `now`, if known."""
        if board == ALL:
            return self.words[ALL]
        span = board if board in WINDOWS else window
        if span is None:
            return ""
        return symbols(span) + (f" · {self.words['people']}" if rank_by == PEOPLE else "")

    def board_totals(self, trends: Mapping[str, Any]) -> str:
        """Say how many of the posts of a board's time have hashtags; empty where it is not known.

        What was read since the beginning says nothing about a window.
        """
        names = ("tweets_tagged", "tweets_read")
        if trends["board"] != ALL:
            names = ("window_tagged", "window_posts")
        tagged, read = (trends.get(name) for name in names)
        if tagged is None or read is None:
            return ""
        return self.words["totals"].format(tagged=self.number(tagged), read=self.number(read))

    def reason(self, entry: Mapping[str, Any]) -> str:
        """Say why a tag rises; the entry is one of trends.schema.json."""
        return self.plural("reason", entry["people"]).format(
            people=self.number(entry["people"]),
            window=symbols(entry["window"]),
            expected=self.number(entry["expected"]),
        )

    def moved(self, places: int) -> str:
        """Say how many places a tag has gained, or lost if it is less than 0."""
        size = abs(places)
        return self.plural("up" if places > 0 else "down", size).format(n=self.number(size))

    def hours(self, hours: int) -> str:
        """Return a number of hours in symbols."""
        return symbols(f"{hours}h")


def symbols(span: str) -> str:
    """Return a span of time in symbols, which all languages share."""
    return f"{span[:-1]} {span[-1]}"
