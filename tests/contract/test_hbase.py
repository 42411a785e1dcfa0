"""The boards that the driver writes are those that the web service reads."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from support.uses import Use, columns, stored
from trends.counting.documents import documents
from trends.counting.hidden import NONE_HIDDEN, HiddenTags
from trends.counting.leaderboard import Leaderboard
from trends.counting.post_totals import PostTotals
from trends.counting.progress import Done
from trends.counting.spans import WINDOWS
from trends.counting.stored_tag import StoredTag
from web.boards.board import WindowTotals, parse_board

EXAMPLES = Path(__file__).parents[2] / "docs/contracts/examples"
NOW = 1_795_341_600_123
MINUTE = NOW // 60_000
DONE = replace(Done(), read=18_234, tagged=4120, sources=("x",), demo=False)


def leaderboard(hidden: HiddenTags = NONE_HIDDEN) -> Leaderboard:
    board = Leaderboard(MINUTE, hidden)
    board.load([StoredTag("東京", 390, NOW, {MINUTE: (3, [1])}, {MINUTE // 60: 3})])
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
    totals = PostTotals(MINUTE)
    totals.add(np.array([MINUTE]), np.array([[9, 7, 0, 0]]))
    return documents(rankings, spellings, done, totals, NOW)


def boards() -> dict[str, bytes]:
    board = leaderboard(HiddenTags(frozenset({"hidden"})))
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
    by_people = {"rising", "now", *(f"{name}.people" for name in WINDOWS)}
    assert set(written) == {"all", *WINDOWS, *by_people}
    assert all(
        parse_board(row, cell).rank_by == ("people" if row in by_people else "tweets")
        for row, cell in written.items()
    )
    board = parse_board("all", written["all"])
    assert [place.key for place in board.hashtags] == ["café", "東京"]
    board = parse_board("24h", written["24h"])
    assert board.totals == WindowTotals(9, 7)
    assert board.hashtags[0].points == (*[0] * 23, 3)


def test_the_rising_board_has_the_examples_shape_and_is_read() -> None:
    rising = leaderboard()
    uses: list[Use] = [(f"usual{n % 40}", MINUTE - 60 * n, n) for n in range(1, 600)]
    uses += [("café", MINUTE - n, 1 + n) for n in range(46)]
    rising.load(stored(uses))
    written = write(rising, Done())["rising"]
    assert_shape(written, "board.rising.json")
    board = parse_board("rising", written)
    assert board.known_hours == 599
    assert [place.key for place in board.hashtags] == ["café"]
    rise = board.hashtags[0].rise
    assert rise
    assert (rise.window, rise.observed, rise.surprise) == ("1h", 46, 10**9)
    assert board.hashtags[0].people == 46


def test_the_board_of_now_has_the_examples_shape_and_is_read() -> None:
    now = leaderboard()
    now.load(stored((f"t{n % 5}", MINUTE - 300, 1 + n) for n in range(15)))
    written = write(now, Done())["now"]
    assert_shape(written, "board.now.json")
    board = parse_board("now", written)
    assert board.window == "12h"
    assert [(place.count, place.people) for place in board.hashtags] == [(3, 3)] * 5 + [(3, 1)]


def assert_shape(written: bytes, name: str) -> None:
    example, found = json.loads((EXAMPLES / name).read_text()), json.loads(written)
    assert found.keys() == example.keys()
    assert found["hashtags"][0].keys() == example["hashtags"][0].keys()
