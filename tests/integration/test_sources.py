"""The ingest as a process, the networks' doubles over HTTP, and a real Kafka.

The rows of "what a source does when …": docs/sources.md tells them to the user.
"""

import gzip
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from kafka import KafkaAdminClient

from fakes import bluesky, mastodon, x
from fakes.server import Double, Serving
from integration_support import KAFKA, records
from waiting import eventually

ROOT = Path(__file__).parents[2]
PROCESS = Path(__file__).parent / "ingest_process.py"
THRIFT = os.environ.get("HBASE_THRIFT_HOST", "hbase-thrift")
NAMES = ("x", "mastodon", "bluesky")
# The first call for the timeline: before it Bluesky makes a session.
FIRST = {"x": 1, "mastodon": 1, "bluesky": 2}
MOST_MEMORY_MB = 256
PORTS = itertools.count(20_000)

Served = Serving[Double]


class Ingest:
    """One installation: topics of its own, and one process after the other that writes them."""

    def __init__(self, folder: Path) -> None:
        self.prefix = f"test-{uuid.uuid4().hex[:8]}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._runs = 0
        self.port = 0

    def start(self, **env: str) -> None:
        """Start a process; `env` is all that it is told, beside where Kafka and HBase are."""
        self._runs, self.port = self._runs + 1, next(PORTS)
        given = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "services" / "ingest"),
            "PYTHONUNBUFFERED": "1",
            "KAFKA_BOOTSTRAP_SERVERS": KAFKA,
            "HBASE_THRIFT_HOST": THRIFT,
            "METRICS_PORT": str(self.port),
            "POLL_SECONDS": "1",
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(PROCESS), self.prefix],
                env=given | env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> float:
        """SIGTERM; the seconds it took to end, by itself and without an error."""
        assert self._process
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(15) == 0
        return time.monotonic() - began

    def wait(self) -> int:
        """The exit status, as soon as there is one."""
        assert self._process
        return self._process.wait(60)

    def end(self) -> None:
        """Leave nothing behind."""
        if self._process:
            self._process.kill()
            self._process.wait()

    @property
    def _log(self) -> Path:
        return self._folder / f"{self.prefix}-{self._runs}.log"

    def log(self) -> str:
        """What this process has logged."""
        return self._log.read_text(encoding="utf-8")

    def all_logs(self) -> str:
        """What all processes have logged."""
        return "".join(path.read_text() for path in self._folder.glob(f"{self.prefix}-*.log"))

    def tweets(self) -> list[dict[str, Any]]:
        """The messages that Kafka has."""
        return [json.loads(value) for value in records(f"{self.prefix}-tweets")]

    def ids(self) -> list[str]:
        """Their ids, sorted."""
        return sorted(message["id"] for message in self.tweets())

    def quarantined(self) -> list[dict[str, Any]]:
        """The records that were set aside."""
        return [json.loads(value) for value in records(f"{self.prefix}-quarantine")]

    def cursors(self) -> list[dict[str, Any]]:
        """The cursors, as far as they are not compacted."""
        return [json.loads(value) for value in records(f"{self.prefix}-cursors")]

    def metrics(self) -> str:
        """The page of metrics."""
        return requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text

    def most_memory(self) -> int:
        """The most memory that the process ever had, in MB."""
        assert self._process
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) // 1024


@pytest.fixture
def ingests(tmp_path: Path) -> Iterator[Callable[[], Ingest]]:
    """Makes installations; their processes and topics are gone in the end."""
    made: list[Ingest] = []

    def make() -> Ingest:
        made.append(Ingest(tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.end()
    with KafkaAdminClient(bootstrap_servers=KAFKA) as admin:
        prefixes = tuple(each.prefix for each in made)
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(prefixes)])


@pytest.fixture
def ingest(ingests: Callable[[], Ingest]) -> Ingest:
    return ingests()


@pytest.fixture
def networks() -> Iterator[Callable[[str], Served]]:
    """Starts doubles by name; they are stopped in the end."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(Serving(double(name)))


def double(name: str) -> Double:
    kinds: dict[str, type[Double]] = {
        "x": x.XDouble,
        "mastodon": mastodon.MastodonDouble,
        "bluesky": bluesky.BlueskyDouble,
    }
    return kinds[name]()


def settings(name: str, served: Served) -> dict[str, str]:
    """The environment that leads to a double."""
    if name == "x":
        return x.CREDENTIALS | {"X_API_URL": served.url}
    return (mastodon if name == "mastodon" else bluesky).environment(served.url)


def post(served: Served, count: int, **fields: Any) -> None:
    """Put so many posts with a tag on a timeline."""
    with served.double.lock:
        served.double.add([written(served, f"tweet {n} #Tag", fields) for n in range(count)])


def written(served: Served, text: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A post in the network's own words."""
    if isinstance(served.double, mastodon.MastodonDouble):
        return {"content": f"<p>{text}</p>", "tags": [{"name": "Tag", "url": "/"}]} | fields
    return {"text": text} | fields


def fetched(served: Served) -> list[dict[str, Any]]:
    """The calls for the timeline."""
    return [call for call in served.requests if "imeline" in call["path"]]


def delivered(ingest: Ingest, number: int, within: float = 60) -> list[str]:
    """The ids, as soon as there are so many different ones."""
    eventually(lambda: len(set(ingest.ids())) >= number, within)
    return ingest.ids()


# -- one network at a time, from beginning to end ------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_timeline_is_read_once_whatever_is_restarted(name, ingest, networks):
    served = networks(name)
    post(served, 150)
    env = settings(name, served)
    ingest.start(**env)
    delivered(ingest, 150)
    post(served, 120)
    delivered(ingest, 270)
    assert ingest.stop() < 10
    post(served, 130)
    ingest.start(**env)
    ids = delivered(ingest, 400)
    time.sleep(3)
    assert ingest.ids() == ids
    assert len(ids) == len(set(ids)) == 400
    assert "resumed=True" in ingest.log()
    for message in ingest.tweets():
        assert message["source"] == name
        assert message["hashtags"] == (None if name == "x" else ["Tag"])
    metrics = ingest.metrics()
    assert f'ingest_tweets_total{{source="{name}"}} 130.0' in metrics
    assert f'ingest_rate_limit_remaining{{source="{name}"}}' in metrics


@pytest.mark.parametrize("name", NAMES)
def test_killed_between_acknowledgement_and_cursor_leaves_no_gap(name, ingest, networks):
    served = networks(name)
    post(served, 120)
    env = settings(name, served)
    ingest.start(**env)
    delivered(ingest, 120)
    ingest.stop()
    post(served, 30)
    ingest.start(**env, DIE_BEFORE_CURSOR="1")
    assert ingest.wait() == 137
    assert len(set(ingest.ids())) > 120
    post(served, 30)
    ingest.start(**env)
    delivered(ingest, 180)
    time.sleep(2)
    # The page that was acknowledged without its cursor comes twice; the reader drops it by id.
    assert len(set(ingest.ids())) == 180
    assert len(ingest.ids()) <= 180 + 30


@pytest.mark.parametrize("name", NAMES)
def test_sigterm_in_the_middle_loses_and_repeats_nothing(name, ingest, networks):
    served = networks(name)
    post(served, 190)
    env = settings(name, served) | {"FIRST_POSTS": "1000"}
    served.double.faults = [{"request": n, "times": 1, "delay": 0.5} for n in range(1, 20)]
    ingest.start(**env)
    delivered(ingest, 1)
    assert ingest.stop() < 10
    assert "event=stopped" in ingest.log()
    ingest.start(**env)
    assert len(delivered(ingest, 190)) == 190


# -- several at once ------------------------------------------------------------------------------


def test_one_failing_network_does_not_hold_back_the_others(ingest, networks):
    served = {name: networks(name) for name in NAMES}
    env: dict[str, str] = {}
    for name, each in served.items():
        post(each, 20)
        env |= settings(name, each)
    served["x"].double.faults = [{"status": 401, "times": 1000}]
    served["bluesky"].double.faults = [{"delay": 60, "request": 2, "times": 1000}]
    ingest.start(**env)
    delivered(ingest, 20)
    post(served["mastodon"], 20)
    assert len(delivered(ingest, 40, within=10)) == 40
    assert {message["source"] for message in ingest.tweets()} == {"mastodon"}
    assert len(fetched(served["x"])) == 1
    metrics = ingest.metrics()
    assert 'ingest_polls_total{outcome="401",source="x"} 1.0' in metrics
    served["bluesky"].double.faults = []
    assert len(delivered(ingest, 60, within=60)) == 60
    assert ingest.stop() < 10


# -- refusals and limits: the calls stop ----------------------------------------------------------

WAIT_SECONDS = 12
NAMED = {
    "x": r"CONSUMER_KEY|X account",
    "mastodon": "MASTODON_ACCESS_TOKEN",
    "bluesky": "BLUESKY_APP_PASSWORD",
}
RESETS: list[Callable[[float], str | None]] = [
    lambda now: None,
    lambda now: str(int(now) - 100),
    lambda now: str(int(now) + 365 * 86_400),
    lambda now: "soon",
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
    """All at once, as each needs the same long look: no second call, and a line that helps."""
    statuses = (401, 402, 403) if name == "x" else (401, 403)
    faults: list[dict[str, Any]] = [
        {"status": each, "body": {"error": "Refused"}, "times": 1000} for each in statuses
    ]
    faults += [limited(name, reset(time.time())) | {"request": FIRST[name]} for reset in RESETS]
    running = []
    for fault in faults:
        served, ingest = networks(name), ingests()
        served.double.faults = [fault]
        ingest.start(**settings(name, served))
        running.append((fault, served, ingest))
    for fault, served, _ in running:
        expected = fault.get("request", 1)
        eventually(lambda s=served, n=expected: len(s.requests) >= n, within=60)
    time.sleep(WAIT_SECONDS)
    for fault, served, ingest in running:
        log = ingest.log()
        assert len(served.requests) == fault.get("request", 1), (fault, log)
        if fault["status"] == 429:
            assert "kind=429" in log and "POLL_SECONDS" in log
        else:
            assert f"kind={fault['status']}" in log and re.search(NAMED[name], log)
            least = re.search(r"next_try=(\d+)s", log)
            assert least and 120 <= int(least[1]) <= 960
        assert log.count("event=settings") == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_is_waited_for_until_its_reset(name, ingest, networks):
    served = networks(name)
    post(served, 3)
    reset = int(time.time()) + 12
    first = FIRST[name]
    served.double.faults = [limited(name, str(reset)) | {"request": first, "times": 1}]
    ingest.start(**settings(name, served))
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
        ingest.start(**settings(name, served))
        running.append((served, ingest))
    for served, _ in running:
        eventually(lambda s=served: fetched(s), within=60)
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
        ingest.start(**settings(name, served))
        running.append((served, ingest))
    for served, ingest in running:
        assert len(delivered(ingest, 20)) == 20
        assert "kind=network" in ingest.log()
        calls = [call["at"] for call in fetched(served)]
        assert calls[1] - calls[0] < 10 + 10


# -- what is in the pages -------------------------------------------------------------------------


def test_what_cannot_be_read_is_set_aside_and_the_rest_counts(ingest, networks):
    served = networks("x")
    post(served, 5)
    odd: list[Any] = [
        {"id": "1"}, {"id": 5, "text": "a"}, {"id": "2", "text": None, "created_at": None},
        {"id": "3", "text": "\ud800", "created_at": "2026-11-22T10:00:00Z"}, None, "x", [], 7,
        {"id": "4", "text": "a", "created_at": "yesterday"}, {"text": "no id"},
    ]  # fmt: skip
    kept: list[Any] = [
        {"id": "100", "text": "null #Tag", "created_at": "2026-11-22T10:00:00Z", "entities": None,
         "note_tweet": None, "referenced_tweets": None, "edit_history_tweet_ids": [""],
         "author_id": None, "lang": None},
    ]  # fmt: skip
    page = {"data": kept + odd, "meta": {"result_count": 11}}
    served.double.faults = [
        {"request": 1, "status": 200, "body": json.dumps(page)[:300]},
        {"request": 2, "status": 200, "body": "\ufeff" + json.dumps(page)},
    ]
    ingest.start(**settings("x", served))
    delivered(ingest, 6)
    assert len(ingest.quarantined()) == len(odd)
    assert len(ingest.ids()) == 6
    assert all(entry["reason"] for entry in ingest.quarantined())
    assert f'ingest_quarantined_total{{source="x"}} {len(odd)}.0' in ingest.metrics()


def test_pages_again_ids_again_and_pages_out_of_order_count_once(ingest, networks):
    served = networks("x")
    post(served, 1)
    env = settings("x", served)
    ingest.start(**env)
    delivered(ingest, 1)
    served.double.endless = True
    post(served, 250)
    shuffled = served.double.page({"max_results": "100", "tweet.fields": "created_at"})
    shuffled["data"] = [*shuffled["data"][50:], *shuffled["data"][:50], shuffled["data"][0]]
    first = len(served.requests) + 1
    served.double.faults = [{"request": n, "body": shuffled} for n in (first, first + 1)]
    delivered(ingest, 251)
    calls = len(fetched(served))
    time.sleep(5)
    # An endless chain of pages is left after a few, not followed for ever.
    assert len(fetched(served)) - calls <= 40
    assert len(set(ingest.ids())) == 251
    post(served, 5)
    assert len(set(delivered(ingest, 256))) == 256


def test_odd_tweets_count_and_pages_of_five_megabytes_fit(ingest, networks):
    """All three networks at once, with endless pages: the memory is what a container gets."""
    served = {name: networks(name) for name in NAMES}
    env: dict[str, str] = {"FIRST_POSTS": "1000"}
    for name, each in served.items():
        env |= settings(name, each)
    large = "word " * 9_900 + " #Tag"
    post(served["x"], 300, note_tweet={"text": large})
    post(served["mastodon"], 80, content=f"<p>{large * 2}</p>")
    post(served["bluesky"], 150, text=large)
    served["x"].double.endless = True
    ingest.start(**env)
    ids = delivered(ingest, 530, within=120)
    assert len(ids) == 530
    posts = [
        {"text": "later #Tag", "created_at": "2100-01-01T00:00:00Z"},
        {"text": "late #Tag", "created_at": "2026-11-21T00:00:00Z"},
        {"text": " ".join(f"#a{n}" for n in range(2000))},
        {"text": "#" + "a" * 10_000},
    ]
    served["x"].double.add(posts)
    delivered(ingest, 534)
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    by_text = {message["text"]: message for message in ingest.tweets()}
    assert by_text["later #Tag"]["created_at"][:19] <= now
    assert by_text["late #Tag"]["created_at"][:10] == "2026-11-21"
    memory = ingest.most_memory()
    print(f"\nmemory of ingest with three networks, at most: {memory} MB")
    assert memory <= MOST_MEMORY_MB


# -- archives -------------------------------------------------------------------------------------


def archive(number: int) -> list[dict[str, Any]]:
    """What the tweets.js of a downloaded archive lists; every hundredth has no time."""
    times = [f"Sun Nov 22 10:{n // 60 % 60:02}:{n % 60:02} +0000 2026" for n in range(number)]
    tweets = [
        {"id_str": str(n), "full_text": f"mine {n} #Tag", "created_at": time, "lang": "en"}
        for n, time in enumerate(times)
    ]
    for tweet in tweets[::100]:
        del tweet["created_at"]
    return [{"tweet": tweet} for tweet in tweets]


@pytest.mark.parametrize("kind", ["tweets.js", "tweets.jsonl.gz"])
def test_an_archive_is_counted_once_whatever_is_killed(kind, ingest, tmp_path):
    items, path = archive(7000), tmp_path / kind
    if kind == "tweets.js":
        path.write_text("window.YTD.tweets.part0 = " + json.dumps(items, indent=2))
    else:
        lines = [json.dumps(each) for each in items]
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
    env = {"REPLAY_FILE": str(path)}
    ingest.start(**env, DIE_BEFORE_CURSOR="2")
    assert ingest.wait() == 137
    ingest.start(**env)
    eventually(lambda: "event=finished" in ingest.log(), within=60)
    expected = {str(n) for n in range(7000) if n % 100}
    assert set(ingest.ids()) == expected
    # One batch was acknowledged when its cursor was not yet.
    assert len(ingest.ids()) <= len(expected) + 2000
    origins = {entry["origin"] for entry in ingest.quarantined()}
    assert origins == {f"{kind}:{n + 1}" for n in range(0, 7000, 100)}
    log = ingest.log()
    assert "lines=7000" in log or "items=7000" in log
    assert f"event=rejected origin={kind}:6901" in log
    assert 'ingest_progress_ratio{source="replay"} 1.0' in ingest.metrics()
    ingest.stop()
    ingest.start(**env)
    eventually(lambda: "event=finished" in ingest.log(), within=60)
    assert set(ingest.ids()) == expected


# -- money, and secrets ---------------------------------------------------------------------------


def test_the_budget_stops_x_and_is_remembered(ingest, networks):
    served = networks("x")
    post(served, 80)
    env = settings("x", served) | {"X_DAILY_POSTS": "50", "FIRST_POSTS": "80"}
    ingest.start(**env)
    eventually(lambda: "kind=budget" in ingest.log(), within=60)
    assert len(ingest.ids()) == 50
    calls = len(served.requests)
    assert "X_DAILY_POSTS" in ingest.log()
    assert 'ingest_budget_posts_left{source="x"} 0.0' in ingest.metrics()
    ingest.end()
    ingest.start(**env)
    eventually(lambda: "kind=budget" in ingest.log(), within=60)
    assert len(served.requests) == calls


def test_no_secret_and_no_person_is_told_to_anybody(ingest, networks):
    env: dict[str, str] = {"LOG_LEVEL": "DEBUG"}
    served = {name: networks(name) for name in NAMES}
    for name, each in served.items():
        env |= settings(name, each)
        post(each, 3)
        each.double.faults = [{"request": 4, "status": 403, "body": {"error": "Refused"}}]
    secrets = [*x.CREDENTIALS.values(), mastodon.TOKEN, bluesky.APP_PASSWORD, bluesky.HANDLE]
    ingest.start(**env)
    eventually(lambda: ingest.log().count("event=poll_failed") >= 3, within=60)
    stored = json.dumps([ingest.tweets(), ingest.quarantined(), ingest.cursors()])
    said = ingest.all_logs() + ingest.metrics() + stored
    assert len(ingest.tweets()) == 9
    assert [secret for secret in secrets if secret in said] == []
    assert "did:plc" not in said
    assert x.USER_ID not in said
