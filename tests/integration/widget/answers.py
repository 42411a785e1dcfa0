"""Boards that a test makes up, and gives the widget in place of the service's answers."""

from typing import Any

from playwright.sync_api import Page, Route

from support.memory_store import ago, entries

ANYONE = {"Access-Control-Allow-Origin": "*"}


class Answers:
    """What every request for a board gets: so many ranked tags, or a status that is no success."""

    def __init__(self, *tags: str, **changes: Any) -> None:
        self.asked = 0
        self.status = 200
        self.changes = changes
        self.put(*tags)

    def put(self, *tags: str, **changes: Any) -> None:
        """Rank these tags from now on."""
        ranked = zip(entries(len(tags), people=5), tags, strict=True)
        self.hashtags = [
            entry | {"tag": tag, "key": tag, "url": f"https://x.com/hashtag/{tag}"} | changes
            for entry, tag in ranked
        ]

    def prepare(self, page: Page) -> None:
        """Answer a page's requests; before it is loaded."""
        page.route("**/api/v1/trends?*", self._answer)

    def _answer(self, route: Route) -> None:
        self.asked += 1
        if self.status != 200:
            route.fulfill(status=self.status, headers=ANYONE, body="oh")
            return
        board = {
            "board": "24h",
            "rank_by": "tweets",
            "as_of": ago(0),
            "stale": False,
            "source": ["x"],
            "demo": False,
            "tweets_read": 18234,
            "tweets_tagged": 4120,
            "window_posts": 9117,
            "window_tagged": 2060,
            "poll_after_seconds": 10,
            "hashtags": self.hashtags,
        }
        route.fulfill(json=board | self.changes, headers=ANYONE)
