"""Matches domain names by X's rule: their labels, top-level domains and lengths."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import groupby

import regex

from trends.extract.characters import LATIN, NO_HOST

_MAX_LABEL = 63
# DNS allows no names with more labels.
_MAX_LABELS = 127

# The labels of a name: each starts and ends with a character that is neither `-` nor `_`, and only
# those before the second-level label may contain a `_`.
HOST = rf"[^{NO_HOST}]"
_SUBDOMAIN = rf"{HOST}[{HOST}_\-]*+(?<![_\-])\."
_SECOND_LEVEL = rf"{HOST}[{HOST}\-]*+(?<!-)\."
_IN_LATIN = rf"[\-A-Za-z0-9{LATIN}]"

_BETWEEN_STOPS = regex.compile(r"[^\u3002\uFF0E\uFF61]+")


def domain() -> str:
    """A pattern for a domain name."""
    return rf"(?:{_SUBDOMAIN}){{0,{_MAX_LABELS - 2}}}{second_level_domain()}"


@cache
def second_level_domain() -> str:
    """A pattern for the last two labels of a domain name."""
    return _SECOND_LEVEL + _top_level_domain()


@cache
def latin_domain() -> "regex.Pattern[str]":
    """A pattern for a domain name in Latin letters, possibly inside a longer name."""
    # Starting inside a run of such labels finds nothing that starting at its beginning does not.
    start = rf"(?:\G|(?<!{_IN_LATIN}\.?))"
    return regex.compile(rf"{start}(?:{_IN_LATIN}++\.)+{_top_level_domain()}", regex.VERSION1)


@cache
def _top_level_domain() -> str:
    # The package may be in an archive (trends/workers.py).
    lines = files(__package__).joinpath("tlds.txt").read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if not line.startswith("#")]
    ascii_first = _tree(word for word in words if word[0].isascii())
    others = _tree(word for word in words if not word[0].isascii())
    # The branches of a tree are tried one by one, so it pays to check the first letters before.
    return (
        rf"(?:(?:(?=[A-Za-z]{{2}}){ascii_first}|(?![\x00-\x7F]){others})(?![0-9A-Za-z@+\-])"
        r"|[xX][nN]--[\-0-9A-Za-z]+)"
    )


def _tree(words: Iterable[str]) -> str:
    """A trie as a pattern: it prefers the longest of the words and reads no letter twice."""
    branches, ends = [], False
    for letter, group in groupby(sorted(words), key=lambda word: word[:1]):
        if letter:
            branches.append(_either_case(letter) + _tree(word[1:] for word in group))
        ends = ends or not letter
    tree = f"(?:{'|'.join(branches)})" if branches else ""
    return f"{tree}?" if ends and branches else tree


def _either_case(letter: str) -> str:
    # Both cases of ASCII are written out: `regex` takes the Kelvin sign for a `k`, X does not.
    return f"[{letter}{letter.upper()}]" if letter.isascii() else f"(?i:{letter})"


def is_valid(domain: str) -> bool:
    """Whether the labels of a name that matches `domain()` are valid."""
    if domain.startswith("xn--") and latin_domain().search(domain) is None:
        return False
    return all(len(label) <= _MAX_LABEL >= len(to_ascii(label)) for label in domain.split("."))


def to_ascii(label: str) -> str:
    """Encode a label of a domain name in Punycode (RFC 3492), unless it is ASCII."""
    # A label that contains full stops of other scripts is encoded in parts.
    return label if label.isascii() else _BETWEEN_STOPS.sub(_part_to_ascii, label)


def _part_to_ascii(part: "regex.Match[str]") -> str:
    return part[0] if part[0].isascii() else "xn--" + part[0].encode("punycode").decode("ascii")
