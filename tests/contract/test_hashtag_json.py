"""One tag's history: the row in HBase, what services/web makes of it, and what docs promise."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from trends.counting.tally import Delta, Minute
from trends.hbase.row import Row
from unit.web.memory_store import MemoryStore
from web import create_app
from web.hashtag import LONGEST_HOURS, MAX_SPELLINGS, STEPS, columns, history, parse_hashtag
from web.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
SCHEMA = json.loads((CONTRACTS / "hashtag.schema.json").read_text(encoding="utf-8"))
EXAMPLE = json.loads((CONTRACTS / "examples" / "hashtag.json").read_text(encoding="utf-8"))
HASHTAG = Draft202012Validator(SCHEMA)

NOW = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)
ANN, BOB, EVE = "0123456789abcdef", "fedcba9876543210", "00000000000000ee"


def row(now: datetime) -> dict[bytes, bytes]:
    """The row of hbase.md that the example is made of, with its last tweets shortly before now."""
    minute = int(now.timestamp()) // 60
    day = minute // 1440
    last = int((now - timedelta(minutes=2, seconds=18)).timestamp() * 1000)
    return {
        b"n:count": b"412 1767225600123 %d" % last,
        "s:Café".encode(): b"390",
        "s:CAFÉ".encode(): b"19",
        "s:café".encode(): b"3",
        b"m:%08d" % (minute - 2): f"2 {ANN} {BOB}".encode(),
        b"m:%08d" % (minute - 9): f"44 {BOB} {EVE}".encode(),
        b"n:d%08d" % day: b"5:3 7:12 8:20 9:46",
        b"n:d%08d" % (day - 1): b"23:2",
    }


def ask(cells: dict[bytes, bytes], query: str = "") -> Any:
    store = MemoryStore()
    store.tags["café"] = cells
    client = create_app(Settings(), store, store).test_client()
    response = client.get(f"/api/v1/hashtags/Caf%C3%89{query}")
    assert response.status_code == 200
    HASHTAG.validate(response.json)
    return response.json


def test_the_schema_is_one_and_every_member_of_an_answer_is_described() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    members = [*SCHEMA["properties"].values()]
    members += SCHEMA["properties"]["spellings"]["items"]["properties"].values()
    assert [member for member in members if "description" not in member] == []
    assert list(SCHEMA["properties"]) == SCHEMA["required"]


def test_the_example_meets_the_schema() -> None:
    HASHTAG.validate(EXAMPLE)


def test_the_example_is_what_is_served() -> None:
    found = parse_hashtag("café", row(NOW), NOW)
    assert found
    assert history(found, step="hour", hours=6, now=NOW) == EXAMPLE


def test_the_limits_are_the_schema_s() -> None:
    properties = SCHEMA["properties"]
    assert list(STEPS) == properties["step"]["enum"]
    assert properties["spellings"]["maxItems"] == MAX_SPELLINGS
    longest = {step: hours * 60 // STEPS[step] for step, hours in LONGEST_HOURS.items()}
    assert properties["counts"]["maxItems"] == max(longest.values())


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?hours=1",
        "?hours=500",
        "?step=minute&hours=168",
        "?step=hour&hours=2160",
        "?step=day&hours=87600",
    ],
)
def test_any_answer_meets_the_schema(query: str) -> None:
    answer = ask(row(datetime.now(UTC)), query)
    assert answer["people"] == 3
    assert ask({b"n:count": b"1", b"n:first": b"0", b"n:last": b"0"}, query)["people"] is None


def test_an_answer_with_anything_of_an_author_would_break_the_contract() -> None:
    text = json.dumps(ask(row(datetime.now(UTC)), "?step=minute&hours=1"))
    assert not any(author in text for author in (ANN, BOB, EVE))
    for wrong in ({"people": [ANN]}, {"people": 0}, {"authors": 3}):
        with pytest.raises(ValidationError):
            HASHTAG.validate({**EXAMPLE, **wrong})


def test_what_the_driver_writes_is_told() -> None:
    """Three tweets of two people in two batches, the earliest of them a year old."""
    now = datetime.now(UTC)
    milliseconds = int(now.timestamp()) * 1000
    year = 365 * 86_400_000
    written: dict[bytes, bytes] = {}
    driver = Row()
    for spelling, age, author in (("Café", 0, ANN), ("CAFÉ", year, None), ("Café", 60_000, BOB)):
        at = milliseconds - age
        minute = Minute(1, {author} - {None})
        delta = Delta(at, at, {spelling: 1}, {at // 60_000: minute})
        written |= driver.add(delta, milliseconds)
    days = ask(written, "?step=day&hours=8808")
    assert (days["tag"], days["count"], days["people"]) == ("Café", 3, 2)
    assert days["spellings"] == [{"tag": "Café", "count": 2}, {"tag": "CAFÉ", "count": 1}]
    assert sum(days["counts"][:2]) == 1
    assert sum(days["counts"][-3:]) == 2
    first, last = (datetime.fromisoformat(days[name]) for name in ("first_seen", "last_seen"))
    assert (last - first, last) == (timedelta(days=365), now.replace(microsecond=0))
    assert sum(ask(written, "?hours=2")["counts"]) == 2
    assert sum(ask(written, "?step=hour&hours=2")["counts"]) == 2


def test_the_columns_asked_for_are_those_of_the_row() -> None:
    asked = columns(15, NOW)
    assert all(cell in asked or cell.split(b":")[0] in asked for cell in row(NOW))
