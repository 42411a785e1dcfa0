"""X's hashtag rule, for the peers.

Two regular expressions, understood by Java and by Python's `regex` alike. They are those of
twitter-text 3.1.0 but for its list of top-level domains: a URL here ends in any two letters.
"""

# Java looks behind by whole characters only where the pattern itself holds one beyond U+FFFF, so
# a letter of that kind stands here, though `\p{L}` covers it.
_ASTRAL = "\U0001d49c"
# Characters that twitter-text takes as part of a tag beside letters, marks and digits.
_SPECIAL = (
    r"_\u200C\u200D\uA67E\u05BE\u05F3\u05F4\uFF5E\u301C\u309B\u309C\u30A0\u30FB\u3003"
    r"\u0F0B\u0F0C\u00B7"
)
_IN_TAG = rf"\p{{L}}\p{{M}}\p{{Nd}}{_SPECIAL}{_ASTRAL}"

# Group 1 is the tag. The possessive `++` keeps the regular expression from giving characters
# back to get past the last condition: `#abc#` is no tag, not the tag `ab`.
HASHTAG = (
    rf"(?:(?<![&{_IN_TAG}])|(?<=[\uFE0E\uFE0F]))"  # what may stand before
    r"[#＃](?![\uFE0F\u20E3])"  # not a keycap
    rf"(?=[\p{{Nd}}{_SPECIAL}]*+[\p{{L}}\p{{M}}])"  # at least one letter or mark
    rf"([{_IN_TAG}]++)"
    r"(?![#＃]|://)"
)

_LATIN = r"\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0253-\u0254\u0256-\u0257\u025B\u1E00-\u1EFF"
_PATH = rf"a-z0-9\u0400-\u04FF{_LATIN}!*';:=+,.$/%#\[\]\-\u2013_~@|&()"
_PATH_END = rf"a-z0-9\u0400-\u04FF{_LATIN}+\-=_#/)"

# Only a URL with a path or a query can hold a `#` that would otherwise start a tag.
URL = (
    rf"(?i)(?<![a-z0-9@＠$#＃{_LATIN}])(?:https?://)?"
    rf"(?:[a-z0-9{_LATIN}](?:[a-z0-9_\-{_LATIN}]*+)\.)++[a-z]{{2,}}(?::\d++)?"
    rf"(?:/(?:[{_PATH}]*[{_PATH_END}])?)?"
    r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?"
)
