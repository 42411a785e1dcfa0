"""The answer to a search: the rows that the driver writes, what web serves, and the schema."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from support.memory_store import MemoryStore
from trends.hbase.row import Change, Row
from web import create_app
from web.boards.board import MAX_LIMIT
from web.hashtags.search import MAX_LEADING, MAX_SCANNED
from web.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
SCHEMA = json.loads((CONTRACTS / "search.schema.json").read_text(encoding="utf-8"))
EXAMPLE = json.loads((CONTRACTS / "examples" / "search.json").read_text(encoding="utf-8"))
SEARCH = Draft202012Validator(SCHEMA)

CAFE_LAST, CATS_LAST = 1_795_341_492_000, 1_795_340_460_000


def ask(tags: dict[str, dict[bytes, bytes]], prefix: str) -> Any:
    store = MemoryStore()
    store.tags.update(tags)
    client = create_app(Settings(), store, store).test_client()
    response = client.get("/api/v1/hashtags", query_string={"prefix": prefix})
    assert response.status_code == 200
    SEARCH.validate(response.json)
    return response.json


def written(last: int, **spellings: int) -> dict[bytes, bytes]:
    """The row that the driver makes of so many posts by spelling."""
    count = sum(spellings.values())
    change = Change(count, last, last, spellings, {last // 3_600_000: count}, {})
    return Row().add(change, last)


def test_the_schema_is_one_and_every_member_is_described() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    members = [*SCHEMA["properties"].values()]
    members += SCHEMA["properties"]["hashtags"]["items"]["properties"].values()
    assert [member for member in members if "description" not in member] == []
    assert SCHEMA["properties"]["hashtags"]["maxItems"] == MAX_LIMIT
    described = SCHEMA["properties"]["complete"]["description"]
    assert f"the first {MAX_SCANNED} " in described
    assert f"up to {MAX_LEADING} " in described


def test_what_the_driver_writes_is_found_as_in_the_example() -> None:
    tags = {
        "café": written(CAFE_LAST, Café=390, CAFÉ=19, café=3),
        "cats": written(CATS_LAST, Cats=57),
        "dogs": written(CATS_LAST, Dogs=99),
    }
    assert ask(tags, "#Ca") == EXAMPLE
    assert ask(tags, "x")["hashtags"] == []


def test_an_answer_with_more_than_is_described_would_break_the_contract() -> None:
    SEARCH.validate(EXAMPLE)
    entry = EXAMPLE["hashtags"][0]
    for wrong in ({"people": 3}, {"count": 0}, {"tag": ""}, {"last_seen": "2026-11-22"}):
        with pytest.raises(ValidationError):
            SEARCH.validate({**EXAMPLE, "hashtags": [{**entry, **wrong}]})
