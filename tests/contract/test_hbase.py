"""The boards that the driver writes are those that the web service reads."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

from trends.counting.ranking import WINDOWS, Place
from trends.counting.tally import Batch, Delta, Minute
from trends.hbase.progress import Done, Intent
from trends.sink import Boards
from web.board import parse_board

EXAMPLES = Path(__file__).parents[2] / "docs/contracts/examples"
NOW = 1_795_341_600_123


class Store:
    """As much of the store as boards are made from."""

    def scan(self, since: int) -> Iterator[tuple[str, int, int, dict[int, Minute]]]:
        yield "東京", 390, NOW, {NOW // 60_000: Minute(3, {"1"})}

    def spellings(self, keys: list[str]) -> dict[str, str]:
        return {key: {"café": "Café"}.get(key, key) for key in keys}


def delta(spelling: str, minutes: dict[int, int], last: int) -> Delta:
    parts = {minute: Minute(n, {"1", "2"}) for minute, n in minutes.items()}
    return Delta(1, last, {spelling: sum(minutes.values())}, parts)


def documents() -> dict[str, bytes]:
    boards = Boards(Store(), frozenset({"hidden"}), 0)
    boards.add({"hidden": delta("Hidden", {1: 999}, NOW)}, [Place.of("hidden", 999, NOW)])
    boards.add({"café": delta("Café", {1: 412}, NOW)}, [Place.of("café", 412, NOW)])
    intent = Intent(NOW, {"0": 0}, {"0": 18_234})
    done = Done().after(intent, Batch(tagged=4120, sources={"x"}), 3_600_000)
    return boards.documents(done, NOW)


def test_a_written_board_has_the_examples_shape() -> None:
    example = json.loads((EXAMPLES / "board.json").read_text())
    written = json.loads(documents()["all"])
    assert written.keys() == example.keys()
    assert written["hashtags"][0].keys() == example["hashtags"][0].keys()
    assert {key: type(value) for key, value in written.items()} == {
        key: type(value) for key, value in example.items()
    }
    for field in ("as_of", "version", "source", "demo", "tweets_read", "tweets_tagged"):
        assert written[field] == example[field]


def test_the_web_service_reads_what_is_written() -> None:
    written = documents()
    assert set(written) == {"all", *WINDOWS, *(f"{name}.people" for name in WINDOWS), "rising"}
    assert all(
        parse_board(row, cell).rank_by == ("people" if row.endswith(".people") else "tweets")
        for row, cell in written.items()
    )
    board = parse_board("all", written["all"])
    assert [place.key for place in board.hashtags] == ["café", "東京"]


def test_the_rising_board_has_the_examples_shape_and_is_read() -> None:
    example = json.loads((EXAMPLES / "board.rising.json").read_text())
    now = time.time_ns() // 1_000_000  # the windows begin with the running minute
    boards = Boards(Store(), frozenset(), 0)
    minutes = {now // 60_000: 46, now // 60_000 - 100: 4}
    boards.add({"café": delta("Café", minutes, now)}, [Place.of("café", 48, now)])
    written = boards.documents(Done(), now)["rising"]
    found = json.loads(written)
    assert found.keys() == example.keys()
    assert found["hashtags"][0].keys() == example["hashtags"][0].keys()
    board = parse_board("rising", written)
    assert board.warming_up
    assert [place.key for place in board.hashtags] == ["café"]
    rise = board.hashtags[0].rise
    assert rise
    # 東京 was used in a second hour: four tweets in two hours are two an hour.
    assert (rise.observed, rise.expected, rise.score) == (46, 2.0, 968.0)
