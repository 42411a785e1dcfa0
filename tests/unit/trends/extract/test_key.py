"""All spellings of a hashtag have one key, which contains nothing invisible."""

import json
import unicodedata
from pathlib import Path

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trends.extract.key import DEFAULT_IGNORABLE, key_of, spelling_of

EXAMPLES = json.loads(
    (Path(__file__).parents[4] / "docs/contracts/examples/keys.json").read_text(encoding="utf-8")
)

# Characters that matter: each changes a key, or affects the characters around it.
TELLING = (
    "aAßẞſςΣİıﬁ#＃﹟ \u00a0\u3000\n\x00\x1f\x85\u0301\u0323\u0345\u00b4\u200b\u200d\ufe0f\u20e3"
    "\u3164\u2800\u1112\u1161\u11ab한\uffa0\u034f\u2126\u212a\u1fb3\ufffe\U000e0041\ud800_1"
)
texts = st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from(TELLING)))


@pytest.mark.parametrize("each", EXAMPLES, ids=lambda each: ascii(each["tag"]))
def test_examples_of_the_contract(each: dict[str, str]) -> None:
    assert key_of(each["tag"]) == each["key"]


SAME = [
    ["gardening", "gar\u200bdening", "gardening\u200b", " gardening", "#Gardening", "＃ gardening"],
    ["Café", "CAFÉ", "cafe\u0301", "ＣＡＦÉ", "ca\u200bfé", "ca\u00adfé"],
    ["STRASSE", "Straße", "straſſe"],
    ["ΟΔΟΣ", "οδος", "οδοσ"],
    ["می\u200cخواهم", "میخواهم"],
    ["# spaced", "spaced", "#\u3000spaced", "##spaced", "﹟spaced"],
    ["line\nbreak", "line break", "line \r\n break", "line\u2028break"],
    ["gi\u200bveaway", "giveaway", "gi\u2060ve\u200daway", "give\u3164away", "g\u2800iveaway"],
    ["한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"],
    ["葛城", "葛\U000e0100城"],
    ["Ω", "\u2126", "ω"],
]


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: ascii(spellings[0]))
def test_spellings_of_one_key(spellings: list[str]) -> None:
    assert len({key_of(spelling) for spelling in spellings}) == 1


DIFFERENT = [
    "Istanbul",
    "İstanbul",
    "ıstanbul",
    "cafe",
    "café",
    "c",
    "c#",
    "linebreak",
    "line break",
]


def test_spellings_of_different_keys() -> None:
    assert len({key_of(spelling) for spelling in DIFFERENT}) == len(DIFFERENT)


INVISIBLE = ["", " ", "#", "\u200b", "\u3000", "\u3164", "\u2800", "\ufe0f\u20e3", "#\ufe0f\u20e3"]
INVISIBLE += [
    "\x00\x1b",
    "\u0301",
    "\u00a0\u0323",
    "\ufeff",
    "\U000e0001",
    "\ud800",
    "\ufdd0",
    "＃ # ﹟",
]


@pytest.mark.parametrize("tag", INVISIBLE, ids=ascii)
def test_a_tag_without_a_visible_character_has_no_key(tag: str) -> None:
    assert key_of(tag) == ""


@pytest.mark.component
@given(texts)
@settings(max_examples=2000)
@example("#\u0338 a")
@example("\u1fb3\u0345")
@example("´#a")
def test_a_key_is_its_own_key_and_all_of_it_is_visible(tag: str) -> None:
    key = key_of(tag)
    assert key_of(key) == key
    assert key == " ".join(key.split())
    assert not key.startswith(("#", "＃", "﹟"))
    assert regex.search(r"\p{Default_Ignorable_Code_Point}|\p{Cc}|\p{Cs}", key) is None
    assert not key or any(unicodedata.category(each)[0] not in "MZ" for each in key)


@pytest.mark.component
@given(texts)
@settings(max_examples=2000)
def test_a_spelling_has_the_key_of_its_tag(tag: str) -> None:
    spelling = spelling_of(tag)
    assert key_of(spelling) == key_of(tag)
    assert spelling_of(spelling) == spelling
    assert spelling == spelling.strip()


@pytest.mark.component
def test_every_character_has_a_key_that_is_its_own_key() -> None:
    for code in range(0x110000):
        key = key_of(f"a{chr(code)}b")
        assert key_of(key) == key, hex(code)


@given(st.text("abcXYZ019_"))
def test_plain_letters_are_only_lowered(tag: str) -> None:
    assert key_of(tag) == tag.lower()
    assert spelling_of(tag) == tag


def test_the_table_is_unicodes_property() -> None:
    listed = {code for first, last in DEFAULT_IGNORABLE for code in range(first, last + 1)}
    text = "".join(map(chr, range(0x110000)))
    found = {ord(each) for each in regex.findall(r"\p{Default_Ignorable_Code_Point}", text)}
    assert listed == found


SPELLINGS = [
    ("# spaced", "spaced"),
    ("nbsp\u00a0", "nbsp"),
    ("﹟small", "small"),
    ("line\nbreak", "line break"),
    ("two\u3000 words", "two words"),
    ("gardening\u200b", "gardening"),
    ("\u200bgar\u200bdening", "gar\u200bdening"),
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("❤\ufe0f", "❤\ufe0f"),
    ("👩\u200d🚀 ", "👩\u200d🚀"),
    ("🏴\U000e0067\U000e0062\U000e007f\u2060", "🏴\U000e0067\U000e0062\U000e007f"),
    ("a\x00b", "ab"),
    ("#", ""),
    ("\u200b\u200d", ""),
]


@pytest.mark.parametrize(("tag", "expected"), SPELLINGS, ids=lambda text: ascii(text))
def test_a_spelling_is_what_is_shown(tag: str, expected: str) -> None:
    assert spelling_of(tag) == expected
