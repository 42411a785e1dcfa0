"""The page understands the links in the messages of alerts."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.datastructures import MultiDict

from alerts.board import BOARDS, parse_board
from alerts.message import Links, Place, compose
from support.alerts import board
from web.hashtags.key import key_of
from web.pages.query import read_query

PUBLIC = "https://your.site/trends"


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("tag", ["Café", "a&b=c", "100%", "東京"])
def test_a_message_links_to_its_board_with_its_tag(name: str, tag: str) -> None:
    found = parse_board(name, board(tag, name=name))
    places = [[Place(found, each, 10)] for each in found.entries]
    body = compose(places, Links(page=PUBLIC)).body
    link = urlsplit(body.splitlines()[-1])
    assert link.geturl().startswith(f"{PUBLIC}/?")
    asked = read_query(MultiDict(parse_qsl(link.query, strict_parsing=True)))
    assert (asked.shown.board, asked.mistakes) == (name, ())
    assert [key_of(each) for each in asked.tags] == [key_of(tag)]
