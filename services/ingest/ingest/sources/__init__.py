"""What every source of tweets is to the loop that polls it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Any, Protocol

from ingest.fields import Message

Cursor = dict[str, Any]

LONGEST_WAIT_SECONDS = 16 * 60.0
_random = SystemRandom()


@dataclass(frozen=True)
class Batch:
    """What one poll yields.

    `messages` are the oldest first, `rejected` are entries for the quarantine, `cursor` is what
    the next poll starts from once both are acknowledged, `wait` is in seconds, `finished` tells
    that the source has nothing more, ever.
    """

    messages: list[Message]
    cursor: Cursor
    wait: float
    rejected: list[dict[str, str]] = field(default_factory=list)
    finished: bool = False


class Source(Protocol):
    """A source: polled from one thread, its whole progress in the cursor."""

    name: str
    key: str
    """Names the cursor: the source and a hash of the account; no id, no name."""

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return what follows the cursor (None: the first poll ever), or raise SourceError."""

    def close(self) -> None:
        """Let go of what is open."""


class SourceError(Exception):
    """A poll failed as a whole; the text is for the operator and names what to change.

    `kind` is for the metric. The wait doubles from `first` to `longest` seconds with every
    failure in a row, unless the source knows better (`exactly`).
    """

    def __init__(
        self,
        kind: str,
        text: str,
        *,
        first: float = 1,
        longest: float = 60,
        exactly: float | None = None,
    ) -> None:
        super().__init__(text)
        self.kind = kind
        self._first, self._longest, self._exactly = first, longest, exactly

    def wait(
        self, failures: int, spread: Callable[[float, float], float] = _random.uniform
    ) -> float:
        """Seconds until the next try after so many failures in a row, with jitter upwards."""
        if self._exactly is not None:
            wait = self._exactly + spread(0, 1)
        else:
            wait = min(self._longest, self._first * 2.0 ** min(failures - 1, 16)) * spread(1, 1.2)
        return min(max(1.0, wait), LONGEST_WAIT_SECONDS)
