"""What services/web serves is what docs/contracts promises."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from support.memory_store import MemoryStore, entries
from web import create_app
from web.boards.board import (
    BOARDS,
    NOW_WINDOWS,
    RANKINGS,
    RISING_WINDOWS,
    WINDOWS,
    parse_board,
    row_of,
)
from web.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
SCHEMA = json.loads((CONTRACTS / "trends.schema.json").read_text())
NOW = (CONTRACTS / "examples" / "board.now.json").read_bytes()
RISING = (CONTRACTS / "examples" / "board.rising.json").read_bytes()
PEOPLE = (CONTRACTS / "examples" / "board.people.json").read_bytes()
BOARD = (CONTRACTS / "examples" / "board.json").read_bytes()
TRENDS = json.loads((CONTRACTS / "examples" / "trends.json").read_text())

POINTS = {"points": [0] * 30}

NEVER_OLD = Settings(stale_after_seconds=10**9)


def serve(cell: bytes, query: str = "", settings: Settings = NEVER_OLD) -> Any:
    store = MemoryStore()
    written = json.loads(cell)
    store.cells[row_of(written["board"], written.get("rank_by", "tweets"))] = cell
    response = create_app(settings, store).test_client().get(f"/api/v1/trends{query}")
    assert response.status_code == 200
    Draft202012Validator(SCHEMA).validate(response.json)
    return response.json


def test_the_example_board_is_served_as_the_example_answer() -> None:
    assert serve(BOARD) == TRENDS


def test_the_rising_board_is_served_with_what_its_ranks_are_made_of() -> None:
    answer, written = serve(RISING, "?board=rising"), json.loads(RISING)
    assert (answer["rank_by"], answer["known_hours"], answer["certainty"]) == (
        "people", 672, "high",
    )  # fmt: skip
    for shown, stored in zip(answer["hashtags"], written["hashtags"], strict=True):
        assert {name: shown[name] for name in stored} == stored
    for name in ("known_hours", "people", "window", "observed", "expected", "surprise", "score"):
        broken = json.loads(RISING)
        del (broken if name == "known_hours" else broken["hashtags"][0])[name]
        with pytest.raises(ValueError, match=name):
            parse_board("rising", json.dumps(broken).encode())
        unlike = json.loads(json.dumps(answer))
        del (unlike if name == "known_hours" else unlike["hashtags"][0])[name]
        with pytest.raises(ValidationError):
            Draft202012Validator(SCHEMA).validate(unlike)


@pytest.mark.parametrize("known_hours", [0, 23, 24, 167, 168, 672])
@pytest.mark.parametrize("rank_by", RANKINGS)
def test_any_rising_board_meets_the_schema(known_hours: int, rank_by: str) -> None:
    written = json.loads(RISING)
    (entry, _) = written["hashtags"]
    least = {"expected": 1.2e-7, "surprise": 1, "score": 0.0, "observed": 1, "people": 1}
    most = {"expected": 12_000.0, "surprise": 10**9, "score": 690.78}
    windows = [{**entry, "window": window} for window in RISING_WINDOWS]
    written["hashtags"] = [{**entry, **least}, {**entry, **most}, *windows]
    written["known_hours"] = known_hours
    answer = serve(json.dumps(written).encode(), f"?board=rising&rank_by={rank_by}")
    assert len(answer["hashtags"]) == 8


@pytest.mark.parametrize("window", NOW_WINDOWS)
@pytest.mark.parametrize("rank_by", RANKINGS)
def test_the_board_now_is_served_with_its_window(window: str, rank_by: str) -> None:
    written = {**json.loads(NOW), "window": window}
    answer = serve(json.dumps(written).encode(), f"?board=now&rank_by={rank_by}")
    assert (answer["window"], answer["rank_by"]) == (window, "people")
    for shown, stored in zip(answer["hashtags"], written["hashtags"], strict=True):
        assert {name: shown[name] for name in stored} == stored
    for wrong in ({"rank_by": "tweets"}, {"window": "3h"}, {"known_hours": 1}, {"board": "24h"}):
        with pytest.raises(ValidationError):
            Draft202012Validator(SCHEMA).validate({**answer, **wrong})


def test_the_board_by_people_is_served_with_both_counts() -> None:
    answer, written = serve(PEOPLE, "?board=24h&rank_by=people"), json.loads(PEOPLE)
    assert answer["rank_by"] == "people"
    for shown, stored in zip(answer["hashtags"], written["hashtags"], strict=True):
        assert {name: shown[name] for name in stored} == stored


@pytest.mark.parametrize("board", WINDOWS)
def test_people_may_be_on_a_board_by_tweets_or_not_yet(board: str) -> None:
    for people in ({}, {"people": 17}):
        written = {**json.loads(BOARD), "board": board, "hashtags": entries(2, **people, **POINTS)}
        answer = serve(json.dumps(written).encode(), f"?board={board}")
        assert [{"people"} & each.keys() for each in answer["hashtags"]] == [people.keys()] * 2


def test_people_are_on_no_other_board() -> None:
    written = {**json.loads(BOARD), "hashtags": entries(2, people=17, **POINTS)}
    answer = serve(json.dumps(written).encode())
    assert all("people" not in each for each in answer["hashtags"])
    for wrong in (
        {"rank_by": "people"},
        {"hashtags": [{**TRENDS["hashtags"][0], "people": 1}]},
        {"rank_by": "people", "board": "24h"},
    ):
        with pytest.raises(ValidationError):
            Draft202012Validator(SCHEMA).validate({**TRENDS, **wrong})


def test_what_an_older_driver_wrote_meets_the_schema() -> None:
    older = json.loads(BOARD)
    del older["rank_by"]
    assert serve(json.dumps(older).encode()) == TRENDS
    for cell in (BOARD, RISING, NOW, PEOPLE):
        older = json.loads(cell)
        for name in ("point_minutes", "window_posts", "window_tagged"):
            older.pop(name, None)
        for each in older["hashtags"]:
            del each["points"]
        query = f"?board={older['board']}&rank_by={older['rank_by']}"
        answer = serve(json.dumps(older).encode(), query)
        assert not {"point_minutes", "window_posts", "window_tagged"} & answer.keys()
        assert not any("points" in each for each in answer["hashtags"])


@pytest.mark.parametrize(("row", "cell"), [("rising", RISING), ("now", NOW), ("24h", PEOPLE)])
def test_the_posts_of_the_window_and_the_sparklines_are_served(row: str, cell: bytes) -> None:
    answer, written = serve(cell, f"?board={row}&rank_by=people"), json.loads(cell)
    for name in ("window_posts", "window_tagged", "point_minutes"):
        assert answer[name] == written[name]
    assert [each["points"] for each in answer["hashtags"]] == [
        each["points"] for each in written["hashtags"]
    ]
    for name in ("window_posts", "window_tagged", "point_minutes"):
        unlike = {other: value for other, value in answer.items() if other != name}
        with pytest.raises(ValidationError):
            Draft202012Validator(SCHEMA).validate(unlike)


def test_the_posts_of_all_time_are_those_of_no_window() -> None:
    written = {**json.loads(BOARD), "window_posts": 9, "window_tagged": 5}
    assert "window_posts" not in serve(json.dumps(written).encode())
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate({**TRENDS, "window_posts": 9, "window_tagged": 5})


def test_the_points_of_the_examples_are_as_the_schema_says() -> None:
    assert [len(each["points"]) for each in TRENDS["hashtags"]] == [30] * 3
    for cell in (NOW, PEOPLE):
        for each in json.loads(cell)["hashtags"]:
            assert (len(each["points"]), sum(each["points"])) == (24, each["count"])


def test_the_example_answer_meets_the_schema() -> None:
    Draft202012Validator(SCHEMA).validate(TRENDS)


def test_the_boards_that_can_be_asked_for_are_the_schema_s() -> None:
    assert list(BOARDS) == SCHEMA["properties"]["board"]["enum"]
    entry = SCHEMA["properties"]["hashtags"]["items"]["properties"]
    assert list(NOW_WINDOWS) == SCHEMA["properties"]["window"]["enum"]
    assert list(RISING_WINDOWS) == entry["window"]["enum"]
    assert list(RANKINGS) == SCHEMA["properties"]["rank_by"]["enum"]


@pytest.mark.parametrize(
    "changes",
    [
        {"hashtags": []},
        {"hashtags": entries(100, **POINTS)},
        {"source": ["x", "demo", "x"], "demo": True},
        {"tweets_read": 0, "tweets_tagged": 0, "hashtags": []},
        {"board": "7d"},
    ],
)
def test_any_board_meets_the_schema(changes: dict[str, Any]) -> None:
    board = {**json.loads(BOARD), **changes}
    serve(json.dumps(board).encode(), f"?board={board['board']}&limit=100")


def test_a_stale_answer_meets_the_schema() -> None:
    assert serve(BOARD, settings=Settings(stale_after_seconds=2))["stale"] is True
