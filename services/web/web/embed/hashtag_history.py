"""`/hashtag-history.js`: the element that draws the chart of one tag."""

from functools import cache

from web.embed import widget
from web.embed.bundle import Script, bundle, read_texts
from web.embed.widget import LANGUAGES

# What is called the same on a board.
_SHARED = ("count", "count_one", "demo", "stale", "failed", "pause")

_TEXTS = read_texts("history.json")


def words(language: str) -> dict[str, str]:
    """Return the words of a chart in one of `LANGUAGES`, by name."""
    place = LANGUAGES.index(language)
    shared = widget.words(language)
    own = {name: texts[place] for name, texts in _TEXTS.items()}
    return {name: shared[name] for name in _SHARED} | own


@cache
def script() -> Script:
    """Return the script with all that it needs; the frame of the chart is that of a board."""
    spoken = [words(language) for language in LANGUAGES]
    texts = {name: [each[name] for each in spoken] for name in spoken[0]}
    return bundle("hashtag-history", ["widget.css", "hashtag-history.css"], texts, LANGUAGES)
