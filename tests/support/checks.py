"""Assertions about a stack at rest, and about its answers at any time."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests

from support.oracle import Oracle
from support.stack import BOARDS, Json, Stack, as_of
from support.waiting import Watcher, eventually

MOST_RESTARTS = 5
# What `places` leaves out of a tag.
LEFT_OUT = ("rank", "url", "points")

# Of several masters one is active; the others know no workers.
WORKERS = """
import json, sys, urllib.request
for master in sys.argv[1:]:
    try:
        answer = urllib.request.urlopen(f"http://{master}:8080/json/", timeout=10).read().decode()
    except OSError:
        continue
    if json.loads(answer)["status"] == "ALIVE":
        print(answer)
        break
"""


def assert_exact(stack: Stack, oracle: Oracle) -> None:
    """Assert that nothing is missing, duplicate or foreign, in HBase and on all served boards."""
    expected, stored = oracle.counts, Counter(stack.counts())
    missing, more = expected - stored, stored - expected
    foreign = {key: n for key, n in more.items() if key not in expected}
    twice = {key: n for key, n in more.items() if key in expected}
    assert (dict(missing), twice, foreign) == ({}, {}, {})
    for name in BOARDS:
        for rank_by in ("tweets", "people") if name != "all" else ("tweets",):
            for limit in (100, 10):
                board = stack.board(name, limit, rank_by)
                shown = places(board)
                computed = datetime.fromisoformat(board["as_of"])
                right = oracle.board(name, computed, limit, rank_by)
                assert shown == right, (name, rank_by, limit, board["as_of"])
                assert [p["rank"] for p in board["hashtags"]] == [*range(1, len(shown) + 1)]
                assert (board["tweets_read"], board["tweets_tagged"]) == (
                    oracle.read,
                    oracle.tagged,
                )
                assert_window(board, oracle, name)
                assert (board["board"], board["rank_by"]) == (name, rank_by)
                assert not board["stale"]
    rising, current = stack.board("rising", 100), stack.board("now", 100)
    assert places(rising) == oracle.rising(datetime.fromisoformat(rising["as_of"]), 100)
    expected_now = oracle.now(datetime.fromisoformat(current["as_of"]), 100)
    assert (current["window"], places(current)) == expected_now
    assert_window(rising, oracle, "48h")
    assert_window(current, oracle, current["window"])


def assert_window(board: Json, oracle: Oracle, window: str) -> None:
    """Assert the sparklines, and the posts of the window if they are known (after an upgrade)."""
    computed = datetime.fromisoformat(board["as_of"])
    for place in board["hashtags"]:
        assert place["points"] == oracle.points(place["key"], window, computed)
    if "window_posts" in board:
        totals = board["window_posts"], board["window_tagged"]
        assert totals == oracle.totals(window, computed)


def places(board: Json) -> list[Json]:
    """Return the tags of a board without what the oracle leaves out."""
    return [
        {field: value for field, value in place.items() if field not in LEFT_OUT}
        for place in board["hashtags"]
    ]


def assert_history(stack: Stack, oracle: Oracle, key: str) -> None:
    """Assert a tag's minutes, hours and days, each as far back as the API allows."""
    asked = {"minute": (1, 168), "hour": (60, 2160), "day": (1440, 87_600)}
    for step, (minutes, hours) in asked.items():
        response = stack.api(f"/api/v1/hashtags/{quote(key)}?step={step}&hours={hours}")
        response.raise_for_status()
        told = response.json()
        start = int(datetime.fromisoformat(told["from"]).timestamp()) // 60
        counts: Counter[int] = Counter()
        for minute, n in oracle.minutes[key].items():
            counts[(minute - start) // minutes] += n
        assert told["counts"] == [counts[i] for i in range(len(told["counts"]))], (key, step)
        assert (told["key"], told["count"]) == (key, oracle.counts[key])
        spellings = {each["tag"]: each["count"] for each in told["spellings"]}
        assert spellings == dict(oracle.spellings[key].most_common(10))
        now = int(datetime.fromisoformat(told["to"]).timestamp()) // 60
        people = {who for minute, who in oracle.uses[key] if who and minute > now - 10_080}
        assert told["people"] == (len(people) or None)


def demo_numbers(messages: Iterable[Json]) -> set[int]:
    """Return the sequence numbers of the demo posts among some messages."""
    ids = (message["id"].split(":") for message in messages if message["source"] == "demo")
    return {int(number) for name, _, number in ids if name == "demo"}


def wait_for_tweets(
    stack: Stack, since: float, more: int, within: float, read: int | None = None
) -> float:
    """Wait for a board newer than `since` that has read `more` posts since `read` (default: now).

    Returns the seconds since `since`.
    """
    if read is None:
        read = eventually(stack.board, within=within)["tweets_read"]

    def counted() -> bool:
        board = stack.board()
        is_newer = board["tweets_read"] >= read + more
        return is_newer and as_of(board) > since and not board["stale"]

    eventually(counted, within=within)
    return round(time.time() - since, 1)


def executors(stack: Stack) -> int:
    """Count the live workers that run an executor of the job."""
    masters = [each for each in stack.services() if each.startswith("spark-master")]
    answer = stack.inside("web", WORKERS, *masters)
    if not answer:  # no master is active yet
        return 0
    state = json.loads(answer)
    alive = [worker for worker in state["workers"] if worker["state"] == "ALIVE"]
    assert len(state["activeapps"]) == 1
    return sum(worker["coresused"] > 0 for worker in alive)


class Visitor(Watcher):
    """Requests the board all the time, and notes whatever a visitor should never see."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(every=0.2)
        self.complaints: list[str] = []
        self.unanswered: list[str] = []
        self.statuses: Counter[int] = Counter()
        self._url = f"{stack.url}/api/v1/trends?board=all&limit=100"
        self._newest, self._etag = "", ""

    def run(self) -> None:
        with requests.Session() as self._session:
            super().run()

    def look(self) -> None:
        headers = {"If-None-Match": self._etag}
        try:
            response = self._session.get(self._url, headers=headers, timeout=10)
        except requests.RequestException as error:
            self.unanswered.append(f"{time.strftime('%X')} {error!r}")
            return
        self.statuses[response.status_code] += 1
        if response.status_code == 200:
            self._etag, computed = response.headers["ETag"], response.json()["as_of"]
            if computed < self._newest:
                self.complaints.append(f"as_of went back from {self._newest} to {computed}")
            self._newest = max(self._newest, computed)
        elif response.status_code != 304:
            self.complaints.append(f"{response.status_code} {response.text[:200]}")

    @property
    def reversals(self) -> list[str]:
        """The complaints about boards that are older than one seen before."""
        return [each for each in self.complaints if "went back" in each]

    def assert_content(self, *, web_was_away: bool = False, all_were_away: bool = False) -> None:
        """Assert that every request got 200 or 304, and that boards only got newer.

        A web service that was down together with HBase has no board to serve at first.
        """
        assert (self.reversals if all_were_away else self.complaints) == []
        assert web_was_away or all_were_away or self.unanswered == []
        assert self.statuses[200] > 0


class Ages(Watcher):
    """Asks several web services all the time, and notes how old the newest board gets."""

    def __init__(self, *urls: str) -> None:
        super().__init__(every=0.5)
        self.oldest = 0.0
        self._urls = [f"{url}/api/v1/trends?limit=1" for url in urls]
        self._newest = time.time()

    def look(self) -> None:
        for url in self._urls:
            try:
                board = requests.get(url, timeout=2).json()
            except requests.RequestException:
                continue
            self._newest = max(self._newest, as_of(board))
        self.oldest = max(self.oldest, round(time.time() - self._newest, 1))


def assert_few_restarts(stack: Stack, before: dict[str, int]) -> None:
    """Assert that no container has been in a restart loop since `before`."""
    since = {name: n - before.get(name, 0) for name, n in stack.restarts().items()}
    assert {name: n for name, n in since.items() if n > MOST_RESTARTS} == {}


def report(**numbers: Any) -> None:
    """Print numbers for the log of the run."""
    print(" ".join(f"{name}={value}" for name, value in numbers.items()))
