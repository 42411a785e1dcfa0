"""All networks at once, at their worst, for some minutes; afterwards every count is compared.

python -m chaos.sources [--minutes N] [--seed N]

X's tokens are positions within their query, and X speaks the newer of its two vocabularies alone;
Mastodon takes `min_id` for `since_id`; Bluesky's sessions last seconds. Every few seconds one of
them answers with an error, HTML, half a page, too late or not at all, and ingest is killed each
minute. Meanwhile posts come, also in bursts that take many pages; some are private, some malformed,
some cut.
"""

import argparse
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fakes import bluesky, mastodon
from fakes.x import CREDENTIALS
from support import doubles
from support.checks import assert_exact
from support.doubles import control
from support.oracle import Oracle
from support.stack import Json, Stack
from support.waiting import eventually

NETWORKS = {"x": "x-double", "mastodon": "mastodon-double", "bluesky": "bluesky-double"}
SETTINGS = CREDENTIALS | {"X_API_URL": "http://x-double:8000", "X_DAILY_POSTS": "1000000"}
SETTINGS |= mastodon.environment("http://mastodon-double:8000")
SETTINGS |= bluesky.environment("http://bluesky-double:8000")
SETTINGS |= {"POLL_SECONDS": "1"}
MODES: dict[str, Json] = {
    "x": {"tokens": "position", "vocabulary": "post", "strict": True, "rate_limit": 1_000_000},
    "mastodon": {"min_id_is_since_id": True, "rate_limit": 1_000_000},
    "bluesky": {
        "token_seconds": 20, "rate_limit": 1_000_000, "session_limit": 1_000_000,
    },
}  # fmt: skip
FAULTS: list[Json] = [
    {"status": 500, "body": {"error": "later"}},
    {"status": 502, "html": "<h1>Bad gateway</h1>"},
    {"status": 200, "html": "<h1>Sorry</h1>"},
    {"drop": True},
    {"drop": "middle"},
    {"drop": "reset"},
    {"drip": 0.1},
    {"delay": 11},
]
# Each once on each network.
REFUSALS: list[Json] = [{"status": 401}, {"status": 429}]
TAGS = ("Café", "CAFÉ", "東京", "مرحبا", "Brücke", "OneWord", "two_words")
BURST, BURST_SECONDS = 350, 45
KILL_SECONDS = 60
REFUSAL_SECONDS = 60
SETTLE_SECONDS = 400
LABEL = [{"val": "!no-unauthenticated"}]


class Feed:
    """Makes posts, and keeps what has to be counted of them."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self.expected: list[Json] = []
        self.malformed: Counter[str] = Counter()
        self.posted: Counter[str] = Counter()

    def posts(self, name: str, number: int) -> list[Json]:
        """So many new posts in the words of a network."""
        self.posted[name] += number
        make: dict[str, Callable[[str, list[str]], Json]] = {
            "x": self._x, "mastodon": self._mastodon, "bluesky": self._bluesky,
        }  # fmt: skip
        return [make[name](_now(), self._tags()) for _ in range(number)]

    def _tags(self) -> list[str]:
        return self._rng.sample(TAGS, self._rng.choice([0, 1, 2, 3]))

    def _expect(self, source: str, at: str, tags: list[str], author: str = "") -> None:
        number = len(self.expected)
        message = {"id": f"{source}{number}", "source": source, "created_at": at, "text": ""}
        self.expected.append(message | {"hashtags": tags, "author": author or source})

    def _malformed(self, source: str) -> int:
        """A number, another one each time, in the place of a text."""
        self.malformed[source] += 1
        return self.malformed[source]

    def _x(self, at: str, tags: list[str]) -> Json:
        kind = self._rng.random()
        text = " ".join(["Tea", *(f"#{tag}" for tag in tags)])
        post: Json = {"text": text, "created_at": at, "entities": _entities(text)}
        if kind < 0.02:
            return post | {"text": self._malformed("x")}
        self._expect("x", at, tags)
        if kind < 0.1:
            # The text of a long post is cut; so is a repost's, within a tag.
            return post | {"text": "long " * 55 + "#tag…", "note_tweet": {"text": text}}
        if kind < 0.2:
            cut = f"RT @someone: {text} #clockmakersguil…"
            reference = [{"type": "retweeted", "id": "1"}]
            return post | {"text": cut, "entities": None, "referenced_tweets": reference}
        return post

    def _mastodon(self, at: str, tags: list[str]) -> Json:
        kind = self._rng.random()
        names = [{"name": tag} for tag in tags]
        status: Json = {"created_at": at, "content": "<p>Toast</p>", "tags": names}
        if kind < 0.02:
            return status | {"content": self._malformed("mastodon")}
        if kind < 0.15:
            private: Json = self._rng.choice([{"visibility": "private"}, {"local_only": True}])
            return (
                status | private if kind < 0.1 else {"created_at": at, "reblog": status | private}
            )
        self._expect("mastodon", at, tags)
        return {"created_at": at, "reblog": status} if kind < 0.25 else status

    def _bluesky(self, at: str, tags: list[str]) -> Json:
        kind = self._rng.random()
        post: Json = {"text": "Toast", "tags": tags, "indexedAt": at}
        if kind < 0.02:
            return post | {"text": self._malformed("bluesky")}
        if kind < 0.1:
            return post | {"reason": {"by": {"did": bluesky.REPOSTER, "labels": LABEL}}}
        is_repost = kind < 0.2
        self._expect("bluesky", at, tags, "bluesky reposter" if is_repost else "")
        return post | ({"reason": {"indexedAt": at}} if is_repost else {})


def _entities(text: str) -> Json:
    """The hashtags as X names them."""
    found, start = [], 0
    for word in text.split(" "):
        if word.startswith("#"):
            found.append({"start": start, "end": start + len(word), "tag": word[1:]})
        start += len(word) + 1
    return {"hashtags": found}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _say(text: str) -> None:
    print(f"{time.strftime('%X')} {text}", file=sys.stderr, flush=True)


def run(stack: Stack, minutes: float, seed: int) -> None:
    """Start everything, let it suffer, and compare; AssertionError for a wrong count."""
    rng, feed = random.Random(seed), Feed(seed)
    stack.configure(SETTINGS, overrides=[doubles.COMPOSE])
    stack.down()
    stack.up(*NETWORKS.values(), wait=False)
    for name, double in NETWORKS.items():
        eventually(lambda d=double: control(stack, d, "reset", {}) == {})  # type: ignore[misc]
        control(stack, double, "settings", MODES[name])
    stack.up()
    faults = _suffer(stack, feed, rng, minutes)
    for double in NETWORKS.values():
        control(stack, double, "faults", [])
    _say(f"posted {dict(feed.posted)}; faults {dict(faults)}; waiting until all is counted")
    oracle = Oracle(feed.expected)
    eventually(lambda: stack.board()["tweets_tagged"] >= oracle.tagged, within=SETTLE_SECONDS)
    messages = stack.settled(SETTLE_SECONDS)
    oracle.read = len(messages)
    assert len({message["id"] for message in messages}) == len(feed.expected)
    assert_exact(stack, oracle)
    aside = {(each["origin"], each["record"]) for each in quarantined(stack)}
    assert Counter(origin for origin, _ in aside) == feed.malformed
    sources = stack.api("/api/v1/status").json()["ingest"]["sources"]
    assert [each["gaps"] for each in sources] == [0, 0, 0]
    _say(f"exact: {len(feed.expected):,} posts, {oracle.tagged:,} with hashtags")


def quarantined(stack: Stack) -> list[Json]:
    """The entries of the quarantine, some of them perhaps twice: ingest was killed."""
    return [json.loads(value) for value in stack.records("tweets.quarantine")]


def _suffer(stack: Stack, feed: Feed, rng: random.Random, minutes: float) -> Counter[str]:
    """Posts, faults and kills until the time is over; the number of each fault."""
    began, done = time.monotonic(), Counter[str]()
    next_burst, next_kill, next_refusal = BURST_SECONDS, KILL_SECONDS, REFUSAL_SECONDS / 2
    refusals = [(name, fault) for name in NETWORKS for fault in REFUSALS]
    while (elapsed := time.monotonic() - began) < 60 * minutes:
        for name, double in NETWORKS.items():
            control(stack, double, "posts", feed.posts(name, rng.randrange(8)))
        if elapsed >= next_burst:
            next_burst += BURST_SECONDS
            name = rng.choice([*NETWORKS])
            control(stack, NETWORKS[name], "posts", feed.posts(name, BURST))
        if elapsed >= next_kill:
            next_kill += KILL_SECONDS
            stack.kill9("ingest")
            done["ingest killed"] += 1
        name, fault = rng.choice([*NETWORKS]), rng.choice(FAULTS)
        # One each minute: ingest tries again after two.
        if refusals and elapsed >= next_refusal:
            next_refusal += REFUSAL_SECONDS
            name, fault = refusals.pop()
        control(stack, NETWORKS[name], "faults", [fault | {"times": 1_000_000}])
        done[f"{name} {fault}"] += 1
        time.sleep(rng.uniform(0.5, 4))
        control(stack, NETWORKS[name], "faults", [])
    assert not refusals, "too short a run for each refusal"
    return done


def main() -> int:
    """Run for some minutes on a stack of its own."""
    parser = argparse.ArgumentParser(
        prog="chaos --sources", description="All networks at their worst."
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    chosen: Any = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    stack = Stack("tweet-trends-chaos", int(os.environ.get("WEB_PORT", "18090")))
    try:
        run(stack, chosen.minutes, chosen.seed)
    finally:
        stack.down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
