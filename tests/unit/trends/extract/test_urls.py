"""URLs are those that X's own library, twitter-text, finds: no hashtag starts inside one."""

import random
import time

import pytest

from reference import texts, twitter_text
from reference.comparison import differences
from trends.extract.hashtags import find_hashtags
from trends.extract.urls import find_urls, may_hold_sign


@pytest.mark.component
def test_every_kind_of_character_of_a_url() -> None:
    given = list(texts.with_each(texts.URL_CHARACTERS, texts.URLS, 40))
    assert differences(given, map(find_hashtags, given), twitter_text.hashtags(given)) == []


# Pieces that decide where a URL starts: parts of names, and what may precede them.
STARTS = [
    [
        "a",
        "_",
        "-",
        ".",
        ".",
        "@",
        "日",
        ".com",
        ".com/",
        "/#x",
        "#b",
        " ",
        ":",
        "http://",
        "𝒜",
        "é",
    ],
    [
        "a.",
        "a_b.",
        "b-.",
        "_a.",
        "-a.",
        "日.",
        "@a.",
        "日a.",
        "a日.",
        "𝒜.",
        "com",
        "com/#x",
        ".",
        "#",
    ],
    [
        "x.com",
        "日",
        "é",
        ".",
        "_",
        "-",
        "@",
        "/#b",
        "(",
        ")",
        ".みんな/",
        "http://t.co/",
        "ſ",
        ".рф/#",
    ],
    [
        "\x01",
        "\x7f",
        "a",
        ".com/#x",
        '"',
        "`",
        "é",
        "/",
        "#",
        "http://",
        "。",
        "x",
        "日" * 10,
        "b" * 30,
    ],
]


@pytest.mark.component
@pytest.mark.parametrize("pieces", STARTS, ids=range(len(STARTS)))
def test_names_of_few_pieces(pieces: list[str]) -> None:
    rng = random.Random(7)
    given = [
        "".join(rng.choices([*pieces, ".com/#y", "."], k=rng.randint(3, 25))) for _ in range(5000)
    ]
    theirs = twitter_text.hashtags(given)
    assert sum(map(bool, theirs)) > 1000
    assert differences(given, map(find_hashtags, given), theirs) == []


PIECES = [
    *"a_-.日/#@ :𝒜é＃()?!1$&。='",
    ".com",
    "http://",
    "b_",
    "..",
    "/#x",
    "x.com",
    "t.co/",
    "xn--",
]


@pytest.mark.component
def test_no_random_repetition_takes_long() -> None:
    rng = random.Random(8)
    find_hashtags("a.com/#b")  # compiles the patterns that are compiled lazily
    for _ in range(60):
        unit = "".join(rng.choices(PIECES, k=rng.randint(1, 7)))
        text = unit * (25_000 // len(unit)) + rng.choice(["./#x", "/#", "#", ".com/#x", "b.com/#x"])
        began = time.process_time()
        find_hashtags(text)
        assert time.process_time() - began < 5, unit


def test_urls_are_looked_for_only_where_a_sign_may_be_in_one() -> None:
    assert may_hold_sign("a.com/#b") and may_hold_sign("see http://a.com/b＃c")
    assert not may_hold_sign("#a https://t.co/b #c")
    assert not may_hold_sign("1/2 #a") and not may_hold_sign("a/b#c")


def test_a_url_without_a_protocol_starts_with_its_last_latin_part() -> None:
    text = "日本.x.com/#a http://b.de/c, d.com"
    assert [text[start:end] for start, end in find_urls(text)] == ["x.com/#a", "http://b.de/c"]
