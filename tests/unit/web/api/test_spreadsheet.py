"""Boards and histories as tables."""

import csv
import io

import pytest

from support.memory_store import REASON, entries
from web.api.spreadsheet import board


def rows(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


def test_a_rising_tag_has_its_reason() -> None:
    shown = {"board": "rising", "hashtags": [{**entries(1)[0], "url": "u", **REASON}]}
    assert rows(board(shown)) == [
        {
            "rank": "1", "tag": "tag1", "key": "tag1", "count": "999", "people": "9",
            "change": "0", "url": "u", "window": "5h", "observed": "9", "expected": "0.8",
            "surprise": "40000", "score": "10.6",
        }
    ]  # fmt: skip


def test_what_is_not_known_is_empty_and_a_fall_is_a_number() -> None:
    tags = [{**entry, "url": "u"} for entry in entries(2)]
    tags[0]["change"], tags[1]["change"] = None, -2
    found = rows(board({"board": "all", "hashtags": tags}))
    assert [(each["people"], each["change"]) for each in found] == [("", ""), ("", "-2")]


@pytest.mark.parametrize(
    "tag",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a"],
)
def test_a_tag_is_no_formula(tag: str) -> None:
    shown = {"board": "all", "hashtags": [{**entries(1)[0], "tag": tag, "key": tag, "url": "u"}]}
    (row,) = rows(board(shown))
    assert row["tag"] == row["key"] == f"'{tag}"


@pytest.mark.parametrize("tag", ['a"b', "a,b", "a\r\nb", "Café", "東京", "a=b"])
def test_any_other_tag_is_as_it_is(tag: str) -> None:
    shown = {"board": "all", "hashtags": [{**entries(1)[0], "tag": tag, "url": "u"}]}
    (row,) = rows(board(shown))
    assert row["tag"] == tag


def test_a_board_without_tags_still_has_its_columns() -> None:
    assert board({"board": "all", "hashtags": []}) == b"rank,tag,key,count,people,change,url\r\n"
