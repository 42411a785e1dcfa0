"""Hashtags are exactly those that X's own library, twitter-text, finds."""

import random
import time

import pytest

from reference import texts, twitter_text
from reference.comparison import differences
from support import oracle
from trends.extract.hashtags import find_hashtags

# Each is for one clause of X's rule.
CLAUSES = [
    ("#start and ＃fullwidth", ["start", "fullwidth"]),
    ("a#b c&#d _#e 1#f é#g", []),
    ('"#quoted" (#bracketed) .#dotted、#comma', ["quoted", "bracketed", "dotted", "comma"]),
    ("#1 #12_ #1a #a1", ["1a", "a1"]),
    ("#under_score #mid·dot #a\u200cb", ["under_score", "mid·dot", "a\u200cb"]),
    ("#one#two #three＃four", []),
    ("#scheme:// #colon: x", ["colon"]),
    ("#️⃣ #⃣ keycaps", []),
    (
        "#東京タワー #안녕 #مرحبا #हिन्दी #Ünïcödé",
        ["東京タワー", "안녕", "مرحبا", "हिन्दी", "Ünïcödé"],
    ),
    ("日本#no 日本 #yes", ["yes"]),
    ("#𝒜stral #𠮷野家", ["𝒜stral", "𠮷野家"]),
    ("☀️#after_a_selector", ["after_a_selector"]),
    ("http://x.com/#no https://x.com/a?b=#no x.com/#no #yes", ["yes"]),
    ("http://t.co/abc、#after http://t.co/abc #spaced", ["after", "spaced"]),
    ("##double", ["double"]),
    ("#", []),
]


# Cases for each clause of the rule, with the expected hashtags.
CASES = [
    # where a hashtag may start
    ("#a", ["a"]),
    ("＃a", ["a"]),
    ("x #a\t#b\n#c\r\n#d\u3000#e\u00a0#f", ["a", "b", "c", "d", "e", "f"]),
    ("a#b é#b 日本#b 1#b ٣#b _#b ·#b \u200d#b 𝒜#b 𠮷#b", []),
    ("&#b &amp;#c &#39;x", ["c"]),
    ("(#a) 「#b」 .#c、#d 😀#e \u200b#f", ["a", "b", "c", "d", "e", "f"]),
    ("☀\ufe0f#a x\ufe0e#b", ["a", "b"]),
    ("#a\ufe0f#b", []),
    # what it may contain
    ("#1 #12 #1_ #٣ #１ #_ #\u200d", []),
    ("#1a #a1 #_a #٣ا #１あ", ["1a", "a1", "_a", "٣ا", "１あ"]),
    ("#a_b #a·b #a\u200cb #タグ・タグ #קו״ח", ["a_b", "a·b", "a\u200cb", "タグ・タグ", "קו״ח"]),
    ("#a-b #c.d #e'f #g! #h、i", ["a", "c", "e", "g", "h"]),
    ("#हिन्दी #ภาษาไทย #العربيّة #cafe\u0301", ["हिन्दी", "ภาษาไทย", "العربيّة", "cafe\u0301"]),
    ("#𝒜b #𠮷野家 #x𝟘", ["𝒜b", "𠮷野家", "x𝟘"]),
    ("#a😀 #😀a", ["a"]),
    ("#a\ufe0f #\ufe0fa #\u20e3a", ["a\ufe0f"]),
    ("#Ⅷ #½ #ⓐ", []),
    ("#𞤀𞤁 #ꭰ #𫠠", ["ꭰ"]),
    # what may follow
    ("#a#b ##c #d＃e ###f", ["c", "f"]),
    ("#a:// #b:/ #c: ://#d", ["b", "c", "d"]),
    # URLs with a protocol
    ("http://x.com/#a https://x.com/b?c=#d HTTP://X.COM/#e #f", ["f"]),
    ("http://x.com#a http://x.com:80#b", []),
    ("http://x.com/ #a http://x.com/b,#c http://x.com/d、#e", ["a", "e"]),
    ("http://x.nosuchdomain/#a http://localhost/#b http://1.2.3.4/#c", ["a", "b", "c"]),
    ("http://x.com:80/#a http://x.com:y/#b", ["b"]),
    ("ahttp://x.com/#a 日http://x.com/#b @http://x.com/#c -http://x.com/#d", ["a", "c"]),
    ("http://日本.みんな/#a http://пример.РФ/#b http://xn--x.xn--p1ai/#c", []),
    ("http://x_y.z.com/#a http://y_x.com/#b http://-x.com/#c", ["b", "c"]),
    ("http://＃x.com ＃y.com", ["y"]),
    ("ftp://x.com/#a", ["a"]),
    # URLs without one
    ("x.com/#a www.x.co.uk/#b x.museum/#c t.co/#d", []),
    ("x.com#a x.com?b=#c x.com #d", ["c", "d"]),
    ("x.py/#a x.txt/#b 1.5/#c e.g/#d", ["b", "c", "d"]),
    ("@x.com/#a $x.com/#b me@x.com/#c #x.com/#d", ["a", "b", "c", "x", "d"]),
    ("-x.com/#a _x.com/#b .x.com/#c /x.com/#d", ["a", "b", "c", "d"]),
    ("日本x.com/#a 日本語.com/#b é.com/#c 日本.みんな/#d", ["b", "d"]),
    ("#日本x.com/#a", ["日本x", "a"]),
    ("#日本-x.com/#a", ["日本"]),
    ("x.com日本/#a", ["a"]),
    # paths
    ("x.com/(#a) x.com/b(#c) x.com/!(#d) x.com/(e(#f)g)", ["d"]),
    ("x.com/é#a x.com/ж#b x.com/日#c x.com/–#d x.com/a)#e", ["e"]),
    ("x.com/#a日本#b", []),
    ('x.com/a<#b x.com/a"#c x.com/a?#d x.com/a?b=日#e', ["b", "c"]),
    # X's own short URLs
    ("http://t.co/a#b http://t.co/a-#c http://t.co/a?b=#d http://t.co/a/#e", ["c", "e"]),
    (f"http://t.co/{'a' * 40}?#b http://t.co/{'a' * 41}?#c", ["c"]),
    # lengths
    (f"http://{'a' * 63}.com/#a http://{'a' * 64}.com/#b", ["b"]),
    (f"http://{'語' * 40}.com/#a http://{'語' * 60}.com/#b", ["b"]),
    (f"http://x.com/{'a' * 4073}/#a http://x.com/{'a' * 4074}/#b", ["b"]),
]


@pytest.mark.parametrize(("text", "expected"), CLAUSES, ids=[text for text, _ in CLAUSES])
def test_each_clause_of_the_rule(text: str, expected: list[str]) -> None:
    assert find_hashtags(text) == oracle.hashtags(text) == expected


@pytest.mark.component
def test_the_cases_are_those_of_the_library() -> None:
    given, expected = zip(*CASES, strict=True)
    assert differences(given, twitter_text.hashtags(given), expected) == []


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_each_case(text: str, expected: list[str]) -> None:
    assert find_hashtags(text) == expected


@pytest.mark.component
def test_generated_texts() -> None:
    given = list(texts.texts(20_000, seed=1)) + list(texts.dense_texts(10_000, seed=2))
    theirs = twitter_text.hashtags(given)
    assert sum(map(bool, theirs)) > 10_000
    assert differences(given, map(find_hashtags, given), theirs) == []


def test_random_texts_have_the_oracles_tags() -> None:
    """Texts made from the characters that matter to the rule."""
    rng = random.Random(11)
    pieces = [*"##＃ab1_é東·&.,:/ \u3000\u200d\u0301\ufe0e", "://", "٣", "𠮷", "ﬀ"]
    given = ["".join(rng.choices(pieces, k=rng.randrange(2, 16))) for _ in range(4000)]
    assert differences(given, map(find_hashtags, given), map(oracle.hashtags, given)) == []


@pytest.mark.component
def test_every_character_of_a_hashtag() -> None:
    given = list(texts.with_each(texts.CHARACTERS, ["#x{}", "#{}", "{}#y"], 1000))
    assert differences(given, map(find_hashtags, given), twitter_text.hashtags(given)) == []


# Prefix, repeated unit and suffix, chosen so that a match may be attempted again and again.
REPETITIONS = {
    "letters": ("", "日", "./#x"),
    "starts": ("", "a日", ".b/#x"),
    "labels": ("", "a.", "b/#x"),
    "labels of other letters": ("", "日.a", "/#x"),
    "long labels": ("", "a" * 60 + ".", "b/#x"),
    "underscores": ("", "a_", ".b/#x"),
    "dashes": ("", "a-", ".b/#x"),
    "underscores in labels": ("", "a_b.", "b/#x"),
    "protocols": ("", "http://", "a.b/#x"),
    "slashes": ("a.b", "/", "#!"),
    "a path": ("a.com/", "a!", "#"),
    "open brackets": ("a.com/", "(", "#"),
    "brackets": ("a.com/", "(a", "#"),
    "closed brackets": ("a.com/", "(a)", "!#"),
    "a query": ("http://a.com/?", "!", "#!"),
    "URLs": ("", "http://a.com/#b ", ""),
    "names": ("", "日a.com/#b ", ""),
    "mentions": ("", "@a日", ".b/#x"),
    "signs": ("", "#", "./#x"),
    "hashtags": ("", "#a ", "a.b/#x"),
    "joined hashtags": ("", "#a", ".b/#x"),
    "digits": ("#", "1", ".b/#x"),
    "selectors": ("", "#\ufe0f", ".b/#x"),
    "points and signs": ("", ".#", "/#x"),
    "characters beyond U+FFFF": ("", "@𝒜", ".c/#x"),
    "encoded labels": ("", "日本語" * 10 + ".com/#x ", ""),
    "labels after names": ("-_a.", "x.com𝒜＃b_。日", "&http://xn--.com/#x"),
    "labels of few Latin letters": ("", "a." * 50 + "日.", "com/#x"),
}


def repeat(first: str, unit: str, last: str, size: int) -> str:
    return first + unit * (size // len(unit)) + last


@pytest.mark.component
def test_repetitions() -> None:
    given = [
        repeat(*parts, 5000) for parts in REPETITIONS.values()
    ]  # longer than any URL, yet not too long for the library
    assert differences(given, map(find_hashtags, given), twitter_text.hashtags(given)) == []


@pytest.mark.component
@pytest.mark.parametrize("repetition", REPETITIONS)
def test_no_text_takes_long(repetition: str) -> None:
    """X's longest posts have 25,000 characters; with repeated attempts one could take hours."""
    find_hashtags("a.com/#b")  # compiles the patterns that are compiled lazily
    text = repeat(*REPETITIONS[repetition], 25_000)
    began = time.process_time()
    find_hashtags(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("text", ["", "no sign", "a.com/b", "１"])
def test_a_text_without_a_sign_has_none(text: str) -> None:
    assert find_hashtags(text) == []
