"""X's rule of what a hashtag is, for Spark's own functions.

The rule is that of twitter-text 3.1.0 (`extractHashtags`), and so are the answers: on generated
texts they are compared with the library's own.
"""

from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 -- the name that Spark's own documentation uses

from trends.extract import urls
from trends.extract.characters import DIGITS, LETTERS_AND_MARKS, SPECIAL
from trends.extract.urls import END, START, TAG

_SIGNS = ("#", "＃")
_SIGN = f"[{''.join(_SIGNS)}]"

# Java looks behind by whole characters only where the pattern itself holds one beyond U+FFFF, so
# a letter of that kind stands here, though it is among the letters already.
_ASTRAL = "\U0001d49c"
_IN_TAG = rf"{LETTERS_AND_MARKS}{DIGITS}{SPECIAL}{_ASTRAL}"

# What stands before the tag itself. A variation selector may be in a tag and may stand before
# one, but not both at once, hence `\G`, the end of what was found before.
_BEFORE = (
    rf"(?={_SIGN})"  # the cheapest of the conditions
    rf"(?:(?<![&{_IN_TAG}])|(?<=[\uFE0E\uFE0F])(?!\G))"
    rf"{_SIGN}(?![\uFE0F\u20E3])"  # not a keycap
    rf"(?=[{DIGITS}{SPECIAL}]*+[{LETTERS_AND_MARKS}])"  # at least one letter or mark
)

# Group 1 is the tag, or nothing: `#abc#` has none, but its letters are used up by it.
HASHTAG = rf"{_BEFORE}(?:([{_IN_TAG}]++)(?!{_SIGN}|://)|[{_IN_TAG}]++)"

# For a text whose URLs are marked: a URL, or a tag that starts outside one. A tag that runs into
# a URL ends it there, as far as hashtags are concerned: of two that overlap, the first one counts.
_MARKED_TAG = rf"{_BEFORE}[{_IN_TAG}]++"
_URL_OR_TAG = (
    rf"{START}[^{END}]*+{END}"
    rf"|{TAG}{_SIGN}((?:[{START}{END}]*+[{_IN_TAG}]++)++)"
    rf"(?![{START}{END}{TAG}]*+(?:{_SIGN}|://))"
)


def hashtags(text: Column) -> Column:
    """The hashtags of a text in their order, without the sign; null where it has no sign at all."""
    has_sign = reduce(Column.__or__, [text.contains(sign) for sign in _SIGNS])
    plain = F.regexp_extract_all(text, F.lit(HASHTAG), F.lit(1))
    found = F.when(urls.may_hold_sign(text), _beside_urls(text)).when(has_sign, plain)
    return F.array_remove(found, "")


def _beside_urls(text: Column) -> Column:
    marked = urls.mark(F.regexp_replace(urls.unmarked(text), _MARKED_TAG, rf"{TAG}$0"))
    found = F.regexp_extract_all(marked, F.lit(_URL_OR_TAG), F.lit(1))
    return F.transform(found, lambda tag: F.translate(tag, START + END, ""))
