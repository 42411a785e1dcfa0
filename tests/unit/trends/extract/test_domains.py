"""Domain names and labels are those that X's own library, twitter-text, accepts."""

import pytest

from reference import texts, twitter_text
from reference.comparison import differences
from trends.extract.domains import is_valid, to_ascii
from trends.extract.hashtags import find_hashtags


@pytest.mark.component
def test_top_level_domains_are_the_librarys() -> None:
    assert sorted(twitter_text.top_level_domains()) == texts.TOP_LEVEL_DOMAINS


@pytest.mark.component
def test_every_top_level_domain_in_either_case() -> None:
    words = texts.TOP_LEVEL_DOMAINS
    given = [f"http://x.{word}/#a http://x.{word.upper()}/#b http://x.{word}a/#c" for word in words]
    assert differences(given, map(find_hashtags, given), twitter_text.hashtags(given)) == []


@pytest.mark.component
def test_letters_that_share_their_case_with_ascii_are_no_ascii() -> None:
    given = ["http://x.ſe/#a http://x.boo\u212a/#b http://x.boo/#c http://x.\u212ar/#d"]
    assert differences(given, map(find_hashtags, given), twitter_text.hashtags(given)) == []


# Some from RFC 3492, section 7.1, and some that contain the full stops of other scripts.
LABELS = [
    ("a", "a"),
    ("a-b", "a-b"),
    ("bücher", "xn--bcher-kva"),
    ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
    ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
    ("そのスピードで", "xn--d9juau41awczczp"),
    ("𠮷", "xn--7l3i"),
    ("語。語．a｡é", "xn--i42a。xn--i42a．a｡xn--9ca"),
    ("。", "。"),
]


@pytest.mark.parametrize(("label", "expected"), LABELS)
def test_a_label_in_ascii(label: str, expected: str) -> None:
    assert to_ascii(label) == expected


def test_no_label_is_longer_than_dns_allows() -> None:
    assert is_valid("a" * 63 + ".com") and not is_valid("a" * 64 + ".com")
    assert is_valid("語" * 40 + ".com") and not is_valid("語" * 60 + ".com")


@pytest.mark.component
def test_labels_of_any_length_are_judged_as_the_library_does() -> None:
    letters = (
        "語日本",
        "aéb",
        "жa-b",
        "𠮷a",
        "𝒜日é",
        "สวัสดี",
        "\x80a\U0010fffd",
        "\x01a",
        "a\x7fb",
        "a。é",
    )
    given = [
        f"http://{(letters * 63)[:length]}z.com/#a"
        for letters in letters
        for length in range(1, 63)
    ]
    theirs = twitter_text.hashtags(given)
    assert sum(map(bool, theirs)) > 50
    assert differences(given, map(find_hashtags, given), theirs) == []
