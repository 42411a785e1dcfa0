"""Finds the hashtags of a text by X's rule.

The rule is that of twitter-text 3.1.0 (`extractHashtags`); tests compare the results with the
library's own.
"""

import re
from collections.abc import Iterator

from trends.extract import urls
from trends.extract.characters import DIGITS, LETTERS_AND_MARKS, SPECIALS


def _pattern(signs: str, letters: str, digits: str, specials: str) -> "re.Pattern[str]":
    """Compile a pattern for hashtags; group 1 is the tag, or empty if the match is not a hashtag.

    `#abc#` has no tag. Its second sign is part of the match, as no tag can start there: X lets one
    start right after a variation selector, unless that belongs to another tag.
    """
    sign, in_tag = f"[{signs}]", f"{letters}{digits}{specials}"
    return re.compile(
        # The characters before are checked second, because searching for a sign is fastest. White
        # space and ASCII are checked apart from the other characters, a large class, for speed.
        rf"{sign}(?:(?<=\s{sign})|(?<![&{in_tag}]{sign})|(?<=[\uFE0E\uFE0F]{sign}))"
        r"(?![\uFE0F\u20E3])"  # a keycap
        rf"(?=[A-Za-z]|[{digits}{specials}]*+[{letters}])"  # at least one letter or mark
        rf"(?:([A-Za-z0-9_]*+(?:(?!\s)[{in_tag}]++)?+)(?!{sign}|://)|[{in_tag}]++{sign}?)"
    )


_IN_ASCII = _pattern("#", "A-Za-z", "0-9", "_")
_IN_ANY = _pattern("#＃", LETTERS_AND_MARKS, DIGITS, SPECIALS)


def find_hashtags(text: str) -> list[str]:
    """Find the hashtags of a text, in order and without their signs."""
    if "#" not in text and "＃" not in text:
        return []
    hashtag = _IN_ASCII if text.isascii() else _IN_ANY
    if "/" in text and urls.may_hold_sign(text):
        return list(_outside_urls(text, hashtag))
    return [tag for tag in hashtag.findall(text) if tag]


def _outside_urls(text: str, hashtag: "re.Pattern[str]") -> Iterator[str]:
    """Yield the tags outside URLs; if a tag and a URL overlap, the first one counts."""
    tags = [(match.start(), match.end(), match[1]) for match in hashtag.finditer(text) if match[1]]
    found = [(start, end, "") for start, end in urls.find_urls(text)]
    reached = 0
    for start, end, tag in sorted(found + tags):
        if start >= reached:
            reached = end
            if tag:
                yield tag
