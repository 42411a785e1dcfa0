"""Source of generated posts: the same seed and number always give the same post."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

from ingest.fields import Message
from ingest.settings import Common
from ingest.sources.base import Batch, Cursor, SourceStats
from ingest.sources.demo.settings import DemoSettings
from ingest.sources.demo.text import compose

BACKLOG = 300
BACKLOG_SECONDS = 3600.0
TICK_SECONDS = 0.25
MOST_AT_ONCE = 3000
# Beyond this delay, numbering resumes from now, to avoid a flood after a long stop.
LATE_SECONDS = 60.0


def demo_message(seed: int, number: int, created_at: float) -> Message:
    """Make post `number`; all but `created_at` (Unix seconds) follows from seed and number."""
    text, lang, repost = compose(seed, number)
    author = hashlib.sha256(f"{seed}:{number * 7919 % 997}".encode()).hexdigest()[:16]
    moment = datetime.fromtimestamp(created_at, UTC)
    return {
        "id": f"demo:{seed}:{number}",
        "source": "demo",
        "created_at": moment.isoformat(timespec="milliseconds")[:-6] + "Z",
        "author": author,
        "text": text,
        "hashtags": None,
        "lang": lang,
        "repost": repost,
    }


class DemoSource:
    """Makes `rate` posts per second, `count` in total (0: endless), after a backlog of one hour.

    The cursor is `{"next", "base", "base_time"}`: post n >= base is due at
    base_time + (n - base) / rate; the first 300 fill the hour before the first start.
    """

    name = "demo"
    former_keys: tuple[str, ...] = ()

    def __init__(
        self, rate: float, seed: int, count: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.key = f"demo:{seed}"
        self.stats = SourceStats()
        self._rate, self._seed, self._count, self._clock = rate, seed, count, clock

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return the posts that are due by now, at most 3,000; no number is skipped."""
        now = self._clock()
        start = self._rebased(cursor or {"next": 0, "base": BACKLOG, "base_time": now}, now)
        first = start["next"]
        last = self._last_due(start, now)
        messages = [
            demo_message(self._seed, number, min(now, self._due(start, number)))
            for number in range(first, last)
        ]
        following = {**start, "next": last}
        wait = max(TICK_SECONDS, self._due(following, last) - now)
        return Batch(
            messages,
            following,
            0 if last - first == MOST_AT_ONCE else wait,
            finished=bool(self._count) and last >= self._count,
        )

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _due(self, cursor: Cursor, number: int) -> float:
        base, base_time = int(cursor["base"]), float(cursor["base_time"])
        if number < BACKLOG:
            return base_time - BACKLOG_SECONDS * (1 - number / BACKLOG)
        return base_time + (number - base) / self._rate

    def _last_due(self, cursor: Cursor, now: float) -> int:
        """Return the number after the newest one that is due."""
        first = int(cursor["next"])
        due = int(cursor["base"]) + int((now - cursor["base_time"]) * self._rate) + 1
        last = min(max(due, BACKLOG, first), first + MOST_AT_ONCE)
        return min(last, max(self._count, first)) if self._count else last

    def _rebased(self, cursor: Cursor, now: float) -> Cursor:
        """Restart the cursor's timing from now if it lags, or is ahead due to a changed rate."""
        number = cursor["next"]
        late = now - self._due(cursor, number)
        if number < BACKLOG or -1 - 1 / self._rate <= late <= LATE_SECONDS:
            return cursor
        return {"next": number, "base": number, "base_time": now}


def make(settings: DemoSettings, _: Common) -> DemoSource:
    """Make the demo source."""
    return DemoSource(settings.rate, settings.seed, settings.count)
