"""`/widget.js`: the element that draws a board."""

from functools import cache

from web.embed.bundle import Script, bundle, read_texts

_TEXTS = read_texts("board.json")

LANGUAGES = tuple(_TEXTS.pop("lang"))
"""The languages of a board, the first one for everybody else."""


def words(language: str) -> dict[str, str]:
    """Return the words of a board in one of `LANGUAGES`, by name."""
    place = LANGUAGES.index(language)
    return {name: texts[place] for name, texts in _TEXTS.items()}


@cache
def script() -> Script:
    """Return the script with all that it needs."""
    return bundle("widget", ["widget.css"], _TEXTS, LANGUAGES)
