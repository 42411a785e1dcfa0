"""Finds the URLs in a text by X's rule: a `#` in a URL does not start a hashtag.

The rule is that of twitter-text 3.1.0 (`extractUrlsWithIndices`), quirks included. Its `?`, `*` and
`+` are possessive here wherever that changes nothing, and a position is not tried as a start if an
earlier one would give the same name, so the time is proportional to the text's length.
"""

from collections.abc import Iterator
from functools import cache

import regex

from trends.extract.characters import CYRILLIC, INVALID, LATIN, NO_HOST, SPACES
from trends.extract.domains import HOST, domain, is_valid, latin_domain, second_level_domain

_MAX_CHARACTERS = 4096
_MAX_SHORT_NAME = 40  # of what follows t.co/

_PATH_END = rf"A-Za-z0-9{CYRILLIC}{LATIN}+\-=_#/"
_PATH_INNER = r"!*';:,.$%\[\]\u2013~@|&"
_IN_PATH = rf"[{_PATH_END}{_PATH_INNER}]"
_IN_BRACKETS = rf"\((?:{_IN_PATH}++|{_IN_PATH}*+\({_IN_PATH}++\){_IN_PATH}*+)\)"
# Brackets can end a path only directly after a character that can end it.
_PATH = (
    rf"/(?:[{_PATH_INNER}]*+(?:{_IN_BRACKETS}[{_PATH_INNER}]*+)*+[{_PATH_END}]++)*+"
    rf"(?:{_IN_BRACKETS})*+"
)
_QUERY = r"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[A-Za-z0-9\-_&=#/]"

# Characters of a host name that cannot precede a URL.
_NO_START = r"A-Za-z0-9＠＃"
# A character of a host name that can precede a URL.
_START_IN_NAME = rf"(?![{_NO_START}])[{HOST}_\-]"
# JavaScript sees a character beyond U+FFFF as two, and a name can start between them.
_INSIDE_ASTRAL = r"(?=[\U00010000-\U0010FFFF])"
# In a run of host name characters only the first position needs to be tried as the start of a URL:
# if it fails, the others do too, because less of the run is left for them.
_FIRST = rf"(?:[@$#{INVALID}]|\G)[{_NO_START}]*+"
# A dot between two labels of a name is inside such a run.
_POINT = rf"(?:(?<!{HOST})|(?=\.[_\-])|{_FIRST}{HOST}?+)\."
_BEFORE_NAME = (
    rf"(?:\G(?![{_NO_START}])(?:{_INSIDE_ASTRAL}|{_START_IN_NAME})(?={HOST})|\A[_\-]*+"
    rf"|(?:(?![@$#{INVALID}_\-.])[{NO_HOST}]|{_FIRST}(?:{_INSIDE_ASTRAL}|{_START_IN_NAME})|{_POINT})"
    r"[_\-]*+)"
)
_PROTOCOL = r"[hH][tT][tT][pP][sS]?://"
_BEFORE_PROTOCOL = rf"(?:[^{_NO_START}@$#{INVALID}]|\A)(?={_PROTOCOL})"


@cache
def _url() -> "regex.Pattern[str]":
    """Compile the pattern on first use: it takes half a second, and few texts need it."""
    before = rf"(?<before>{_BEFORE_PROTOCOL}|{_BEFORE_NAME})"
    return regex.compile(
        rf"(?:{before}(?<protocol>{_PROTOCOL})?(?<domain>{domain()})"
        # The second-level label cannot contain a `_`, so it may start after one.
        rf"|(?<before>_-*+)(?<domain>{second_level_domain()}))"
        rf"(?<port>:[0-9]++)?+(?<path>{_PATH})?+(?:{_QUERY})?+",
        regex.VERSION1,
    )


# X's own short URLs end with the name or its query; if the name is too long, they are not URLs.
_SHORT_URL = regex.compile(
    rf"{_PROTOCOL}[tT]\.[cC][oO]/(?<name>[a-zA-Z0-9]++)(?:{_QUERY})?", regex.VERSION1
)
_SLASH_AND_SIGN = regex.compile(rf"/[^{SPACES}/#＃]*+[#＃]")


def may_hold_sign(text: str) -> bool:
    """Whether a `#` may be in a URL. That is rare, so most texts can skip the search for URLs."""
    # In a URL a `#` comes after a slash: the one before the path, or those of the protocol.
    return "." in text and _SLASH_AND_SIGN.search(text) is not None


def find_urls(text: str) -> Iterator[tuple[int, int]]:
    """Find the start and end of each URL in which a hashtag could start."""
    for match in _url().finditer(text):
        if _is_short_enough(match) and is_valid(match["domain"]):
            yield from _with_protocol(match) if match["protocol"] else _without_protocol(match)


def _is_short_enough(match: "regex.Match[str]") -> bool:
    # twitter-text counts UTF-16 code units, and a protocol twice; without one it adds "https://".
    url = match.string[match.end("before") : match.end()] + (match["protocol"] or "https://")
    return len(url.encode("utf-16-le", "surrogatepass")) <= 2 * _MAX_CHARACTERS


def _with_protocol(match: "regex.Match[str]") -> Iterator[tuple[int, int]]:
    start, end = match.end("before"), match.end()
    short = _SHORT_URL.match(match.string, start, end)
    if short is None:
        yield start, end
    elif len(short["name"]) <= _MAX_SHORT_NAME:
        yield start, short.end()


def _without_protocol(match: "regex.Match[str]") -> Iterator[tuple[int, int]]:
    """Yield a URL that has a path; it starts at the last Latin part of its domain."""
    if not match["path"] or match["before"].endswith(("-", "_", ".", "/")):
        return
    start = end = 0
    for name in latin_domain().findall(match["domain"]):
        # The first occurrence after the previous part, even inside another word.
        start = match["domain"].index(name, end)
        end = start + len(name)
    if end:
        yield match.start("domain") + start, match.end()
