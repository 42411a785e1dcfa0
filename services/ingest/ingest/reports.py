"""What an operator wants to know of each source: written by its loop, read by the status."""

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ingest.sources.base import Batch, SourceError, Standing


@dataclass(frozen=True)
class Failure:
    """The last failure, as long as no poll has succeeded since; times in Unix seconds."""

    kind: str
    message: str
    since: float
    failures: int

    def document(self) -> dict[str, Any]:
        """Return the failure as JSON has it."""
        return asdict(self) | {"since": iso(self.since)}


@dataclass
class KafkaReport:
    """Kafka as the publisher finds it; `state` is connecting, ok or failing."""

    state: str = "connecting"
    failure: Failure | None = None

    def succeeded(self) -> None:
        """Take note that Kafka answers."""
        self.state, self.failure = "ok", None

    def failed(self, message: str, failures: int) -> None:
        """Take note of a failure, the so-manyth in a row."""
        since = self.failure.since if self.failure else time.time()
        self.failure = Failure("kafka", message, since, failures)
        self.state = "failing"

    def document(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        failure = self.failure
        return {"state": self.state, "error": failure.document() if failure else None}


@dataclass
class SourceReport:
    """One source, as far as its loop knows; every field is replaced whole, so it needs no lock.

    `state` is starting, ok, failing or finished; times in Unix seconds.
    """

    name: str
    standing: Standing
    state: str = "starting"
    last_success: float | None = None
    next_poll: float | None = None
    tweets: int = 0
    quarantined: int = 0
    skipped: int = 0
    failure: Failure | None = None

    def succeeded(self, batch: Batch, sent: int, skipped: int) -> None:
        """Take note of a batch whose tweets, `sent` in number, are acknowledged."""
        self.tweets += sent
        self.quarantined += len(batch.rejected)
        self.skipped += skipped
        self.last_success = time.time()
        self.next_poll = None if batch.finished else self.last_success + batch.wait
        self.state, self.failure = ("finished" if batch.finished else "ok"), None

    def failed(self, error: SourceError, failures: int, wait: float) -> None:
        """Take note of a failure, the so-manyth in a row, and of the next try in `wait` seconds."""
        now = time.time()
        since = self.failure.since if self.failure else now
        self.failure = Failure(error.kind, str(error), since, failures)
        self.state, self.next_poll = "failing", now + wait

    def document(self) -> dict[str, Any]:
        """Return the report as JSON has it; docs/contracts/status.schema.json tells the fields."""
        standing, failure = asdict(self.standing), self.failure
        if standing["rate_limit"]:
            standing["rate_limit"]["reset"] = iso(standing["rate_limit"]["reset"])
        return {
            "name": self.name,
            "state": self.state,
            "last_success": iso(self.last_success),
            "next_poll": iso(self.next_poll),
            "tweets": self.tweets,
            "quarantined": self.quarantined,
            "skipped": self.skipped,
            **standing,
            "error": failure.document() if failure else None,
        }


def iso(seconds: float | None) -> str | None:
    """Write Unix seconds as UTC, `2026-11-22T10:00:00Z`; None when there is no such time."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")[:-6] + "Z"
    except (ValueError, OverflowError, OSError):
        return None
