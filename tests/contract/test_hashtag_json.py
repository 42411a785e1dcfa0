"""A hashtag's history: the row that the driver writes, what web serves of it, and the schema."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from support.memory_store import MemoryStore
from trends.hbase.row import Change, Row
from web import create_app
from web.hashtags.history import LONGEST_HOURS, MAX_SPELLINGS, STEPS, history
from web.hashtags.row import columns, parse_hashtag
from web.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
SCHEMA = json.loads((CONTRACTS / "hashtag.schema.json").read_text(encoding="utf-8"))
EXAMPLE = json.loads((CONTRACTS / "examples" / "hashtag.json").read_text(encoding="utf-8"))
HASHTAG = Draft202012Validator(SCHEMA)

NOW = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)
ANN, BOB, EVE = "0123456789abcdef", "fedcba9876543210", "00000000000000ee"


def row(now: datetime) -> dict[bytes, bytes]:
    """The row of hbase.md behind the example, with its last posts shortly before `now`."""
    minute = int(now.timestamp()) // 60
    day = minute // 1440
    last = int((now - timedelta(minutes=2, seconds=18)).timestamp() * 1000)
    return {
        b"n:count": b"412 1767225600123 %d %d 5:3,7:12,8:20,9:46 " % (last, day),
        "s:Café".encode(): b"390",
        "s:CAFÉ".encode(): b"19",
        "s:café".encode(): b"3",
        b"m:%08d" % (minute - 2): f"2 {ANN} {BOB}".encode(),
        b"m:%08d" % (minute - 9): f"44 {BOB} {EVE}".encode(),
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
    freshness = {"as_of": "2026-11-22T10:00:00Z", "stale": False, "demo": False}
    served = history(found, step="hour", hours=6, now=NOW) | freshness | {"poll_after_seconds": 10}
    assert served == EXAMPLE


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


MILLISECONDS = 3_600_000  # of an hour


def change(spelling: str, at: int, author: str | None) -> Change:
    """What a post at a time (milliseconds since 1970) adds to its hashtag."""
    minute = (1, author or "")
    return Change(1, at, at, {spelling: 1}, {at // MILLISECONDS: 1}, {at // 60_000: minute})


def test_what_the_driver_writes_is_served() -> None:
    """Three posts of two people in three batches, the second of them a year old."""
    now = datetime.now(UTC)
    milliseconds = int(now.timestamp()) * 1000
    year = 365 * 24 * MILLISECONDS
    written: dict[bytes, bytes] = {}
    driver = Row()
    for spelling, age, author in (("Café", 0, ANN), ("CAFÉ", year, None), ("Café", 60_000, BOB)):
        written |= driver.add(change(spelling, milliseconds - age, author), milliseconds)
    days = ask(written, "?step=day&hours=8808")
    assert (days["tag"], days["count"], days["people"]) == ("Café", 3, 2)
    assert days["spellings"] == [{"tag": "Café", "count": 2}, {"tag": "CAFÉ", "count": 1}]
    assert sum(days["counts"][:2]) == 1
    assert sum(days["counts"][-3:]) == 2
    first, last = (datetime.fromisoformat(days[name]) for name in ("first_seen", "last_seen"))
    assert (last - first, last) == (timedelta(days=365), now.replace(microsecond=0))
    assert sum(ask(written, "?hours=2")["counts"]) == 2
    assert sum(ask(written, "?step=hour&hours=2")["counts"]) == 2


posts = st.lists(
    st.tuples(
        st.sampled_from(["Café", "CAFÉ", "Ca fé", "café "]),
        st.integers(0, 60),  # hours ago
        st.sampled_from([None, ANN, BOB, EVE]),
    ),
    min_size=1,
    max_size=30,
)


@given(posts=posts, restarts=st.sets(st.integers(0, 30)))
def test_any_row_of_the_driver_is_served_in_full(
    posts: list[tuple[str, int, str | None]], restarts: set[int]
) -> None:
    """In whatever order posts come, and with the driver reading its own row again in between."""
    now = datetime.now(UTC)
    milliseconds = int(now.timestamp() * 1000)
    hour = milliseconds // MILLISECONDS
    written: dict[bytes, bytes] = {}
    driver = Row()
    for number, (spelling, age, author) in enumerate(posts):
        at = milliseconds - age * MILLISECONDS
        fence = milliseconds + number
        written |= driver.add(change(spelling, at, author), fence)
        if number in restarts:
            driver = Row.from_cells({column: (cell, fence) for column, cell in written.items()})
    found = parse_hashtag("café", written, now)
    assert found
    assert found.count == len(posts)
    assert dict(found.spellings) == Counter(spelling for spelling, *_ in posts)
    assert dict(found.hours) == Counter(hour - age for _, age, _ in posts)
    assert sum(found.minutes.values()) == len(posts)
    assert (found.people or 0) == len({author for *_, author in posts} - {None})


@pytest.mark.parametrize(
    "earlier",
    [
        {b"n:count": b"2 5 3600005", b"n:d00000000": b"0:1 1:1", b"s:CAF\xc3\x89": b"2"},
        {b"n:count": b"2", b"n:first": b"5", b"n:last": b"3600005", b"s:CAF\xc3\x89": b"2",
         b"n:d00000000": b"0:1 1:1"},
    ],
)  # fmt: skip
def test_rows_of_earlier_drivers_are_served_after_the_driver_added_to_them(
    earlier: dict[bytes, bytes],
) -> None:
    for hour, spelling in ((1, "Café"), (30, "CAFÉ"), (2, "Café")):
        row = Row.from_cells({column: (cell, 1) for column, cell in earlier.items()})
        cells = earlier | row.add(change(spelling, hour * MILLISECONDS, None), 2)
        found = parse_hashtag("café", cells, NOW)
        assert found
        assert dict(found.spellings) == Counter({"CAFÉ": 2}) + Counter([spelling])
        assert dict(found.hours) == Counter([0, 1, hour])
        assert found.first == datetime(1970, 1, 1, microsecond=5000, tzinfo=UTC)


def test_the_columns_asked_for_are_those_of_the_row() -> None:
    asked = columns(15, NOW)
    assert all(cell in asked or cell.split(b":")[0] in asked for cell in row(NOW))
