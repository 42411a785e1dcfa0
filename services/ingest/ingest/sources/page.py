"""Collects the parsed posts of a page."""

from dataclasses import dataclass, field

from ingest.fields import Message
from ingest.message import Rejection, quarantine
from ingest.sources.base import Batch, Cursor


@dataclass
class PageResult:
    """Messages, entries for the quarantine, and the number of private posts skipped.

    `origin` says in the quarantine where a record came from.
    """

    origin: str
    messages: list[Message] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    private_skipped: int = 0

    def add(self, outcome: Message | Rejection, record: object) -> None:
        """Add a parsed post; if it was rejected, `record` goes into the quarantine."""
        if isinstance(outcome, Rejection):
            self.rejected.append(quarantine(outcome.reason, self.origin, record))
        else:
            self.messages.append(outcome)

    def batch(self, cursor: Cursor, wait: float) -> Batch:
        """Return the batch; the next poll resumes from `cursor` after `wait` seconds."""
        return Batch(self.messages, cursor, wait, self.rejected, self.private_skipped)
