"""The key of a hashtag, and what is hidden, are the same in the driver and in the web service."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.oracle import fold
from trends.counting.hidden import HiddenTags
from trends.extract import key as driver
from trends.settings import Settings as DriverSettings
from web.hashtags import key as web
from web.hashtags.hidden import parse_hidden
from web.settings import Settings as WebSettings

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
EXAMPLES = json.loads((CONTRACTS / "examples" / "keys.json").read_text(encoding="utf-8"))
TAGS = [each["tag"] for each in EXAMPLES]

# Random characters, and those of the examples, each of which makes a difference.
characters = st.one_of(st.characters(), st.sampled_from(sorted({*"".join(TAGS), *"#＃,，"})))


def test_an_example_has_a_tag_and_its_key() -> None:
    assert all(each.keys() == {"tag", "key"} for each in EXAMPLES)
    assert len({*TAGS}) == len(TAGS)


@pytest.mark.parametrize("each", EXAMPLES, ids=lambda each: ascii(each["tag"]))
def test_both_services_have_the_key_of_the_contract(each: dict[str, str]) -> None:
    assert driver.key_of(each["tag"]) == web.key_of(each["tag"]) == each["key"]


@given(st.text(characters, max_size=20))
def test_both_services_have_the_same_key(tag: str) -> None:
    """And the oracle of the tests, which goes by Unicode's properties instead of lists."""
    assert driver.key_of(tag) == web.key_of(tag) == fold(tag)


@pytest.mark.component
def test_both_services_have_the_same_key_of_every_character() -> None:
    for code in range(0x110000):
        tag = f"a{chr(code)}b"
        assert driver.key_of(tag) == web.key_of(tag) == fold(tag), hex(code)


@given(st.text(characters, max_size=20))
def test_the_page_of_a_tag_finds_what_a_board_has(tag: str) -> None:
    """By its key, and by the spelling that the board shows."""
    key = driver.key_of(tag)
    assert web.key_of(key) == web.key_of(driver.spelling_of(tag)) == key


@given(st.text(characters))
@example("#Spam, ＃ＣＡＦÉ，other,,gi\u200bveaway﹐x︐y")
def test_both_services_hide_the_same_tags(value: str) -> None:
    setting = {"HIDE_HASHTAGS": value}
    hidden = DriverSettings.from_environment(setting).hidden
    assert WebSettings.from_env(setting).hide_hashtags == hidden


# Few characters, so that a pattern and a key often meet.
few = st.text("ab.*\n", max_size=6)


@given(st.lists(few.filter(lambda word: word.strip(" *\n"))), few)
@example(["*Spam*", "＃win", "a*b*"], "abab")
def test_both_services_take_the_same_list_of_hidden_tags(words: list[str], key: str) -> None:
    hidden = HiddenTags.from_words(words)
    found = parse_hidden(hidden.to_json())
    assert (found.keys, found.patterns) == (hidden.keys, hidden.patterns)
    for each in (key, web.key_of(key), *hidden.keys):
        assert (each in found) == (each in hidden)
