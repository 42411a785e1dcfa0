"""The key of a hashtag: the one form under which all its spellings are counted and looked up.

docs/contracts/examples/keys.json defines it by examples. The driver has these few lines of its own.
"""

import re
from unicodedata import category, normalize

# Of a tag of 280 characters, the longest that is counted: NFKC makes 18 of one (U+FDFA) at most.
MAX_KEY_CHARACTERS = 280 * 18

# Unicode's property Default_Ignorable_Code_Point: joiners, selectors, fillers, marks of direction.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# As invisible, but without a property of their own: controls that are not white space, surrogates,
# noncharacters, and characters drawn as nothing, such as the blank of Braille.
_BLANK = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\u2800\ufff9-\ufffc"
    "\U00013430-\U00013442\U0001d159"
    + "".join(
        f"{chr(plane | 0xFFFE)}-{chr(plane | 0xFFFF)}" for plane in range(0, 17 << 16, 1 << 16)
    )
)
_INVISIBLE = re.compile(f"[{_IGNORABLE}{_BLANK}]+")


def key_of(tag: str) -> str:
    """Return the key of a tag with or without its sign; empty if nothing of it can be seen.

    A key is its own key.
    """
    key, before = _fold(tag), tag
    # Folding may compose characters that fold again, or uncover a sign or a blank at the front.
    while key != before:
        key, before = _fold(key), key
    # Marks and blanks alone show nothing.
    return key if any(category(character)[0] not in "MZ" for character in key) else ""


def _fold(tag: str) -> str:
    visible = _INVISIBLE.sub("", tag)
    folded = normalize("NFKC", normalize("NFKC", visible).casefold())
    return " ".join(folded.split()).lstrip("# ")
