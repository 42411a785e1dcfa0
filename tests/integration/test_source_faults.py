"""What a network does when it does not do what it should: real ingest, Kafka, Spark and HBase.

docs/sources.md tells the user the same, in "When a network misbehaves".
"""

import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import happybase
import pytest

from ingest.fields import Context
from integration.timelines import (
    FIRST,
    NAMES,
    Served,
    delivered,
    environment,
    fetched,
    post,
    written,
)
from support.driver import Driver, check
from support.integration_support import counts_in_hbase
from support.oracle import Oracle
from support.waiting import eventually

MOST_MEMORY_MB = 256
MILLISECOND = timedelta(milliseconds=1)

# -- refusals and limits: the calls stop ----------------------------------------------------------

WAIT_SECONDS = 12
NAMED = {
    "x": r"CONSUMER_KEY|X account",
    "mastodon": "MASTODON_ACCESS_TOKEN",
    "bluesky": "BLUESKY_APP_PASSWORD",
}
# What a 429 names as its reset, and the seconds after which the next call may be.
RESETS: list[tuple[Callable[[float], str | None], range]] = [
    (lambda now: None, range(15, 19)),
    (lambda now: str(int(now) - 100), range(15, 19)),
    (lambda now: str(int(now) + 365 * 86_400), range(960, 961)),
    (lambda now: "soon", range(15, 19)),
]


def iso(seconds: str | None) -> str | None:
    """As Mastodon writes it."""
    if seconds is None or not seconds.isdecimal():
        return seconds
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(int(seconds)))


def limited(name: str, reset: str | None) -> dict[str, Any]:
    """A 429 as the network sends it, with a reset or without."""
    headers = {
        "x": {"x-rate-limit-reset": reset},
        "mastodon": {"X-RateLimit-Reset": iso(reset)},
        "bluesky": {"ratelimit-reset": reset},
    }
    return {"status": 429, "body": {"error": "limit"}, "headers": headers[name], "times": 1000}


@pytest.mark.parametrize("name", NAMES)
def test_refused_or_limited_it_does_not_call_again_soon(name, ingests, networks):
    """All at once, as each needs the same long look: no early call, and a line that helps."""
    statuses = (401, 402, 403) if name == "x" else (401, 403)
    given = environment(name, networks(name)).values()
    secrets = [value for value in given if not value.startswith("http")]
    refusal = {"error": f"not {secrets}", "message": f"never {secrets}", "detail": str(secrets)}
    cases: list[tuple[dict[str, Any], str, range]] = [
        ({"status": each, "body": refusal, "times": 1000}, NAMED[name], range(120, 145))
        for each in statuses
    ]
    for reset, waits in RESETS:
        fault = limited(name, reset(time.time())) | {"request": FIRST[name]}
        cases.append((fault, "POLL_SECONDS", waits))
    running = []
    for fault, words, waits in cases:
        served, ingest = networks(name), ingests()
        served.double.faults = [fault]
        ingest.start(**environment(name, served))
        running.append((fault, words, waits, served, ingest))
    for fault, _, _, served, _ in running:
        expected = fault.get("request", 1)
        eventually(lambda s=served, n=expected: len(s.requests) >= n)
    time.sleep(WAIT_SECONDS)
    for fault, words, waits, served, ingest in running:
        log, told = ingest.log(), ingest.status()[name]
        refused, *again = [each["at"] for each in served.requests[fault.get("request", 1) - 1 :]]
        # Not their number: the first of them may be refused long before the last has started.
        assert all(at - refused >= waits.start - 1 for at in again), (fault, log)
        wait = re.search(rf"kind={fault['status']} failures=1 next_try=(\d+)s", log)
        assert wait and int(wait[1]) in waits, log
        assert re.search(words, log) and re.search(words, told["error"]["message"])
        assert (told["state"], told["error"]["kind"]) == ("failing", str(fault["status"]))
        assert log.count("event=settings") == 1
        assert [secret for secret in secrets if secret in log + json.dumps(told)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_is_waited_for_until_its_reset(name, ingest, networks):
    served = networks(name)
    post(served, 3)
    reset = int(time.time()) + 12
    first = FIRST[name]
    served.double.faults = [limited(name, str(reset)) | {"request": first, "times": 1}]
    ingest.start(**environment(name, served))
    delivered(ingest, 3)
    assert served.requests[first - 1]["status"] == 429
    assert reset <= served.requests[first]["at"] <= reset + 10


# -- outages, and answers that break --------------------------------------------------------------


def test_an_outage_gets_few_calls_and_is_over_soon(ingests, networks):
    """All at once, as each needs the same long look."""
    faults: list[dict[str, Any]] = [{"status": 503}, {"status": 200, "html": "<h1>Sorry</h1>"}]
    running = []
    for name, fault in itertools.product(NAMES, faults):
        served, ingest = networks(name), ingests()
        post(served, 5)
        served.double.faults = [fault | {"request": FIRST[name], "times": 1000}]
        ingest.start(**environment(name, served))
        running.append((served, ingest))
    for served, _ in running:
        eventually(lambda s=served: fetched(s))
    time.sleep(15)
    for served, _ in running:
        calls = [call["at"] for call in fetched(served)]
        assert len(calls) >= 2
        # 1, 2, 4, 8 … seconds, each with its jitter.
        assert len([at for at in calls if at < calls[0] + 15]) <= 5
        served.double.faults = []
    for _, ingest in running:
        assert len(delivered(ingest, 5, within=60)) == 5


def test_a_body_that_hangs_drips_or_breaks_off_costs_a_try(ingests, networks):
    faults: list[dict[str, Any]] = [
        {"delay": 30}, {"drip": 0.5}, {"drop": "middle"}, {"drop": True},
    ]  # fmt: skip
    running = []
    for name, fault in itertools.product(NAMES, faults):
        served, ingest = networks(name), ingests()
        post(served, 20)
        served.double.faults = [fault | {"request": FIRST[name]}]
        ingest.start(**environment(name, served))
        running.append((served, ingest))
    for served, ingest in running:
        assert len(delivered(ingest, 20)) == 20
        assert "kind=network" in ingest.log()
        calls = [call["at"] for call in fetched(served)]
        assert calls[1] - calls[0] < 15


# -- what is in the pages -------------------------------------------------------------------------

TIME = "2026-11-22T10:00:00Z"
X_POST: dict[str, Any] = {"id": "100", "text": "null #Tag", "created_at": TIME}
X_NULLS = ("entities", "note_tweet", "referenced_tweets", "author_id", "lang")
X_ODD: list[Any] = [
    {"id": "1"}, {"id": 5, "text": "a"}, {"id": "2", "text": None, "created_at": None},
    X_POST | {"id": "3", "text": "\ud800"}, X_POST | {"id": "4", "created_at": "yesterday"},
    {"text": "no id"}, None, "x", [], 7,
]  # fmt: skip
STATUS: dict[str, Any] = {
    "id": "100", "created_at": TIME, "visibility": "public", "content": "<p>null #Tag</p>",
    "tags": [{"name": "Tag"}],
}  # fmt: skip
STATUS_NULLS = ("account", "language", "reblog", "media_attachments", "mentions", "emojis", "card")
STATUS_ODD: list[Any] = [
    STATUS | {"id": 5}, STATUS | {"id": "1", "content": 5}, STATUS | {"id": "2", "tags": "x"},
    STATUS | {"id": "3", "content": "\ud800"}, STATUS | {"id": "4", "created_at": "yesterday"},
    STATUS | {"id": "6", "tags": [{"name": "\ud800"}]}, STATUS | {"id": "7", "visibility": None},
    STATUS | {"id": "8", "reblog": []}, None, "x", [], 7,
]  # fmt: skip


def item(key: str, record: Any = None, **fields: Any) -> dict[str, Any]:
    """An item of a Bluesky timeline."""
    uri = f"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/{key}"
    return {"post": {"uri": uri, "indexedAt": TIME, "record": record} | fields}


ITEM = item("100", {"text": "null #Tag", "tags": ["Tag"], "facets": None, "langs": None})
ITEM_NULLS = ("reason", "reply")
ITEM_ODD: list[Any] = [
    item("1", {"text": 5}), item("2", {"text": None}), item("3"), item("4", "text"),
    item("5", {"text": "\ud800"}), item("6", {"text": "a", "tags": ["\ud800"]}),
    item("7", {"text": "a"}, indexedAt="yesterday"), item("8", {"text": "a"}, indexedAt=5),
    item("9", {"text": "no uri"}, uri=5), None,
]  # fmt: skip

PAGES: dict[str, tuple[Any, list[Any]]] = {
    "x": ({"data": [X_POST | dict.fromkeys(X_NULLS), *X_ODD], "meta": {}}, X_ODD),
    "mastodon": ([STATUS | dict.fromkeys(STATUS_NULLS), *STATUS_ODD], STATUS_ODD),
    "bluesky": ({"feed": [ITEM | dict.fromkeys(ITEM_NULLS), *ITEM_ODD]}, ITEM_ODD),
}


def test_what_cannot_be_read_is_set_aside_and_the_rest_counts(ingest, networks):
    """Half a page first, then all of it behind a byte order mark, then the rest."""
    env: dict[str, str] = {}
    for name, (page, _) in PAGES.items():
        served, raw = networks(name), json.dumps(page)
        post(served, 5)
        served.double.faults = [
            {"request": FIRST[name], "status": 200, "body": raw[:300]},
            {"request": FIRST[name] + 1, "status": 200, "body": "\ufeff" + raw},
        ]
        env |= environment(name, served)
    ingest.start(**env)
    assert len(delivered(ingest, 3 * 6)) == 3 * 6
    aside = ingest.quarantined()
    injected = {name: len(odd) for name, (_, odd) in PAGES.items()}
    assert Counter(entry["origin"] for entry in aside) == injected
    assert all(entry["reason"] for entry in aside)
    assert "did:plc" not in json.dumps(aside)
    metrics = ingest.metrics()
    for name, number in injected.items():
        assert f'ingest_quarantined_total{{source="{name}"}} {number}.0' in metrics
        assert f'ingest_polls_total{{outcome="unreadable",source="{name}"}} 1.0' in metrics
        eventually(lambda n=name: ingest.status()[n]["tweets"] == 6)
        assert ingest.status()[name]["quarantined"] == number


def test_pages_of_five_megabytes_fit(ingest, networks):
    """All three networks at once, with endless pages: the memory is what a container gets."""
    served = {name: networks(name) for name in NAMES}
    env: dict[str, str] = {"FIRST_POSTS": "1000"}
    for name, each in served.items():
        env |= environment(name, each)
    large = "word " * 9_900 + " #Tag"
    post(served["x"], 300, note_tweet={"text": large})
    post(served["mastodon"], 80, content=f"<p>{large * 2}</p>")
    post(served["bluesky"], 150, text=large)
    served["x"].double.endless = True
    ingest.start(**env)
    assert len(delivered(ingest, 530, within=120)) == 530
    memory = ingest.most_memory()
    print(f"\nmemory of ingest with three networks, at most: {memory} MB")
    assert memory <= MOST_MEMORY_MB


# -- counted once ---------------------------------------------------------------------------------

AUTHORS = {
    "x": "12",
    "mastodon": "109300000000000001",
    "bluesky": "did:plc:z72i7hdynmk6r22z27h6tvur",
}
LISTS = {"x": "data", "bluesky": "feed"}
TAGS = ("Café", "CAFÉ", "東京", "مرحبا", "two_words")


def stamp(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def put(name: str, served: Served, posts: list[tuple[str, list[str]]]) -> list[dict[str, Any]]:
    """Put posts (time, tags) on a timeline; the messages that they have to become."""
    own: list[dict[str, Any]] = []
    for at, tags in posts:
        if name == "x":
            fields: dict[str, Any] = {"created_at": at}
        elif name == "mastodon":
            fields = {"created_at": at, "tags": [{"name": tag} for tag in tags]}
        else:
            fields = {"indexedAt": at, "tags": tags, "facets": []}
        own.append(written(served, " ".join(f"#{tag}" for tag in tags), fields))
    with served.double.lock:
        ids = served.double.add(own)
    author = Context(name, b"salt").author(AUTHORS[name])
    return [
        {
            "id": each,
            "source": name,
            "created_at": at,
            "author": author,
            "text": "",
            "hashtags": tags,
        }
        for each, (at, tags) in zip(ids, posts, strict=True)
    ]


def usual(number: int) -> list[tuple[str, list[str]]]:
    """Posts of the last minutes, the oldest first."""
    now = datetime.now(UTC)
    times = [now - timedelta(milliseconds=100 * (number - n)) for n in range(number)]
    return [(stamp(at), [TAGS[n % 5], TAGS[n % 3]]) for n, at in enumerate(times)]


def odd(name: str) -> list[tuple[str, list[str]]]:
    """Posts that are dated in 2100, come a day late, and have too many or too long tags."""
    now = datetime.now(UTC)
    return [
        ("2100-01-01T00:00:00Z", [f"Later_{name}"]),
        (stamp(now - timedelta(days=1)), ["Late"]),
        (stamp(now), [f"spam{n}" for n in range(2000)]),
        (stamp(now), ["a" * 10_000, "Beside"]),
    ]


def disturb(name: str, served: Served) -> None:
    """Mix up each page, name one of its posts twice, and send it twice."""
    page = served.double.page
    again: list[Any] = []

    def disturbed(query: dict[str, str]) -> Any:
        if again:
            return again.pop()
        answer = page(query)
        posts = answer if name == "mastodon" else answer.get(LISTS[name])
        if posts:
            posts[:] = [*posts[1::2], *posts[::2], *posts[:1]]
            again.append(answer)
        return answer

    vars(served.double)["page"] = disturbed


def test_whatever_the_pages_are_like_every_tweet_counts_once(
    ingests: Callable[..., Any],
    networks: Callable[[str], Served],
    driver: Driver,
    hbase: happybase.Connection,
) -> None:
    """On X and Bluesky no page is the last one, either."""
    served = {name: networks(name) for name in NAMES}
    env = {"FIRST_POSTS": "1000", "AUTHOR_SALT": "salt"}
    expected: list[dict[str, Any]] = []
    for name, each in served.items():
        each.double.settings({"endless": True})
        disturb(name, each)
        expected += put(name, each, usual(120))
        env |= environment(name, each)
    ingest, began = ingests(""), stamp(datetime.now(UTC))
    ingest.start(**env)
    delivered(ingest, len(expected))
    for name, each in served.items():
        expected += put(name, each, [*usual(40), *odd(name), *usual(40)])
    delivered(ingest, len(expected))
    calls = [len(fetched(each)) for each in served.values()]
    time.sleep(3)
    # At a poll a second: an endless chain of pages is left, not followed for ever.
    assert all(
        len(fetched(each)) - before <= 3 * 12
        for each, before in zip(served.values(), calls, strict=True)
    )
    ingest.stop()
    tweets = ingest.tweets()
    assert len({tweet["id"] for tweet in tweets}) == len(expected)
    sink = driver.run(len(tweets))
    counted = counts_in_hbase(hbase)
    for message in expected:
        if message["created_at"].startswith("2100"):
            # Whichever copy of it was counted: it is dated at its arrival.
            first = counted[message["hashtags"][0].casefold()]["first"]
            message["created_at"] = stamp(datetime.fromtimestamp(0, UTC) + first * MILLISECOND)
            assert began <= message["created_at"] <= stamp(datetime.now(UTC))
    oracle = Oracle(expected)
    oracle.read = len(tweets)
    check(hbase, oracle, sink)
