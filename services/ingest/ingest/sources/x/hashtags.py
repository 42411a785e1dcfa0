"""The hashtags that X itself names, and what is left of one that a cut goes through.

X cuts the text of a repost at 140 characters and that of a long post at 280, inside a word if need
be: `#photogr…` is a hashtag that nobody wrote.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

# Behind the cut there may be a link to the whole post.
_CUT = re.compile(r"…\s*(?:https?://t\.co/\w+\s*)*\Z", re.ASCII)
# What a hashtag may contain besides letters, marks and digits (twitter-text 3.1.0).
_SPECIALS = frozenset(
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)


def named_hashtags(record: Mapping[str, Any], text: str, *, is_cut: bool) -> list[str] | None:
    """The hashtags of the record's `entities`, None where there are none to be read.

    `text` is what they were found in, and `is_cut` whether it is known to be cut: then one that
    ends at the cut is left out.
    """
    entities = record.get("entities")
    if not isinstance(entities, dict):
        return None
    before = before_cut(text) if is_cut else None
    # X has counted in characters as well as in units of UTF-16.
    ends = set() if before is None else {len(before), _utf16_units(before)}
    hashtags = entities.get("hashtags") or []
    named = [_name_and_end(each) for each in hashtags] if isinstance(hashtags, list) else [None]
    if None in named:
        return None
    return [name for name, end in filter(None, named) if end not in ends]


def before_cut(text: str) -> str | None:
    """What is before the cut that a text ends with, None if it ends with none."""
    cut = _CUT.search(text)
    return text[: cut.start()] if cut else None


def without_stump(text: str) -> str:
    """A text that is known to be cut, without the hashtag that the cut goes through."""
    before = before_cut(text)
    if before is None:
        return text
    start = len(before)
    while start and _is_of_hashtag(before[start - 1]):
        start -= 1
    is_stump = start > 0 and before[start - 1] in "#＃"
    return before[: start - 1] + text[len(before) :] if is_stump else text


def _name_and_end(hashtag: object) -> tuple[str, int | None] | None:
    """API v2 has `tag` and `end`; v1.1 has `text` and `indices`, in archives as strings."""
    if not isinstance(hashtag, dict):
        return None
    name = hashtag.get("tag", hashtag.get("text"))
    indices = hashtag.get("indices")
    end = indices[-1] if isinstance(indices, list) and indices else hashtag.get("end")
    number = int(end) if isinstance(end, int | str) and str(end).isdecimal() else None
    return (name, number) if isinstance(name, str) else None


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_of_hashtag(character: str) -> bool:
    is_letter_or_mark = unicodedata.category(character)[0] in "LM"
    return is_letter_or_mark or character.isdecimal() or character in _SPECIALS
