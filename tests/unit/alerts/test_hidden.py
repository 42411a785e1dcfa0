"""What `make hide` hides, as alerts reads it."""

import pytest

from alerts.hidden import Hidden, parse_hidden
from trends.counting.hidden import HiddenTags

KEYS = ("spam", "spammer", "nospam", "a.c", "abc", "win\nner", "café", "cafés", "")


@pytest.mark.parametrize(
    "words",
    [["Spam"], ["*spam"], ["spam*"], ["*spam*", "CAFÉ"], ["a.c"], ["w*n*r"], ["s*m*r", "x"]],
)
def test_it_is_what_the_driver_hides(words):
    """They share no code, so each pattern has to mean the same to both."""
    driver = HiddenTags.from_words(words)
    found = parse_hidden(driver.to_json())
    assert [key in found for key in KEYS] == [key in driver for key in KEYS]


def test_by_default_nothing_is_hidden():
    assert not any(key in Hidden() for key in KEYS)


@pytest.mark.parametrize(
    "cell", [b"", b"[]", b"{}", b'{"keys": []}', b'{"keys": 1, "patterns": []}']
)
def test_what_breaks_the_contract_is_an_error(cell):
    with pytest.raises(ValueError):
        parse_hidden(cell)
