"""Histories that a test makes up, and gives the chart in place of the service's answers."""

import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from playwright.sync_api import Page, Route

from integration.widget.answers import ANYONE
from support.memory_store import ago

SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
ASKED = re.compile("/api/v1/hashtags/")


class Histories:
    """What every request for a history gets: the last of its counts, or no success."""

    def __init__(self, *counts: int, **changes: Any) -> None:
        self.asked: list[str] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.counts = counts
        self.changes = changes

    def prepare(self, page: Page) -> None:
        """Answer a page's requests; before it is loaded."""
        page.route(ASKED, self._answer)

    def _answer(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        self.asked.append(f"{url.path}?{url.query}")
        if self.status != 200:
            route.fulfill(status=self.status, headers=ANYONE | self.headers, json={"detail": "oh"})
            return
        tag = unquote(url.path.rsplit("/", 1)[1])
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        answer = history(tag, query["step"], int(query["hours"]), self.counts) | self.changes
        route.fulfill(json=answer, headers=ANYONE)


def history(tag: str, step: str, hours: int, last: tuple[int, ...]) -> dict[str, Any]:
    """What docs/contracts/hashtag.schema.json describes, with zeros before the last counts."""
    length = hours * 3600 // SECONDS[step]
    counts = ([0] * length + list(last))[-length:]
    end = int(time.time()) // SECONDS[step] + 1
    first, after = (
        datetime.fromtimestamp(number * SECONDS[step], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for number in (end - length, end)
    )
    return {
        "tag": tag,
        "key": tag.casefold(),
        "count": max(1, sum(last)),
        "first_seen": first,
        "last_seen": ago(0),
        "spellings": [{"tag": tag, "count": max(1, sum(last))}],
        "step": step,
        "from": first,
        "to": after,
        "counts": counts,
        "people": 3,
        "as_of": ago(0),
        "stale": False,
        "demo": False,
        "poll_after_seconds": 10,
    }
