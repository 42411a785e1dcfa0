"""Which tags are hidden, by the list that HBase has."""

import pytest

from web.hashtags.hidden import HiddenTags, parse_hidden


def test_a_tag_is_hidden_by_its_key_or_by_a_pattern() -> None:
    hidden = parse_hidden('{"keys": ["東京", "spam"], "patterns": ["win*"], "more": 1}'.encode())
    assert hidden == HiddenTags(frozenset({"東京", "spam"}), frozenset({"win*"}))
    for key in ("東京", "spam", "win", "winner"):
        assert key in hidden
    for key in ("京", "spams", "iwin", ""):
        assert key not in hidden


@pytest.mark.parametrize(
    ("pattern", "keys", "others"),
    [
        ("*crypto*", ["crypto", "buycrypto", "cryptonow"], ["crypt", "cryp_to"]),
        ("win*", ["win", "winner", "win\n2"], ["iwin"]),
        ("**win", ["win", "iwin"], ["winner"]),
        ("a*b*c", ["abc", "a1b2c", "abbcc"], ["ab", "cba", "acb"]),
        ("ab*ba", ["abba", "abxba"], ["aba", "ab", "ba"]),
        ("*ab*b", ["abb", "xabxb"], ["ab", "bab"]),
        ("a.*", ["a.", "a.b"], ["ab", "a"]),
        ("spam", ["spam"], ["spams", "spa", ""]),
    ],
)
def test_a_star_stands_for_any_characters_or_none(
    pattern: str, keys: list[str], others: list[str]
) -> None:
    hidden = HiddenTags(patterns=frozenset({pattern}))
    assert [key in hidden for key in (*keys, *others)] == [True] * len(keys) + [False] * len(others)


def test_no_key_takes_long_to_compare() -> None:
    """With a regular expression this would not end within the time of the test, or of anything."""
    hidden = HiddenTags(patterns=frozenset({"*a" * 20 + "*b"}))
    assert "a" * 5000 not in hidden
    assert "a" * 5000 + "b" in hidden


@pytest.mark.parametrize(
    "cell",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": [1], "patterns": []}',
        b'{"keys": "spam", "patterns": []}',
        b'{"keys": [], "patterns": null}',
    ],
)
def test_a_cell_that_breaks_the_contract_is_refused(cell: bytes) -> None:
    with pytest.raises(ValueError):
        parse_hidden(cell)
