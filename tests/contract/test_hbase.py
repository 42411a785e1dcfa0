"""The boards that the driver writes are those that the web service reads."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from trends.counting.documents import documents
from trends.counting.leaderboard import Leaderboard
from trends.counting.progress import Done
from trends.counting.spans import WINDOWS
from trends.counting.stored_tag import StoredTag
from unit.trends.counting.uses import Use, columns
from web.board import parse_board

EXAMPLES = Path(__file__).parents[2] / "docs/contracts/examples"
NOW = 1_795_341_600_123
MINUTE = NOW // 60_000
DONE = replace(Done(), read=18_234, tagged=4120, sources=("x",), demo=False)


def leaderboard(hidden: frozenset[str] = frozenset()) -> Leaderboard:
    board = Leaderboard(MINUTE, hidden)
    board.load([StoredTag("東京", 390, NOW, {MINUTE: (3, [1])})])
    return board


def add(board: Leaderboard, key: str, minutes: dict[int, int], count: int, last: int) -> None:
    """Add posts by minute, by two people each; the tag then has so many ever."""
    uses: list[Use] = [
        (key, minute, 1 + post % 2) for minute, posts in minutes.items() for post in range(posts)
    ]
    board.add(columns(uses), np.array([count]), np.array([last]))


def write(board: Leaderboard, done: Done = DONE) -> dict[str, bytes]:
    rankings = board.rankings(NOW)
    shown = rankings.keys()
    spellings = {key: {"café": "Café"}.get(key, key) for key in shown}
    return documents(rankings, spellings, done, NOW)


def boards() -> dict[str, bytes]:
    board = leaderboard(frozenset({"hidden"}))
    add(board, "hidden", {1: 999}, 999, NOW)
    add(board, "café", {1: 412}, 412, NOW)
    return write(board)


def test_a_written_board_has_the_examples_shape() -> None:
    example = json.loads((EXAMPLES / "board.json").read_text())
    written = json.loads(boards()["all"])
    assert written.keys() == example.keys()
    assert written["hashtags"][0].keys() == example["hashtags"][0].keys()
    assert {key: type(value) for key, value in written.items()} == {
        key: type(value) for key, value in example.items()
    }
    for field in ("as_of", "version", "source", "demo", "tweets_read", "tweets_tagged"):
        assert written[field] == example[field]


def test_the_web_service_reads_what_is_written() -> None:
    written = boards()
    assert set(written) == {"all", *WINDOWS, *(f"{name}.people" for name in WINDOWS), "rising"}
    assert all(
        parse_board(row, cell).rank_by == ("people" if row.endswith(".people") else "tweets")
        for row, cell in written.items()
    )
    board = parse_board("all", written["all"])
    assert [place.key for place in board.hashtags] == ["café", "東京"]


def test_the_rising_board_has_the_examples_shape_and_is_read() -> None:
    example = json.loads((EXAMPLES / "board.rising.json").read_text())
    rising = leaderboard()
    # 東京 was used in a second hour, so four posts in two hours are two an hour.
    add(rising, "東京", {MINUTE - 200: 3}, 393, NOW)
    add(rising, "café", {MINUTE: 46, MINUTE - 100: 4}, 48, NOW)
    written = write(rising, Done())["rising"]
    found = json.loads(written)
    assert found.keys() == example.keys()
    assert found["hashtags"][0].keys() == example["hashtags"][0].keys()
    board = parse_board("rising", written)
    assert board.warming_up
    assert [place.key for place in board.hashtags] == ["café"]
    rise = board.hashtags[0].rise
    assert rise
    assert (rise.observed, rise.expected, rise.score) == (46, 2.0, 968.0)
