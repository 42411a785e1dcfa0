"""Hashtags are what X's own library, twitter-text, says they are."""

import random
import re
import time
from collections.abc import Iterable, Iterator

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 -- the name that Spark's own documentation uses

import oracle
from reference import texts, twitter_text
from trends.extract.hashtags import hashtags
from trends.extract.message import MAX_TAG_CHARACTERS, MAX_TAGS, extract
from trends.extract.punycode import ascii_length

MESSAGE = [
    "id",
    "text",
    "'x' AS source",
    "timestamp '2026-11-22' AS created",
    "CAST(NULL AS STRING) AS author",
    "CAST(NULL AS ARRAY<STRING>) AS hashtags",
    "CAST(NULL AS STRING) AS reason",
    "'' AS origin",
    "'' AS value",
]


def frame(spark: SparkSession, given: Iterable[str]) -> DataFrame:
    rows = [(str(i), text) for i, text in enumerate(given)]
    return spark.createDataFrame(rows, "id string, text string")


def found(spark: SparkSession, given: list[str]) -> list[list[str]]:
    """All hashtags of each text."""
    rows = frame(spark, given).select(hashtags(F.col("text")).alias("tags")).collect()
    return [row.tags or [] for row in rows]


def counted(spark: SparkSession, given: list[str]) -> list[list[str]]:
    """The hashtags of each text that are to be counted."""
    rows = frame(spark, given).selectExpr(MESSAGE).transform(extract).collect()
    tags = {row.id: [tag.spelling for tag in row.tags] for row in rows}
    return [tags.get(str(i), []) for i in range(len(given))]


def to_count(tags: list[str]) -> list[str]:
    short = (tag for tag in tags if len(tag) <= MAX_TAG_CHARACTERS)
    first: dict[str, str] = {}
    for tag in short:
        first.setdefault(oracle.fold(tag), tag)
    return list(first.values())[:MAX_TAGS]


def differences(
    given: Iterable[str], ours: Iterable[list[str]], theirs: Iterable[list[str]]
) -> list[tuple[str, list[str], list[str]]]:
    rows = zip(given, ours, theirs, strict=True)
    return [(text, our, their) for text, our, their in rows if our != their]


# What each clause of the rule is for, with the answer.
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
    # what it consists of
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


def test_the_cases_are_those_of_the_library() -> None:
    given, expected = zip(*CASES, strict=True)
    assert differences(given, twitter_text.hashtags(given), expected) == []


def test_each_case(spark: SparkSession) -> None:
    given, expected = zip(*CASES, strict=True)
    assert differences(given, found(spark, given), expected) == []


def test_generated_texts(spark: SparkSession) -> None:
    given = list(texts.texts(20_000, seed=1)) + list(texts.dense_texts(10_000, seed=2))
    theirs = twitter_text.hashtags(given)
    assert sum(map(bool, theirs)) > 10_000
    ours = counted(spark, given)
    assert differences(given, ours, [to_count(tags) for tags in theirs]) == []


def test_every_character_of_a_hashtag(spark: SparkSession) -> None:
    given = list(texts.with_each(texts.CHARACTERS, ["#x{}", "#{}", "{}#y"], 1000))
    assert differences(given, found(spark, given), twitter_text.hashtags(given)) == []


def test_every_kind_of_character_of_a_url(spark: SparkSession) -> None:
    given = list(texts.with_each(texts.URL_CHARACTERS, texts.URLS, 40))
    assert differences(given, found(spark, given), twitter_text.hashtags(given)) == []


def test_top_level_domains_are_the_librarys() -> None:
    assert sorted(twitter_text.top_level_domains()) == texts.TOP_LEVEL_DOMAINS


def test_every_top_level_domain_in_either_case(spark: SparkSession) -> None:
    words = texts.TOP_LEVEL_DOMAINS
    given = [f"http://x.{word}/#a http://x.{word.upper()}/#b http://x.{word}a/#c" for word in words]
    assert differences(given, found(spark, given), twitter_text.hashtags(given)) == []


def labels() -> Iterator[str]:
    rng = random.Random(3)
    for letters in ("語日本", "aéb", "жa-", "𠮷a", "𝒜日é", "สวัสดี", "\x80\uffff\U0010ffffa"):
        for length in (1, 2, 3, 10, 20, 30, 40, 58, 59, 60, 63):
            yield "".join(rng.choices(letters, k=length))


def in_ascii(label: str) -> str:
    """By Python's own Punycode; the full stops of other scripts stay where they are."""
    return re.sub(
        "[^。．｡]+",
        lambda part: part[0] if part[0].isascii() else f"xn--{part[0].encode('punycode').decode()}",
        label,
    )


def test_labels_have_the_length_that_punycode_gives_them(spark: SparkSession) -> None:
    given = [*labels(), "a", "a-b", "a。b", "語。語．語｡語", "é。a．ж", "。"]
    rows = frame(spark, given).select(ascii_length(F.col("text")).alias("length")).collect()
    assert [row.length for row in rows] == [len(in_ascii(label)) for label in given]


# What comes first, what is repeated, and what comes last: a start may be tried again and again.
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
}


def repeated(size: int) -> list[str]:
    return [first + unit * (size // len(unit)) + last for first, unit, last in REPETITIONS.values()]


def test_repetitions(spark: SparkSession) -> None:
    given = repeated(5000)  # longer than any URL, yet not too long for the library
    assert differences(given, found(spark, given), twitter_text.hashtags(given)) == []


def test_no_text_takes_long(spark: SparkSession) -> None:
    """X's longest posts have 25,000 characters; what is tried over and over takes hours."""
    given = repeated(25_000)
    began = time.monotonic()
    found(spark, given)
    assert time.monotonic() - began < 120


@pytest.mark.parametrize("text", ["", "no sign", "a.com/b", "１"])
def test_a_text_without_a_sign_has_none(spark: SparkSession, text: str) -> None:
    assert found(spark, [text]) == [[]]
