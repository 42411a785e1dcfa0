"""The character sets of X's rules, to be put between the brackets of a character class.

They are those of twitter-text 3.1.0, which are both wider and narrower than they look: its letters
are those of Unicode 7.0, and its classes ignore case as JavaScript does, so the Greek iota, which
is a case variant of a combining mark, is among the Latin accents.
"""

import regex

# Letters, marks and digits added to Unicode after 7.0, and the unassigned characters between them.
# The properties of `regex` include them; twitter-text's tables do not.
_YOUNG = (
    r"\u0558\u0560\u0588-\u058C\u05C8-\u05C9\u05EF\u07FD\u0860-\u089F\u08B3-\u08E3\u09FC-\u09FE"
    r"\u0AF9-\u0AFF\u0B53-\u0B55\u0C04\u0C3C\u0C5A-\u0C5D\u0C80\u0CDC-\u0CDD\u0CF3-\u0D00\u0D04"
    r"\u0D3B-\u0D3C\u0D54-\u0D56\u0D5F\u0D81\u0E86\u0E89\u0E8C\u0E8E-\u0E93\u0E98\u0EA0"
    r"\u0EA8-\u0EA9\u0EAC\u0EBA\u0ECE\u13F5\u13FD\u170D\u1715-\u171F\u180F\u1878\u1ABF-\u1AF0"
    r"\u1B4C\u1C89-\u1C8A\u1CF7\u1CFA\u1DF6-\u1DFB\u208F\u209D-\u209F\u2C2F\u2C5F\u312E-\u312F"
    r"\u31BB-\u31BF\u4DB6-\u4DBF\u9FCD-\u9FFF\uA69E\uA78F\uA7AF\uA7B4-\uA7C3\uA7C7-\uA7CA"
    r"\uA7CC-\uA7DB\uA7DD-\uA7F6\uA82C\uA8C5\uA8FD-\uA8FF\uAB60-\uAB63\uAB66-\uAB6D\uFE2E-\uFE2F"
    r"\U0001032D-\U0001032F\U000104B0-\U000104FB\U00010570-\U000105F3\U00010780-\U000107BF"
    r"\U000108E0-\U000108F5\U00010940-\U00010959\U00010A34-\U00010A35\U00010C80-\U00010FF6"
    r"\U00011070-\U00011075\U000110C2\U00011144-\U00011147\U000111C9-\U000111CF\U000111DC"
    r"\U0001123E-\U000112A8\U00011300\U0001133B\U00011350\U00011380-\U00011461"
    r"\U000115D8-\U000115DD\U000116B8\U000116D0-\U0001183A\U00011900-\U00011ABF"
    r"\U00011B0A-\U00011FB0\U00012399-\U00012FF0\U0001342F-\U00016139\U00016A70-\U00016AC9"
    r"\U00016D40-\U00016ED3\U00016F45-\U00016F4F\U00016F7F-\U00016F87\U00016FE0-\U0001AFFE"
    r"\U0001B002-\U0001B2FB\U0001CCF0-\U0001D128\U0001D250-\U0001D281\U0001D6A6"
    r"\U0001DA00-\U0001E7FE\U0001E900-\U0001E959\U0001FBF0-\U0001FBF9\U0002A6D7-\U0002A6DF"
    r"\U0002B735-\U0002B73F\U0002B81E-\U0002EE5D\U00030000-\U0003FC3F"
)
# Letters only to twitter-text: they are in the private use area.
_PRIVATE = r"\uF870-\uF87F\uF882\uF884-\uF89F\uF8B8\uF8C1-\uF8D6"

# All letters, marks and digits of Unicode 7.0 are here; the last range has variation selectors.
_ASSIGNED = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x30000), *range(0xE0100, 0xE01F0))))


def _ranges(characters: str) -> str:
    """Convert a `regex` class to ranges for `re`, which is twice as fast but has no properties."""
    runs = regex.findall(f"[{characters}]+", _ASSIGNED, regex.VERSION1)
    return "".join(f"{run[0]}-{run[-1]}" for run in runs)


LETTERS_AND_MARKS = _ranges(rf"\p{{L}}\p{{M}}--[{_YOUNG}]") + _PRIVATE
DIGITS = _ranges(rf"\p{{Nd}}--[{_YOUNG}]")
# What a hashtag may contain besides letters, marks and digits.
SPECIALS = (
    r"_\u200C\u200D\uA67E\u05BE\u05F3\u05F4\uFF5E\u301C\u309B\u309C\u30A0\u30FB\u3003"
    r"\u0F0B\u0F0C\u00B7"
)

# Latin letters and marks beyond ASCII.
LATIN = (
    r"\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0253-\u0254\u0256-\u0257\u0259\u025B\u0260\u0263"
    r"\u0268-\u0269\u026F\u0272\u0275\u0280\u0283\u0288-\u028C\u0292\u02BB\u0300-\u036F\u0399"
    r"\u03B9\u1E00-\u1EFF\u1FBE\u2C65-\u2C66\u2C7E-\u2C7F\uA7DC"
)
CYRILLIC = r"\u0400-\u04FF\u1C80-\u1C87"

SPACES = r"\x09-\x0D \x85\xA0\u1680\u180E\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
INVALID = r"\uFEFF\uFFFE\uFFFF"
# Characters that a host name cannot have. It can have any other, even non-ASCII punctuation.
NO_HOST = rf"!#-/:-@\[-_{{-~{SPACES}{INVALID}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069"
