"""The web service on made-up boards that keep moving, for `make dev-web`."""

import math
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask

from support.memory_store import REASON, MemoryStore, hashtag_cells, source
from web import create_app as create_service
from web.http import vendor
from web.settings import Settings

# Posts an hour; scripts that run both ways, and more than the ten that a widget shows.
RATES = {
    "WorldCup2026": 48,
    "Café": 39,
    "OpenSource": 31,
    "東京": 28,
    "caturday": 20,
    "مرحبا": 15,
    "photography": 12,
    "Python": 10,
    "gardening": 7,
    "baking": 6,
    "Straßenbahn": 4,
    "नमस्ते": 3,
}
HOURS = {"1h": 1, "now": 12, "24h": 24, "7d": 168, "all": 720}
RANKED_BY_PEOPLE = ("1h.people", "24h.people", "7d.people")
POINTS, REFRESH_SECONDS = 24, 2
Entry = dict[str, Any]


class MovingStore(MemoryStore):
    """Boards that are new with every read, and the history of each tag on them."""

    def __init__(self) -> None:
        super().__init__()
        # More by day than by night.
        for tag, rate in RATES.items():
            hours = {n: 1 + round(rate * (1 + math.sin(n * math.tau / 24))) for n in range(200)}
            self.tags[tag.casefold()] = hashtag_cells(tag, hours)

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        self.put_report(sources=[source(), source(name="mastodon")])
        for row in (*HOURS, *RANKED_BY_PEOPLE):
            self._publish(row, entries(HOURS[row.partition(".")[0]]))
        rising = [each | REASON for each in entries(HOURS["24h"])[3:6]]
        self._publish("rising", [each | {"rank": n} for n, each in enumerate(rising, start=1)])
        return super().read(names)

    def _publish(self, row: str, hashtags: list[Entry]) -> None:
        tagged = sum(each["count"] for each in hashtags)
        self.put(
            row,
            hashtags=hashtags,
            version=time.time_ns() // 1_000_000,
            point_minutes=60,
            window_posts=3 * tagged,
            window_tagged=tagged,
            source=["mastodon", "x"],
        )


def entries(hours: int) -> list[Entry]:
    """The tags of a board of so many hours, each with a few posts more or less every time."""
    counts = {tag: rate * hours + random.randrange(1 + rate // 4) for tag, rate in RATES.items()}
    ranked = sorted(counts, key=lambda tag: -counts[tag])
    return [
        {
            "rank": rank,
            "tag": tag,
            "key": tag.casefold(),
            "count": counts[tag],
            "people": counts[tag] // 3,
            "change": random.choice([None, -1, 0, 0, 2]),
            "points": [random.randrange(1 + RATES[tag]) for _ in range(POINTS)],
        }
        for rank, tag in enumerate(ranked, start=1)
    ]


def create_app(libraries: str = "") -> Flask:
    """Return the service; `libraries` is the folder of the pages' libraries, if there is one."""
    if libraries:
        vendor.FILES = Path(libraries)
    store = MovingStore()
    return create_service(Settings(refresh_seconds=REFRESH_SECONDS), store, store)
