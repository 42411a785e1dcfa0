"""With nothing set: one command, a board of demo data, and every number on it right."""

import json
import time
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from e2e.checks import assert_exact, demo_numbers, report
from e2e.stack import BOARDS, DEMO, ROOT, Stack
from oracle import Oracle
from waiting import eventually

SCHEMA = json.loads((ROOT / "docs/contracts/trends.schema.json").read_text(encoding="utf-8"))


def test_one_command_ends_when_a_board_can_be_seen(no_stack: Stack) -> None:
    """`up --wait` with empty settings returns 0, and from then on there is something to see."""
    stack = no_stack
    began = time.monotonic()
    stack.up()
    report(cold_start_seconds=round(time.monotonic() - began))
    stack.purpose = DEMO
    assert stack.api("/readyz").status_code == 200
    assert stack.api("/healthz").status_code == 200
    board = stack.board()
    assert not board["stale"]
    # The first board has no tweets yet; the first batch finds all of Spark cold.
    eventually(lambda: stack.board()["hashtags"], within=120)
    assert stack.restarts().keys() and set(stack.restarts().values()) == {0}


def test_each_image_is_built_by_one_service(stack: Stack) -> None:
    """Otherwise each `up` without `--build` makes the containers of the others anew."""
    builders: dict[str, list[str]] = {}
    for name, each in stack.config()["services"].items():
        built = builders.setdefault(each["image"], [])
        if "build" in each:
            built.append(name)
        else:
            assert each["pull_policy"] == "never", name
    assert all(len(built) == 1 for built in builders.values()), builders


def test_the_boards_are_the_oracle_s(stack: Stack) -> None:
    """A limited run: every number from 0 on is there, and every count on every board is right."""
    count = stack.board()["tweets_read"] + 1500
    stack.configure({"DEMO_RATE": "200", "DEMO_COUNT": str(count)})
    stack.up("ingest", wait=False)
    eventually(lambda: stack.board()["tweets_read"] >= count, within=120)
    messages = stack.settled()
    assert demo_numbers(messages) == set(range(count))
    oracle = Oracle(messages)
    assert len(oracle.counts) > 100
    assert_exact(stack, oracle)


@pytest.mark.parametrize("name", BOARDS)
def test_the_answer_keeps_the_contract(stack: Stack, name: str) -> None:
    response = stack.api(f"/api/v1/trends?board={name}")
    Draft202012Validator(SCHEMA).validate(response.json())
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["demo"] is True
    assert response.json()["source"] == ["demo"]
    assert len(response.json()["hashtags"]) == 10


def test_an_unchanged_board_is_not_sent_again(stack: Stack) -> None:
    """304 without a body, until there is a newer board."""

    def unchanged() -> bool:
        etag = stack.api("/api/v1/trends").headers["ETag"]
        again = stack.api("/api/v1/trends", headers={"If-None-Match": etag})
        return (again.status_code, again.content) == (304, b"")

    eventually(unchanged)
    old: Any = stack.api("/api/v1/trends").headers["ETag"]
    eventually(
        lambda: stack.api("/api/v1/trends", headers={"If-None-Match": old}).status_code == 200
    )


@pytest.mark.parametrize("path", ["/?board=all", "/widget"])
def test_the_pages_say_that_it_is_demo_data(stack: Stack, path: str) -> None:
    """Without JavaScript too."""
    html = stack.api(path).text
    assert '<span class="chip demo" part="chip">Demo data</span>' in html
    assert html.count('<li class="row"') == 10
