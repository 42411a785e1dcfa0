"""The parameters of the page `/`: what is read from them, and what links keep."""

from urllib.parse import parse_qsl

import pytest
from werkzeug.datastructures import MultiDict

from web.pages.query import MAX_TAGS, RANGES, PageQuery, read_query


def read(query: str) -> PageQuery:
    return read_query(MultiDict(parse_qsl(query, keep_blank_values=True)))


def test_all_that_is_chosen_is_read() -> None:
    asked = read("board=7d&rank_by=people&limit=30&tag=Caf%C3%A9&tag=tea&range=30d&tz=Asia/Tokyo")
    assert (asked.shown.board, asked.shown.rank_by, asked.shown.limit) == ("7d", "people", 30)
    assert (asked.tags, asked.range, asked.tz) == (("Café", "tea"), "30d", "Asia/Tokyo")
    assert asked.mistakes == ()


def test_nothing_has_to_be_chosen() -> None:
    asked = read("")
    assert (asked.shown.board, asked.shown.limit, asked.tags) == ("now", 10, ())
    assert (asked.range, asked.tz, asked.mistakes) == ("24h", "", ())


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("board=foo", "There is no board “foo”. Showing Trending now."),
        ("board=", "There is no board “”. Showing Trending now."),
        ("board=24h&rank_by=likes", "A board cannot be ranked by “likes”. Showing it by posts."),
        ("limit=0", "A board cannot have “0” hashtags, only 1 to 100. Showing 10."),
        ("limit=many", "A board cannot have “many” hashtags, only 1 to 100. Showing 10."),
        ("range=5h", "There is no time range “5h”. Showing 24 hours."),
        ("tag=tea&tag=%23", "An empty hashtag was left out."),
        (
            "tag=a&tag=b&tag=c&tag=d&tag=e",
            "At most 4 hashtags can be compared. Showing the first 4.",
        ),
    ],
)
def test_an_unknown_value_is_named(query: str, told: str) -> None:
    assert read(query).mistakes == (told,)


def test_spellings_of_one_tag_are_one_line() -> None:
    asked = read("tag=%23Caf%C3%A9&tag=CAF%C3%89&tag=tea&tag=tea")
    assert asked.tags == ("Café", "tea")
    assert asked.mistakes == ()


def test_no_more_tags_than_can_be_told_apart() -> None:
    assert read("&".join(f"tag=t{n}" for n in range(9))).tags == ("t0", "t1", "t2", "t3")
    assert MAX_TAGS == 4


def test_links_keep_what_is_chosen() -> None:
    query = "board=24h&rank_by=people&limit=30&tag=a%26b&tag=caf%C3%A9&range=1y&tz=Europe%2FParis"
    asked = read(query)
    assert asked.link() == query
    assert asked.link(board="now") == query.replace("24h&rank_by=people", "now")
    assert asked.link(rank_by="tweets") == query.replace("&rank_by=people", "")
    # A board without a choice does not forget the choice.
    assert read("board=now&rank_by=people").link(board="7d") == "board=7d&rank_by=people"


def test_links_say_what_differs_and_no_more() -> None:
    assert read("board=now&limit=10&range=24h").link() == "board=now"


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("", "Trending now"),
        ("board=rising", "Rising"),
        ("board=all", "Trending of all time"),
        ("board=24h&rank_by=people", "Trending, last 24 hours, by people"),
        ("board=now&rank_by=people", "Trending now"),
        ("tag=tea", "#tea, 24 hours"),
        ("tag=a&tag=b&tag=c&range=1y", "#a, #b and #c, 1 year"),
    ],
)
def test_the_page_is_called_what_it_shows(query: str, title: str) -> None:
    asked = read(query)
    assert asked.title == title
    assert title.split(",")[0].split(" and ")[0] in asked.description


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("board=now&limit=30&range=7d&tz=UTC", ""),
        ("board=24h&rank_by=people&limit=30", "board=24h&rank_by=people"),
        ("tag=%EF%BC%83CAF%C3%89&tag=tea", "tag=caf%C3%A9&tag=tea"),
        ("tag=tea&tag=Caf%C3%A9", "tag=tea&tag=caf%C3%A9"),
        ("board=7d&tag=a%26b&range=1y&tz=UTC", "board=7d&tag=a%26b&range=1y"),
        ("tag=tea&range=24h", "tag=tea"),
    ],
)
def test_what_the_title_names_has_one_address(query: str, canonical: str) -> None:
    asked = read(query)
    assert asked.canonical == canonical
    assert read(canonical).title.casefold() == asked.title.casefold()
    assert read(canonical).canonical == canonical


def test_every_range_has_a_name() -> None:
    assert list(RANGES) == ["3h", "24h", "7d", "30d", "90d", "1y"]
