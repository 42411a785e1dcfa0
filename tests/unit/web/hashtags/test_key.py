"""The key of a hashtag in the web service."""

import json
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.stack import ROOT
from web.hashtags.key import MAX_KEY_CHARACTERS, key_of

EXAMPLES = json.loads((ROOT / "docs/contracts/examples/keys.json").read_text(encoding="utf-8"))

# Random characters hardly ever meet those that make a difference: blanks, signs, what is not seen,
# and what composes, decomposes or has case.
SPECIAL = (
    "#＃﹟ \t\u3000\u00a0\u0085\u200b\u200d\u00ad\ufe0f\u2800\u3164\u0000"
    "\u0301\u0345\u0130ßſKÅﬁﷺΐΣςé가ᄀ\u1161"
)
texts = st.text(st.one_of(st.characters(), st.sampled_from(SPECIAL)), max_size=20)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: ascii(example["tag"]))
def test_the_examples_of_the_contract(example: dict[str, str]) -> None:
    assert key_of(example["tag"]) == example["key"]
    assert key_of(f"#{example['tag']}") == example["key"]


@given(texts)
def test_a_key_is_its_own_key(tag: str) -> None:
    key = key_of(tag)
    assert key_of(key) == key


@given(texts, texts, st.sampled_from("\u200b\u200d\u00ad\ufe0f\u2060\ufeff\u3164\u2800\u0000"))
def test_what_nobody_sees_makes_no_difference(left: str, right: str, unseen: str) -> None:
    assert key_of(left + unseen + right) == key_of(left + right)


@given(texts)
def test_blanks_and_compatible_forms_make_no_difference(tag: str) -> None:
    key = key_of(tag)
    assert key_of(f"\u3000{tag}\t") == key_of(f"＃{tag}") == key_of(normalize("NFD", tag)) == key
    assert key_of(tag.replace(" ", " \u3000 ")) == key


@pytest.mark.parametrize("tag", ["ﷺ" * 280, "\U0001d400" * 280, "ΐ" * 280])
def test_the_key_of_a_tag_that_is_counted_is_not_too_long(tag: str) -> None:
    assert len(key_of(tag)) <= MAX_KEY_CHARACTERS
