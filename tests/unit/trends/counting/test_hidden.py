"""Which tags are hidden, by key or by pattern."""

import numpy as np
import pytest

from trends.counting.hidden import NONE_HIDDEN, HiddenTags


def hidden(*words: str) -> HiddenTags:
    return HiddenTags.from_words(words)


def test_a_tag_is_hidden_in_every_spelling_and_alone() -> None:
    found = hidden("#Café", "ＳＰＡＭ")
    assert found == HiddenTags(frozenset({"café", "spam"}))
    assert "café" in found and "spam" in found
    assert "cafés" not in found and "notspam" not in found


@pytest.mark.parametrize(
    ("pattern", "keys", "others"),
    [
        ("*Crypto*", ["crypto", "buycrypto", "cryptonow"], ["crypt", "cryp_to"]),
        ("win*", ["win", "winner", "win\n2"], ["iwin"]),
        ("*＊win", ["win", "iwin"], ["winner"]),
        ("a*b*c", ["abc", "a1b2c"], ["ab", "cba"]),
        ("a.*", ["a.", "a.b"], ["ab", "a"]),
        ("a**a", ["aa", "aba"], ["a"]),
        ("*ab*b*", ["abb", "aabxb"], ["ab", "bab"]),
        # With a search that goes back this takes longer than the age of the universe.
        ("*a" * 30 + "*b", ["a" * 30 + "b"], ["a" * 279]),
    ],
)
def test_a_star_stands_for_any_characters_or_none(
    pattern: str, keys: list[str], others: list[str]
) -> None:
    found = hidden(pattern)
    assert not found.keys
    assert found.among([*keys, *others]).tolist() == [True] * len(keys) + [False] * len(others)


@pytest.mark.parametrize("word", ["", "#", "*", "#**", "\u200b", "* *"])
def test_a_word_that_hides_nothing_or_everything_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="neither a hashtag nor a part of one"):
        hidden("fine", word)


def test_sets_of_hidden_tags_are_added_and_taken_away() -> None:
    both = hidden("a", "b*") | hidden("c", "d*")
    assert both == hidden("a", "c", "b*", "d*")
    assert both - hidden("a", "d*", "x") == hidden("c", "b*")
    assert not np.any(NONE_HIDDEN.among(["a", ""]))


def test_a_pattern_without_a_star_is_a_key() -> None:
    found = HiddenTags(patterns=frozenset({"tea"}))
    assert "tea" in found and "teapot" not in found


def test_documents_survive_the_way_through_hbase() -> None:
    found = hidden("東京", "spam*")
    assert found.to_json().decode() == '{"keys": ["東京"], "patterns": ["spam*"]}'
    assert HiddenTags.from_json(found.to_json()) == found


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"{}", b'{"keys": [1, []], "patterns": []}'])
def test_a_cell_that_somebody_else_wrote_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError):
        HiddenTags.from_json(value)
