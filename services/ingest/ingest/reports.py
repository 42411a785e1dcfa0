"""Reports on Kafka and each source: written by their loops, read for the status."""

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ingest.sources.base import Batch, SourceError, SourceStats


@dataclass(frozen=True)
class Failure:
    """The last failure, kept until the next success; `since` is in Unix seconds."""

    kind: str
    message: str
    since: float
    failures: int

    def document(self) -> dict[str, Any]:
        """Return the failure as a JSON object."""
        return asdict(self) | {"since": iso(self.since)}


@dataclass
class KafkaReport:
    """Kafka as seen by the publisher; `state` is connecting, ok or failing."""

    state: str = "connecting"
    failure: Failure | None = None

    def succeeded(self) -> None:
        """Record that Kafka responds."""
        self.state, self.failure = "ok", None

    def failed(self, message: str, failures: int) -> None:
        """Record the latest of `failures` in a row."""
        since = self.failure.since if self.failure else time.time()
        self.failure = Failure("kafka", message, since, failures)
        self.state = "failing"

    def document(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        failure = self.failure
        return {"state": self.state, "error": failure.document() if failure else None}


@dataclass
class SourceReport:
    """One source as seen by its loop.

    Needs no lock, because each field is only ever replaced as a whole. `state` is starting, ok,
    failing or finished; times are in Unix seconds.
    """

    name: str
    stats: SourceStats
    state: str = "starting"
    last_success: float | None = None
    next_poll: float | None = None
    tweets: int = 0
    quarantined: int = 0
    skipped: int = 0
    failure: Failure | None = None

    def succeeded(self, batch: Batch, sent: int, skipped: int) -> None:
        """Record a batch: `sent` posts were acknowledged, `skipped` were skipped."""
        self.tweets += sent
        self.quarantined += len(batch.rejected)
        self.skipped += skipped
        self.last_success = time.time()
        self.next_poll = None if batch.finished else self.last_success + batch.wait
        self.state, self.failure = ("finished" if batch.finished else "ok"), None

    def failed(self, error: SourceError, failures: int, wait: float) -> None:
        """Record the latest of `failures` in a row; the next try is in `wait` seconds."""
        now = time.time()
        since = self.failure.since if self.failure else now
        self.failure = Failure(error.kind, str(error), since, failures)
        self.state, self.next_poll = "failing", now + wait

    def document(self) -> dict[str, Any]:
        """Return the report as a JSON object; docs/contracts/status.schema.json has the fields."""
        stats, failure = asdict(self.stats), self.failure
        if stats["rate_limit"]:
            stats["rate_limit"]["reset"] = iso(stats["rate_limit"]["reset"])
        return {
            "name": self.name,
            "state": self.state,
            "last_success": iso(self.last_success),
            "next_poll": iso(self.next_poll),
            "tweets": self.tweets,
            "quarantined": self.quarantined,
            "skipped": self.skipped,
            **stats,
            "error": failure.document() if failure else None,
        }


def iso(seconds: float | None) -> str | None:
    """Format Unix seconds as `2026-11-22T10:00:00Z`; return None if there is no such time."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")[:-6] + "Z"
    except (ValueError, OverflowError, OSError):
        return None
