"""The made-up boards of `make dev-web` are boards of the contract, with histories behind them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from support.dev_web import RATES, create_app
from web.boards.board import BOARDS
from web.http import vendor

CONTRACTS = Path(__file__).parents[3] / "docs/contracts"
SCHEMA = json.loads((CONTRACTS / "trends.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def client(make_client: object) -> FlaskClient:
    """With the caches of conftest.py, which wait for their first read."""
    return create_app().test_client()


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(vendor, "FILES", vendor.FILES)  # restored in the end
    (tmp_path / "library.js").write_text("1")
    yield tmp_path


@pytest.mark.parametrize("board", BOARDS)
def test_every_board_keeps_the_contract(client: FlaskClient, board: str) -> None:
    answer = client.get(f"/api/v1/trends?board={board}")
    assert answer.status_code == 200, answer.text
    Draft202012Validator(SCHEMA).validate(answer.json)
    assert not answer.json["stale"]
    assert answer.json["hashtags"]


def test_pages_are_served_and_each_tag_has_a_history(client: FlaskClient) -> None:
    for path in ("/", "/widget", "/status"):
        assert client.get(path).status_code == 200, path
    for tag in RATES:
        assert client.get(f"/api/v1/hashtags/{tag}").json["count"] > 0


def test_the_libraries_are_served_from_a_folder(libraries: Path) -> None:
    with create_app(str(libraries)).test_client().get("/vendor/library.js") as answer:
        assert answer.text == "1"
