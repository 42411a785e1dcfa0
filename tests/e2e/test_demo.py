"""With nothing set: one command, a board of demo data, and every number on it right."""

import csv
import json
import time
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from jsonschema import Draft202012Validator

from support.checks import assert_exact, demo_numbers, report
from support.oracle import Oracle
from support.stack import BOARDS, DEMO, ROOT, Stack
from support.waiting import eventually

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
    stack.configure()
    stack.up("ingest", wait=False)


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


def where_shown(stack: Stack, key: str) -> set[str]:
    """What names a tag of all that is served."""
    table = csv.DictReader(stack.api("/api/v1/trends?limit=100&format=csv").text.splitlines())
    feed = stack.api("/feed.json?limit=100").json()
    search = stack.api("/api/v1/hashtags", params={"prefix": key}).json()
    named = {
        **{name: [each["key"] for each in stack.board(name)["hashtags"]] for name in BOARDS},
        "table": [each["key"] for each in table],
        "feed": [parse_qs(urlsplit(each["url"]).query)["tag"][0] for each in feed["items"]],
        "search": [each["key"] for each in search["hashtags"]],
        "history": [key] if stack.api(f"/api/v1/hashtags/{quote(key)}").ok else [],
    }
    return {place for place, keys in named.items() if key in keys}


@pytest.mark.parametrize("pattern", [False, True])
def test_a_tag_is_hidden_and_shown_again_within_ten_seconds(stack: Stack, pattern: bool) -> None:
    """By `make hide` and `make unhide`, on everything that is served, and without a restart."""
    key = next(each["key"] for each in stack.board()["hashtags"] if len(each["key"]) > 3)
    command = ("exec", "-T", "trends", "python", "-m", "trends.hide")
    word = f"{key[:-1]}*" if pattern else f"#{key}"
    shown = where_shown(stack, key)
    assert shown >= {"all", "table", "feed", "search", "history"}
    stack.compose(*command, word)
    eventually(lambda: not where_shown(stack, key), within=10)
    stack.compose(*command, "--undo", word)
    eventually(lambda: where_shown(stack, key) >= shown, within=10)


@pytest.mark.parametrize("path", ["/?board=all", "/widget"])
def test_the_pages_say_that_it_is_demo_data(stack: Stack, path: str) -> None:
    """Without JavaScript too."""
    html = stack.api(path).text
    assert '<span class="chip demo" part="chip">Demo data</span>' in html
    assert html.count('<li class="row"') == 10
