"""The boards as alerts reads them."""

import json
from pathlib import Path

import pytest

from alerts.board import BOARDS, parse_board
from support.alerts import board, entry
from web.boards.board import BOARDS as SERVED

EXAMPLES = Path(__file__).parents[3] / "docs/contracts/examples"


def test_every_board_can_be_watched():
    assert set(BOARDS) == set(SERVED)


@pytest.mark.parametrize(
    ("name", "file"),
    [("all", "board"), ("24h", "board.people"), ("rising", "board.rising"), ("now", "board.now")],
)
def test_the_examples_of_the_contract_are_read(name, file):
    cell = (EXAMPLES / f"{file}.json").read_bytes()
    found, raw = parse_board(name, cell), json.loads(cell)
    assert [each.key for each in found.entries] == [each["key"] for each in raw["hashtags"]]
    assert all((each.rise is not None) == (name == "rising") for each in found.entries)
    assert (found.window is not None) == (name == "now")


@pytest.mark.parametrize(
    "change",
    [
        {"tag": 1},
        {"tag": ""},
        {"tag": "\ud800"},
        {"key": None},
        {"rank": True},
        {"people": "9"},
        {"expected": float("nan")},
        {"score": float("inf")},
        {"window": None},
    ],
)
def test_a_board_that_breaks_the_contract_is_an_error(change):
    cell = json.dumps(json.loads(board()) | {"hashtags": [entry(1, "a") | change]}).encode()
    with pytest.raises(ValueError):
        parse_board("rising", cell)


@pytest.mark.parametrize("cell", [b"", b"{}", b"[1]", b"null", b"[" * 100_000, b"\xff"])
def test_what_is_no_board_is_an_error(cell):
    with pytest.raises(ValueError):
        parse_board("all", cell)


def test_an_earlier_driver_s_board_without_reasons_is_an_error():
    earlier = json.loads(board("a"))
    for name in ("window", "people", "surprise"):
        del earlier["hashtags"][0][name]
    with pytest.raises(ValueError, match="window"):
        parse_board("rising", json.dumps(earlier).encode())
