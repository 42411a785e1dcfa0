"""Text for a picture: what of it may be drawn, and about how wide that gets."""

import unicodedata

ELLIPSIS = "…"
ZWNJ, ZWJ = "\u200c", "\u200d"

# Controls, direction marks and overrides, surrogates, what is no character, line breaks: XML
# forbids some, and the others change or hide what stands around them. The two joiners belong to
# the spelling of Persian and of emoji.
_INVISIBLE = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")

_RIGHT_TO_LEFT = ("R", "AL")

# In ems of Verdana and of DejaVu Sans, which are as wide as each other, whichever is more.
_ASCII = {
    **dict.fromkeys("ijl|'I .,:;!`", 0.35),
    **dict.fromkeys('frt()[]{}-/\\"', 0.46),
    **dict.fromkeys("mwMW@%", 1.0),
    **dict.fromkeys("#&+<=>~^ADGHNOQU", 0.84),
}
_CAPITAL, _SMALL = 0.7, 0.64
_WIDE, _EMOJI, _SPACING_MARK, _JOINED, _OTHER_LETTER = 1.05, 1.35, 0.4, 0.62, 0.8


def visible(text: str) -> str:
    """Return the text without the characters that cannot or must not be drawn."""
    kept = (ZWNJ, ZWJ)
    return "".join(c for c in text if c in kept or unicodedata.category(c) not in _INVISIBLE)


def width(text: str) -> float:
    """Return how wide the text gets, in ems: rather too much than too little."""
    return sum(map(_width, text))


def fit(text: str, room: float) -> str:
    """Return the text, or as much of its beginning as leaves room, in ems, for an ellipsis."""
    if width(text) <= room:
        return text
    left, kept = room - width(ELLIPSIS), ""
    for character in text:
        left -= _width(character)
        if left < 0:
            break
        kept += character
    return kept.rstrip(ZWJ) + ELLIPSIS


def runs_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is of a script from right to left."""
    directions = map(unicodedata.bidirectional, text)
    return next((d for d in directions if d in ("L", *_RIGHT_TO_LEFT)), "L") != "L"


def _width(character: str) -> float:
    if character in _ASCII:
        return _ASCII[character]
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return _EMOJI if category in ("So", "Sk") else _WIDE
    if category == "Mc":
        return _SPACING_MARK
    if unicodedata.bidirectional(character) in _RIGHT_TO_LEFT:
        return _JOINED
    if category == "Lu" and character.isascii():
        return _CAPITAL
    return _OTHER_LETTER if category in ("Lu", "Lo") else _SMALL
