"""What every source of tweets is to the loop that polls it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Any, Protocol

from ingest.fields import Message

Cursor = dict[str, Any]

LONGEST_WAIT_SECONDS = 16 * 60.0
# Of each call: to connect, and for the whole answer.
TIMEOUT_SECONDS = 10.0
JITTER = 1.2
_random = SystemRandom()


class SourceError(Exception):
    """A poll failed; the text is for the operator and names the setting to change.

    `kind` is for the metric. The wait doubles from `first` seconds with every failure in a row,
    to `longest` at most, unless the source knows better (`exactly`).
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
        """Seconds until the next try after so many failures in a row, with jitter."""
        if self._exactly is not None:
            wait = self._exactly + spread(0, 1)
        else:
            doubled = self._first * 2.0 ** min(failures - 1, 16)
            wait = min(self._longest / JITTER, doubled) * spread(1, JITTER)
        return min(max(1.0, wait), LONGEST_WAIT_SECONDS)


@dataclass(frozen=True)
class Batch:
    """What one poll yields.

    `messages` are the oldest first, `rejected` are entries for the quarantine, `withheld` counts
    posts passed over because they are not public, `cursor` is what the next poll starts from
    once all is acknowledged, `wait` is in seconds, `finished` tells that the source has nothing
    more, ever.
    """

    messages: list[Message]
    cursor: Cursor
    wait: float
    rejected: list[dict[str, str]] = field(default_factory=list)
    withheld: int = 0
    finished: bool = False


@dataclass(frozen=True)
class RateLimit:
    """What a network's last answer said: calls allowed, calls left, and the reset in Unix seconds.

    Anything of it may be missing.
    """

    limit: int | None
    remaining: int | None
    reset: float | None


@dataclass(frozen=True)
class Budget:
    """Posts that may be read, and those that still may, in this UTC day; and what was read.

    `month` is the posts read in this UTC month. The costs are an estimate, in US dollars.
    """

    limit: int
    left: int
    month: int
    cost_today: float
    cost_month: float


@dataclass(frozen=True)
class Progress:
    """How far a file is read: lines (or items), and the share of the whole from 0 to 1."""

    line: int
    rejected: int
    share: float


@dataclass
class Standing:
    """What a source knows beside its tweets, for the operator; up to date after each fetch."""

    rate_limit: RateLimit | None = None
    budget: Budget | None = None
    progress: Progress | None = None
    gaps: int = 0
    """How often there were posts that can no longer be had."""


class Source(Protocol):
    """A source: polled from one thread, its whole progress in the cursor."""

    name: str
    key: str
    """Names the cursor: the source and a hash of the account; no id, no name."""
    standing: Standing

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return what follows the cursor (None: the first poll ever), or raise SourceError.

        At most one page of a network: what a batch holds stays small, the loop shows that it is
        alive between two pages, and a failure costs no page but its own.
        """

    def close(self) -> None:
        """Let go of what is open."""
