"""X's home timeline, through tweepy, from a double of X's API that runs beside the stack."""

import json
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from e2e.checks import assert_exact, report
from e2e.stack import Json, Stack
from fakes.x import CREDENTIALS
from oracle import Oracle
from waiting import eventually

DOUBLE = Path(__file__).parent / "compose.yaml"
SETTINGS = {"X_API_URL": "http://x-double:8000", "POLL_SECONDS": "2"}
TAGS = ("Café", "CAFÉ", "東京", "مرحبا", "Brücke", "OneWord", "two_words")

CONTROL = """
import sys, urllib.request
name, body = sys.argv[1], sys.argv[2].encode() or None
url = "http://127.0.0.1:8000/_control/" + name
print(urllib.request.urlopen(urllib.request.Request(url, body), timeout=10).read().decode())
"""


def control(stack: Stack, name: str, body: Any = None) -> Any:
    """Ask something of the double, or tell it something."""
    text = "" if body is None else json.dumps(body)
    said = stack.compose("exec", "-T", "x-double", "python", "-c", CONTROL, name, text)
    return json.loads(said)


def timeline(seed: int, number: int) -> list[Json]:
    """Posts of the last minutes, the oldest first, in X's words."""
    rng, newest = random.Random(seed), datetime.now(UTC)
    posts = []
    for i in range(number):
        at = newest - timedelta(seconds=number - i)
        tags = [f"#{rng.choice(TAGS)}" for _ in range(rng.choice([0, 1, 1, 2]))]
        created = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        posts.append({"text": " ".join(["Tea &amp; toast", *tags]), "created_at": created})
    # The text of a long post is cut; the tag stands in what was cut off.
    posts[0]["note_tweet"] = {"text": "long " * 100 + "#InTheLongPart"}  # type: ignore[assignment]
    return posts


def post(stack: Stack, posts: list[Json]) -> list[Json]:
    """Put posts on the timeline; the messages that they have to become."""
    ids = control(stack, "tweets", posts)
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
    oracle = Oracle(expected)
    eventually(lambda: stack.board()["tweets_tagged"] == oracle.tagged, within=120)
    sent = {message["id"] for message in stack.settled() if message["source"] == "x"}
    assert sent == {message["id"] for message in expected}
    oracle.read = len(stack.messages())
    assert_exact(stack, oracle)


def test_the_timeline_is_counted(stack: Stack) -> None:
    assert stack.board()["demo"] is True
    assert stack.board()["hashtags"]
    stack.purpose = None

    stack.configure(overrides=[DOUBLE])
    stack.up("x-double", wait=False)
    eventually(lambda: control(stack, "requests") == [], within=60)
    expected = post(stack, timeline(1, 150))

    stack.configure(CREDENTIALS | SETTINGS, overrides=[DOUBLE])
    began = time.monotonic()
    stack.up("ingest", wait=False)
    eventually(lambda: stack.board()["demo"] is False, within=120)
    report(from_credentials_to_board_seconds=round(time.monotonic() - began, 1))
    assert_counted(stack, expected)
    assert stack.board()["source"] == ["x"]

    # What comes next is asked for from where the last poll ended.
    newest = expected[-1]["id"]
    more = post(stack, timeline(2, 20))
    assert_counted(stack, expected + more)
    calls = control(stack, "requests")
    queries = [call["query"] for call in calls if call["path"].endswith("chronological")]
    assert "since_id" not in queries[0]
    assert any(query.get("since_id") == newest for query in queries)
    eventually(
        lambda: control(stack, "requests")[-1]["query"].get("since_id") == more[-1]["id"],
        within=30,
    )

    logs = stack.logs()
    assert "event=started source=x" in logs
    stored = "\n".join(stack.records("tweets"))
    assert [name for name, value in CREDENTIALS.items() if value in logs + stored] == []

    half_set(stack, expected + more)


def half_set(stack: Stack, expected: list[Json]) -> None:
    """One credential of four: ingest says what is missing and waits; the rest goes on."""
    stack.configure({"CONSUMER_KEY": CREDENTIALS["CONSUMER_KEY"]}, overrides=[DOUBLE])
    stack.up("ingest", wait=False)
    eventually(lambda: "CONSUMER_SECRET" in stack.logs("ingest"), within=60)
    assert CREDENTIALS["CONSUMER_KEY"] not in stack.logs("ingest")

    def has_stayed_up() -> bool:
        container = stack.container("ingest")
        assert container["State"]["Running"] and container["RestartCount"] == 0
        started = datetime.fromisoformat(container["State"]["StartedAt"][:19] + "+00:00")
        return time.time() - started.timestamp() >= 20

    eventually(has_stayed_up, within=60)
    assert_counted(stack, expected)
