"""The boards that the driver writes are those that the web service reads."""

import json
from collections.abc import Iterator
from pathlib import Path

from trends.batch import Batch, Delta
from trends.boards import WINDOWS, Place
from trends.progress import Done, Intent
from trends.sink import Boards
from web.board import parse_board

EXAMPLES = Path(__file__).parents[2] / "docs/contracts/examples"
NOW = 1_795_341_600_123


class Store:
    """As much of the store as boards are made from."""

    def scan(self, since: int) -> Iterator[tuple[str, int, int, dict[int, int]]]:
        yield "東京", 390, NOW, {NOW // 60_000: 3}

    def spellings(self, keys: list[str]) -> dict[str, str]:
        return {key: {"café": "Café"}.get(key, key) for key in keys}


def documents() -> dict[str, bytes]:
    boards = Boards(Store())
    boards.add([Place.of("café", 412, NOW)], {"café": Delta({"Café": 412}, {1: 412}, 1, NOW)})
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
    assert set(written) == {"all", *WINDOWS}
    board = parse_board("all", written["all"])
    assert [place.key for place in board.hashtags] == ["café", "東京"]
