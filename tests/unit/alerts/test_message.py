"""The text of the messages, as a person reads it."""

import json

import pytest

from alerts.board import parse_board
from alerts.memory import PARAGRAPH
from alerts.message import MOST_LINES, Links, Place, compose
from support.alerts import board, entry


def places(*entries, name="rising", top=10, **changes):
    """The places of some entries on a board."""
    cell = json.loads(board(name=name, **changes)) | {"hashtags": list(entries)}
    found = parse_board(name, json.dumps(cell).encode())
    return [Place(found, each, top) for each in found.entries]


def text(*entries, page="", mastodon="", **changes):
    return compose([[each] for each in places(*entries, **changes)], Links(page, mastodon))


def message(*entries, **settings):
    """Title and body."""
    found = text(*entries, **settings)
    return found.title, found.body


def test_a_rising_tag_comes_with_its_reason_and_a_link():
    assert message(entry(1, "Café")) == (
        "#Café is rising",
        "#Café: 9 people in the last 5 hours, usually 0.8\nhttps://x.com/hashtag/Caf%C3%A9",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"window": "1h"}, "9 people in the last hour, usually 0.8"),
        ({"window": "48h", "observed": 1}, "1 person in the last 48 hours, usually 0.8"),
        ({"observed": 1234, "expected": 1200.0}, "1,234 people in the last 5 hours, usually 1,200"),
        ({"expected": 2.0}, "9 people in the last 5 hours, usually 2"),
        ({"expected": 0.00012}, "9 people in the last 5 hours, usually under 0.01"),
    ],
)
def test_the_reason_is_in_words(changes, reason):
    _, body = message(entry(1, "a", **changes))
    assert body.splitlines()[0] == f"#a: {reason}"


@pytest.mark.parametrize(
    ("name", "title", "reason"),
    [
        ("now", "#a is trending now", "9 people in the last 12 hours, number 3"),
        ("1h", "#a is in the top 20 of the last hour", "12 posts by 9 people, number 3"),
        ("7d", "#a is in the top 20 of the last 7 days", "12 posts by 9 people, number 3"),
        ("all", "#a is in the top 20 of all time", "12 posts, number 3"),
    ],
)
def test_each_board_has_its_own_words(name, title, reason):
    found, body = message(entry(3, "a", name), name=name, top=20)
    assert (found, body.splitlines()[0]) == (title, f"#a: {reason}")


def test_several_tags_are_one_message():
    title, body = message(entry(1, "a"), entry(2, "b"))
    assert title == "2 hashtags are rising"
    assert [each.partition(":")[0] for each in body.split("\n\n")] == ["#a", "#b"]


RISING, DAY, NOW = (
    places(entry(2, tag, name), name=name)[0]
    for tag, name in (("a", "rising"), ("a", "24h"), ("b", "now"))
)
RISES = "#a is rising: 9 people in the last 5 hours, usually 0.8"
LEADS = "#a is in the top 10 of the last 24 hours: 12 posts by 9 people, number 2"
TRENDS = "#b is trending now: 9 people in the last 12 hours, number 2"
LINKS = {name: f"https://x.com/hashtag/{name}" for name in "ab"}


@pytest.mark.parametrize(
    ("tags", "title", "body"),
    [
        (
            [[RISING, DAY]],
            "#a is rising and in the top 10 of the last 24 hours",
            f"{RISES}\n{LEADS}\n{LINKS['a']}",
        ),
        (
            [[RISING], [NOW]],
            "2 hashtags are rising or trending now",
            f"{RISES}\n{LINKS['a']}\n\n{TRENDS}\n{LINKS['b']}",
        ),
        (
            [[RISING, DAY], [NOW]],
            "2 hashtags are rising, in the top 10 of the last 24 hours or trending now",
            f"{RISES}\n{LEADS}\n{LINKS['a']}\n\n{TRENDS}\n{LINKS['b']}",
        ),
    ],
)
def test_of_several_boards_each_is_named(tags, title, body):
    assert compose(tags, Links())[:2] == (title, body)


def test_of_several_boards_a_tag_is_still_one_paragraph_with_one_link():
    found = compose([[DAY, RISING], [NOW]], Links(page="https://trends.example"))
    assert found.about == ("a", "b")
    assert found.body.count(PARAGRAPH) == 1
    links = [line for line in found.body.splitlines() if line.startswith("https:")]
    boards = [link.partition("?")[2] for link in links]
    assert boards == ["board=24h&tag=a", "board=now&tag=b"]


def test_one_board_of_demo_data_labels_the_message():
    demo = places(entry(1, "a"), demo=True)
    assert compose([[DAY, *demo]], Links()).title.startswith("Demo data: #a is ")


def test_a_long_list_is_cut_and_says_so():
    tags = [entry(rank, f"t{rank}") for rank in range(1, MOST_LINES + 4)]
    title, body = message(*tags)
    assert title == f"{MOST_LINES + 3} hashtags are rising"
    assert len(body.split("\n\n")) == MOST_LINES + 1
    assert body.endswith("\n\nAnd 3 more.")
    assert "more" not in message(*tags[:MOST_LINES])[1]


def test_demo_data_is_labelled():
    assert message(entry(1, "a"), demo=True)[0] == "Demo data: #a is rising"


@pytest.mark.parametrize(
    ("source", "page"),
    [
        (["x", "mastodon"], "https://x.com/hashtag/a%2Fb"),
        (["bluesky"], "https://bsky.app/hashtag/a%2Fb"),
        (["mastodon"], "https://mastodon.social/tags/a%2Fb"),
        (["replay"], "https://x.com/hashtag/a%2Fb"),
    ],
)
def test_the_link_leads_to_the_network_or_to_the_page(source, page):
    _, body = message(entry(1, "a/b"), source=source)
    assert body.splitlines()[1] == page
    _, body = message(entry(1, "a/b"), source=source, page="https://trends.example/t")
    assert body.splitlines()[1] == "https://trends.example/t/?board=rising&tag=a%2Fb"


def test_a_tag_of_mastodon_is_shown_by_the_server_that_is_read():
    _, body = message(entry(1, "a"), source=["mastodon"], mastodon="https://social.example")
    assert body.splitlines()[1] == "https://social.example/tags/a"
    _, body = message(entry(1, "a"), source=["mastodon", "x"], mastodon="https://social.example")
    assert body.splitlines()[1] == "https://x.com/hashtag/a"


def test_each_tag_has_a_paragraph_and_the_text_says_which():
    found = text(*(entry(rank, f"T{rank}") for rank in range(1, MOST_LINES + 4)))
    assert found.about == tuple(f"t{rank}" for rank in range(1, MOST_LINES + 1))
    assert found.body.count(PARAGRAPH) == len(found.about)


@pytest.mark.parametrize(
    "tag", ["@everyone", "<!channel>", "[free](http://a.example)", "a\nb", "`a`"]
)
def test_a_strangers_tag_mentions_and_links_nobody(tag):
    title, body = message(entry(1, tag))
    said = title + body.splitlines()[0]
    assert not set(said) & set("@<>[]()`\n")
    assert len(body.splitlines()) == 2
