"""X's rule of what a URL is, for Spark's own functions: a `#` in a URL starts no hashtag.

The rule is that of twitter-text 3.1.0 (`extractUrlsWithIndices`), the odd ends of it included. Its
`?`, `*` and `+` are possessive here wherever that changes nothing, and no start is tried that an
earlier one of the same name stands for, so that the time is in proportion to a text's length.
"""

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 -- the name that Spark's own documentation uses

from trends.extract.characters import BROKEN, CYRILLIC, LATIN, NO_HOST_CHARACTER, SPACES
from trends.extract.columns import let
from trends.extract.punycode import is_too_long

# Noncharacters of Unicode, which are put into texts to mark what was found there.
TAG, START, END = "\ufdd0", "\ufdd1", "\ufdd2"
_OTHER = "\ufdd3"

_MAX_CHARACTERS = 4096
_MAX_SHORT_NAME = 40  # of what follows t.co/
# The names that DNS allows have no more labels; the bound keeps Java's stack from running over.
_MAX_LABELS = 126


def _tree(words: Iterable[str]) -> str:
    """A regular expression for any of the words, the longest first, that reads no letter twice."""
    branches, ends = [], False
    for letter, group in groupby(sorted(words), key=lambda word: word[:1]):
        if letter:
            branches.append(letter + _tree(word[1:] for word in group))
        ends = ends or not letter
    tree = f"(?:{'|'.join(branches)})" if branches else ""
    return f"{tree}?" if ends and branches else tree


def _top_level_domain() -> str:
    path = Path(__file__).with_name("tlds.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if not line.startswith("#")]
    ascii_first = _tree(word for word in words if word[0].isascii())
    others = _tree(word for word in words if not word[0].isascii())
    # The case of other letters than ASCII's counts in Java unless it is told otherwise.
    ascii_first = re.sub(r"[^\x00-\x7F]", r"(?u:\g<0>)", ascii_first)
    # Java tries one branch of a tree after the other, so what can be none is told apart before.
    return (
        rf"(?i:(?:(?=[a-z]{{2}}){ascii_first}|(?![\x00-\x7F])(?u:{others}))"
        r"(?![0-9a-z@+\-])|xn--[\-0-9a-z]+)"
    )


_TOP_LEVEL = _top_level_domain()

# The parts of a name: each starts and ends with a character that is no `-` and no `_`, and only
# in parts before the last but one may a `_` be at all.
_HOST = rf"[A-Za-z0-9\u3040-\uD7FF[^{NO_HOST_CHARACTER}]]"  # the usual ones first, for speed
_SUBDOMAIN = rf"{_HOST}[{_HOST}_\-]*+(?<![_\-])\."
_NAME = rf"{_HOST}[{_HOST}\-]*+(?<!-)\."
_DOMAIN = rf"(?:{_SUBDOMAIN}){{0,{_MAX_LABELS}}}{_NAME}{_TOP_LEVEL}"
_ASCII_DOMAIN = rf"(?:[\-A-Za-z0-9{LATIN}]++\.){{1,{_MAX_LABELS}}}{_TOP_LEVEL}"

_PATH_END = rf"A-Za-z0-9{CYRILLIC}{LATIN}+\-=_#/"
_PATH_INNER = rf"!*';:,.$%\[\]\u2013~@|&{TAG}"
_IN_PATH = rf"[{_PATH_END}{_PATH_INNER}]"
_IN_BRACKETS = rf"\((?:{_IN_PATH}++|{_IN_PATH}*+\({_IN_PATH}++\){_IN_PATH}*+)\)"
# Brackets count as an end only where nothing but an end is before them.
_PATH = (
    rf"/(?:[{_PATH_INNER}]*+(?:{_IN_BRACKETS}[{_PATH_INNER}]*+)*+[{_PATH_END}]++)*+"
    rf"(?:{_IN_BRACKETS})*+"
)
_QUERY = rf"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|{TAG}]*[A-Za-z0-9\-_&=#/]"

# Characters of a name that no URL can follow.
_NO_START = rf"A-Za-z0-9＠＃{TAG}"
# A character that a URL can follow and that is one of a name itself.
_START_IN_NAME = rf"(?![{_NO_START}])[{_HOST}_\-]"
# JavaScript sees two characters in one beyond U+FFFF: a name can start between them.
_INSIDE_ASTRAL = r"(?=[\x{10000}-\x{10FFFF}])"
# Of all the places in a run of a name's characters only the first can start a URL; where that one
# fails, the others do too, but for the one after the last `_`.
_BEFORE_NAME = (
    rf"(?:\G(?![{_NO_START}])(?:{_INSIDE_ASTRAL}|{_START_IN_NAME})(?={_HOST})"
    r"|\A"
    rf"|(?:(?![@$#{BROKEN}_\-])[{NO_HOST_CHARACTER}]"
    rf"|(?:[@$#{BROKEN}]|\G)[{_NO_START}]*+(?:{_INSIDE_ASTRAL}|{_START_IN_NAME}))"
    rf"(?:[_\-]*+|(?:[{_HOST}\-]*+_)++-*+))"
)
_BEFORE_PROTOCOL = rf"(?:(?![{_NO_START}@$#{BROKEN}])(?s:.)|\A)(?=(?i:https?)://)"

# Groups: what stands before, the URL, and its protocol, domain and rest.
_URL = (
    rf"({_BEFORE_PROTOCOL}|{_BEFORE_NAME})(((?i:https?)://)?({_DOMAIN})"
    rf"((?::[0-9]++)?+(?:{_PATH})?+(?:{_QUERY})?+))"
)
_GROUPS = 5
_MARKED = START + "".join(f"${group}{END}" for group in range(1, _GROUPS + 1))

# Of a URL without a protocol: it has a path, and stands after none of the characters.
_COUNTS = rf"^(?:[^{END}]*[^\-_./{END}])?{END}[^{END}]*{END}{END}[^{END}]*{END}(?::[0-9]+)?/"
# X's own short URLs end where the name does, or its query; with a long name they are none.
_SHORT = r"https?://t\.co/"
_WITH_PROTOCOL = (
    rf"(?is)^(?:{_SHORT}[a-z0-9]{{1,{_MAX_SHORT_NAME}}}+(?![a-z0-9])(?:{_QUERY})?"
    rf"|(?!{_SHORT}[a-z0-9]).*)"
)


def may_hold_sign(text: Column) -> Column:
    """Whether a `#` may be in a URL, which few texts with one have: the others can be spared."""
    # The path, where it is, or the name after the protocol follows a slash.
    signs = "#＃"
    return text.contains(".") & text.rlike(rf"/[^{SPACES}/{signs}]*+[{signs}]")


def unmarked(text: Column) -> Column:
    """The text, with no mark in it by chance."""
    return F.translate(text, TAG + START + END, _OTHER * 3)


def mark(text: Column) -> Column:
    """The text with `START` and `END` around its URLs; `TAG` may stand before `#` in it.

    URLs in which no hashtag can start are left out.
    """
    parts = F.split(F.regexp_replace(text, _URL, _MARKED), START)
    # Before the first URL there is a part that has none, and no groups.
    return F.array_join(F.transform(parts, lambda part: F.coalesce(_marked(part), part)), "")


def _marked(part: Column) -> Column:
    def groups_marked(groups: Column) -> Column:
        before, url, protocol, domain, rest, after = (F.get(groups, i) for i in range(_GROUPS + 1))

        def entity(names: Column) -> Column:
            return (
                F.when(_is_invalid(url, protocol, domain, names), url)
                .when(protocol != "", F.regexp_replace(url, _WITH_PROTOCOL, f"{START}$0{END}"))
                .when(
                    (F.size(names) > 0) & part.rlike(_COUNTS),
                    _from_last_name(domain, names, rest),
                )
                .otherwise(url)
            )

        names = F.regexp_extract_all(domain, F.lit(_ASCII_DOMAIN), F.lit(0))
        return F.concat(before, let(names, entity), after)

    return let(F.split(part, END), groups_marked)


def _is_invalid(url: Column, protocol: Column, domain: Column, names: Column) -> Column:
    # In units of UTF-16, which JavaScript counts; it counts a protocol twice, or "https://". A name
    # that it starts in the middle of a character is measured here with the whole of it.
    size = F.octet_length(F.encode(F.translate(url, TAG, ""), "UTF-16BE"))
    more = len("https://") - (F.length(protocol) == len("http://")).cast("int")
    labels = F.split(F.translate(domain, TAG, ""), r"\.")
    return (
        (size > 2 * (_MAX_CHARACTERS - more))
        | F.exists(labels, is_too_long)
        | ((F.size(names) == 0) & domain.startswith("xn--"))
    )


def _from_last_name(domain: Column, names: Column, rest: Column) -> Column:
    """Only the last of the domain's parts in Latin letters starts the URL."""
    # Where each is first found after the one before, be that inside another word.
    end = F.aggregate(
        names,
        F.lit(0),
        lambda end, name: F.call_function("locate", name, domain, end + 1) - 1 + F.length(name),
    )
    start = end - F.length(F.element_at(names, F.lit(-1)))
    return F.concat(F.overlay(domain, F.lit(START), start + 1, F.lit(0)), rest, F.lit(END))
