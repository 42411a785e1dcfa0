"""Reads the hashtags in X's `entities`, and drops hashtags that were cut off with the text.

X cuts the text of a repost at 140 characters and that of a long post at 280, even in the middle of
a word: `#photogr…` is a hashtag that nobody wrote.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

# A link to the full post may follow the ellipsis.
_CUT = re.compile(r"…\s*(?:https?://t\.co/\w+\s*)*\Z", re.ASCII)
# Characters allowed in a hashtag besides letters, marks and digits (twitter-text 3.1.0).
_SPECIALS = frozenset(
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003"
    "\u0f0b\u0f0c\u00b7"
)


def named_hashtags(record: Mapping[str, Any], text: str, *, is_cut: bool) -> list[str] | None:
    """Return the hashtags in the record's `entities`, or None if they are missing or malformed.

    `text` is the text that X found them in. If it is known to be cut (`is_cut`), a hashtag that
    ends at the cut is dropped.
    """
    entities = record.get("entities")
    if not isinstance(entities, dict):
        return None
    before = before_cut(text) if is_cut else None
    # X has counted positions in characters as well as in UTF-16 code units.
    ends = set() if before is None else {len(before), _utf16_units(before)}
    hashtags = entities.get("hashtags") or []
    named = [_name_and_end(each) for each in hashtags] if isinstance(hashtags, list) else [None]
    if None in named:
        return None
    return [name for name, end in filter(None, named) if end not in ends]


def before_cut(text: str) -> str | None:
    """Return the text before the cut at its end, or None if it does not end with one."""
    cut = _CUT.search(text)
    return text[: cut.start()] if cut else None


def without_stump(text: str) -> str:
    """Remove the partial hashtag at the end of a text that is known to be cut."""
    before = before_cut(text)
    if before is None:
        return text
    start = len(before)
    while start and _is_of_hashtag(before[start - 1]):
        start -= 1
    is_stump = start > 0 and before[start - 1] in "#＃"
    return before[: start - 1] + text[len(before) :] if is_stump else text


def _name_and_end(hashtag: object) -> tuple[str, int | None] | None:
    """Read `tag` and `end` (API v2), or `text` and `indices` (v1.1; strings in archives)."""
    if not isinstance(hashtag, dict):
        return None
    name = hashtag.get("tag", hashtag.get("text"))
    indices = hashtag.get("indices")
    end = indices[-1] if isinstance(indices, list) and indices else hashtag.get("end")
    return (name, _position(end)) if isinstance(name, str) else None


def _position(value: object) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isdecimal() and len(value) < 10 else None
    return value if isinstance(value, int) else None


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_of_hashtag(character: str) -> bool:
    is_letter_or_mark = unicodedata.category(character)[0] in "LM"
    return is_letter_or_mark or character.isdecimal() or character in _SPECIALS
