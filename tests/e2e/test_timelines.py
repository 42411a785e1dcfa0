"""Home timelines, through each network's library, from doubles that run beside the stack."""

import os
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fakes import bluesky, mastodon
from fakes.x import CREDENTIALS
from support import doubles
from support.checks import assert_exact, report
from support.doubles import control
from support.oracle import Oracle
from support.stack import Json, Stack
from support.waiting import eventually

X = CREDENTIALS | {"X_API_URL": "http://x-double:8000"}
OTHERS = mastodon.environment("http://mastodon-double:8000") | bluesky.environment(
    "http://bluesky-double:8000"
)
POLLS = {"POLL_SECONDS": "2"}
SECRETS = (*CREDENTIALS.values(), mastodon.TOKEN, bluesky.APP_PASSWORD)
TAGS = ("Café", "CAFÉ", "東京", "مرحبا", "Brücke", "OneWord", "two_words")
# Five minutes is what is promised; it makes no difference but to who waits.
KAFKA_AWAY_SECONDS = float(os.environ.get("KAFKA_AWAY_SECONDS", "30"))


@pytest.fixture(scope="module")
def expected() -> list[Json]:
    """The messages that have to be counted, test after test."""
    return []


@pytest.fixture(scope="module")
def stack(any_stack: Stack, expected: list[Json]) -> Stack:
    """The demo's stack, to which the credentials of X were added."""
    stack = any_stack.on_demo_data()
    assert stack.board()["demo"]
    stack.purpose = None
    doubles.start(stack, "x-double", "mastodon-double", "bluesky-double")
    expected += post(stack, timeline(1, 150))
    stack.configure(X | POLLS, overrides=[doubles.COMPOSE])
    began = time.monotonic()
    stack.up("ingest", wait=False)
    eventually(lambda: stack.board()["demo"] is False, within=120)
    report(from_credentials_to_board_seconds=round(time.monotonic() - began, 1))
    return stack


def timeline(seed: int, number: int) -> list[Json]:
    """Posts of the last minutes, the oldest first, in X's words."""
    rng, newest = random.Random(seed), datetime.now(UTC)
    posts: list[Json] = []
    for i in range(number):
        at = newest - timedelta(seconds=number - i)
        tags = [f"#{rng.choice(TAGS)}" for _ in range(rng.choice([0, 1, 1, 2]))]
        posts.append({"text": " ".join(["Tea &amp; toast", *tags]), "created_at": stamp(at)})
    # The text of a long post is cut; the tag stands in what was cut off.
    posts[0]["note_tweet"] = {"text": "long " * 100 + "#InTheLongPart"}
    return posts


def stamp(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tagged(seed: int, number: int) -> list[tuple[str, list[str]]]:
    """(time, tags) of posts on the networks that hand over the tags themselves."""
    rng, newest = random.Random(seed), datetime.now(UTC)
    return [
        (stamp(newest - timedelta(seconds=number - i)), rng.choices(TAGS, k=rng.choice([0, 1, 2])))
        for i in range(number)
    ]


def post(stack: Stack, posts: list[Json]) -> list[Json]:
    """Put posts on the timeline; the messages that they have to become."""
    ids = control(stack, "x-double", "posts", posts)
    return [
        {
            "id": post_id,
            "source": "x",
            "created_at": each["created_at"],
            "text": each.get("note_tweet", each)["text"].replace("&amp;", "&"),
        }
        for post_id, each in zip(ids, posts, strict=True)
    ]


def assert_counted(stack: Stack, expected: list[Json]) -> None:
    """Just these tweets are counted; the demo's are read, but they count no more."""
    # All posts of a double have the same author.
    oracle = Oracle([each | {"author": each["source"]} for each in expected])
    eventually(lambda: stack.board()["tweets_tagged"] == oracle.tagged, within=120)
    sent = {message["id"] for message in stack.settled() if message["source"] != "demo"}
    assert len(sent) == len(expected)
    assert {each["id"] for each in expected if each["source"] == "x"} <= sent
    oracle.read = len(stack.messages())
    assert_exact(stack, oracle)


def source_status(stack: Stack, name: str) -> Json:
    """What the status says of a source."""
    sources = stack.api("/api/v1/status").json()["ingest"]["sources"]
    return next(each for each in sources if each["name"] == name)  # type: ignore[no-any-return]


def test_x_is_counted(stack: Stack, expected: list[Json]) -> None:
    assert_counted(stack, expected)
    assert stack.board()["source"] == ["x"]

    # What comes next is asked for from where the last poll ended.
    newest = expected[-1]["id"]
    more = post(stack, timeline(2, 20))
    expected += more
    assert_counted(stack, expected)
    calls = control(stack, "x-double", "requests")
    queries = [call["query"] for call in calls if call["path"].endswith("chronological")]
    assert "since_id" not in queries[0]
    assert any(query.get("since_id") == newest for query in queries)
    eventually(lambda: last_query(stack).get("since_id") == more[-1]["id"])

    told = eventually(lambda: source_status(stack, "x"))
    assert (told["state"], told["tweets"], told["error"]) == ("ok", len(expected), None)
    assert told["budget"] == {
        "limit": 5000,
        "left": 5000 - len(expected),
        "month": len(expected),
        "cost_today": round(0.005 * len(expected), 2),
        "cost_month": round(0.005 * len(expected), 2),
    }
    assert told["rate_limit"]["limit"] == 180


def last_query(stack: Stack) -> dict[str, str]:
    return control(stack, "x-double", "requests")[-1]["query"]  # type: ignore[no-any-return]


def test_while_kafka_is_away_nothing_is_read_in_vain(stack: Stack, expected: list[Json]) -> None:
    before = len(control(stack, "x-double", "requests"))
    stack.compose("stop", "kafka")
    expected += post(stack, timeline(3, 120))
    stopped = time.monotonic()

    def status_tells() -> bool:
        kafka = stack.api("/api/v1/status").json()["ingest"]["kafka"]
        return "KAFKA_BOOTSTRAP_SERVERS" in kafka["error"]["message"]

    eventually(status_tells)
    expected += post(stack, timeline(4, 120))
    time.sleep(max(0.0, KAFKA_AWAY_SECONDS - (time.monotonic() - stopped)))
    # The one page that was on its way when Kafka went; a second, if that went through.
    assert len(control(stack, "x-double", "requests")) - before <= 3
    stack.compose("start", "kafka")
    began = time.monotonic()
    eventually(lambda: source_status(stack, "x")["tweets"] == len(expected), within=120)
    report(kafka_away_seconds=KAFKA_AWAY_SECONDS, caught_up=round(time.monotonic() - began, 1))
    assert_counted(stack, expected)


def test_three_networks_are_counted_together(stack: Stack, expected: list[Json]) -> None:
    control(stack, "x-double", "faults", [{"status": 402, "times": 1_000_000}])
    posts = tagged(5, 90)
    toots = [
        {"created_at": at, "content": "<p>Toast</p>", "tags": [{"name": tag} for tag in tags]}
        for at, tags in posts
    ]
    control(stack, "mastodon-double", "posts", [*toots, {**toots[0], "visibility": "private"}])
    skeets = [{"text": "Toast", "tags": tags, "indexedAt": at} for at, tags in posts]
    control(stack, "bluesky-double", "posts", skeets)
    expected += [
        {"id": f"{source}{n}", "source": source, "created_at": at, "text": "", "hashtags": tags}
        for source in ("mastodon", "bluesky")
        for n, (at, tags) in enumerate(posts)
    ]
    stack.configure(X | OTHERS | POLLS, overrides=[doubles.COMPOSE])
    stack.up("ingest", wait=False)
    # X has no credits left; that is told, and the others are counted all the same.
    assert_counted(stack, expected)
    assert stack.board()["source"] == ["bluesky", "mastodon", "x"]
    assert "credits" in source_status(stack, "x")["error"]["message"]
    assert source_status(stack, "mastodon")["skipped"] == 1
    assert source_status(stack, "bluesky")["state"] == "ok"

    memory = stack.compose("exec", "-T", "ingest", "grep", "VmHWM", "/proc/1/status")
    report(ingest_with_three_networks=memory.split(maxsplit=1)[1].strip())
    control(stack, "x-double", "faults", [])
    status = stack.api("/api/v1/status").text
    told = stack.logs() + status + "\n".join(stack.records("tweets"))
    assert "event=started source=x" in told
    assert [secret for secret in SECRETS if secret in told] == []
    assert bluesky.HANDLE not in told


def test_half_set_credentials_are_told_and_nothing_is_lost(
    stack: Stack, expected: list[Json]
) -> None:
    stack.configure({"CONSUMER_KEY": CREDENTIALS["CONSUMER_KEY"]}, overrides=[doubles.COMPOSE])
    stack.up("ingest", wait=False)
    eventually(lambda: "CONSUMER_SECRET" in stack.logs("ingest"))
    assert CREDENTIALS["CONSUMER_KEY"] not in stack.logs("ingest")

    def status() -> Any:
        return stack.api("/api/v1/status").json()

    eventually(lambda: "CONSUMER_SECRET" in str(status()["ingest"]["error"]))
    assert any("CONSUMER_SECRET" in sentence for sentence in status()["advice"])

    def has_stayed_up() -> bool:
        container = stack.container("ingest")
        assert container["State"]["Running"] and container["RestartCount"] == 0
        started = datetime.fromisoformat(container["State"]["StartedAt"][:19] + "+00:00")
        return time.time() - started.timestamp() >= 20

    eventually(has_stayed_up)
    assert_counted(stack, expected)
