"""Folds hashtags to keys: the form under which all spellings of a hashtag are counted.

docs/contracts/examples/keys.json defines keys by examples, which bind every service that makes
keys: each has its own copy of these few lines.
"""

import re
from functools import lru_cache
from unicodedata import category, normalize

# Unicode's property Default_Ignorable_Code_Point: joiners, selectors, fillers, direction marks.
DEFAULT_IGNORABLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
# Also invisible, but without a property of their own: controls other than white space, surrogates,
# noncharacters, and characters that are drawn as nothing (the Braille blank, for instance).
_OTHERS = (
    (0x0, 0x8), (0xE, 0x1F), (0x7F, 0x84), (0x86, 0x9F), (0xD800, 0xDFFF),
    (0xFDD0, 0xFDEF), *((plane | 0xFFFE, plane | 0xFFFF) for plane in range(0, 0x110000, 0x10000)),
    (0x2800, 0x2800), (0xFFF9, 0xFFFC), (0x13430, 0x13442), (0x1D159, 0x1D159),
)  # fmt: skip
_UNSEEN = "".join(f"{chr(first)}-{chr(last)}" for first, last in DEFAULT_IGNORABLE + _OTHERS)
_SIGNS = "#＃﹟"

# Selectors, joiners and flag tags stay at the end of a spelling: they shape what they follow.
_SHAPING = "\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"

_remove_unseen = re.compile(f"[{_UNSEEN}]+").sub
_remove_controls = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]").sub
_find_visible = re.compile(rf"[^\s{_SIGNS}{_UNSEEN}]").search
_match_blank = re.compile(rf"(?![{_SHAPING}])[\s{_UNSEEN}]").match


def key_of(tag: str) -> str:
    """The key of a tag; empty if nothing of the tag is visible. A key is its own key."""
    if tag.isascii() and (tag.isalnum() or tag.isidentifier()):
        return tag.lower()
    return _fold(tag)


@lru_cache(maxsize=16_384)
def _fold(tag: str) -> str:
    folded, key = tag, _fold_once(tag)
    # Folding may compose characters that fold again, and bring a sign or a blank to the front.
    while key != folded:
        folded, key = key, _fold_once(key)
    # Marks and blanks alone show nothing.
    return key if any(category(character)[0] not in "MZ" for character in key) else ""


def _fold_once(tag: str) -> str:
    seen = _remove_unseen("", tag)
    folded = normalize("NFKC", normalize("NFKC", seen).casefold())
    return " ".join(folded.split()).lstrip("# ")


def spelling_of(tag: str) -> str:
    """The tag as it is displayed: without leading signs, and without blanks at its ends.

    Joiners and selectors in between stay; a run of white space becomes one space.
    """
    if tag.isascii() and (tag.isalnum() or tag.isidentifier()):
        return tag
    return _trim(tag)


@lru_cache(maxsize=16_384)
def _trim(tag: str) -> str:
    first = _find_visible(tag)
    start, end = first.start() if first else len(tag), len(tag)
    while end > start and _match_blank(tag, end - 1):
        end -= 1
    return " ".join(_remove_controls("", tag[start:end]).split())
