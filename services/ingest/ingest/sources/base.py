"""Interface between the sources of posts and the loop that polls them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Any, Protocol

from ingest.fields import Message

Cursor = dict[str, Any]

LONGEST_WAIT_SECONDS = 16 * 60.0
# Per call, from connecting to the end of the response.
TIMEOUT_SECONDS = 10.0
JITTER = 1.2
_random = SystemRandom()


class SourceError(Exception):
    """A poll failed; the text is for the operator and names the setting to change.

    `kind` is the metric's label. The wait starts at `first` seconds and doubles with every failure
    in a row, up to `longest`, unless the source knows the exact wait (`exactly`).
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
        """Return the seconds until the next try, with jitter; `failures` counts those in a row."""
        if self._exactly is not None:
            wait = self._exactly + spread(0, 1)
        else:
            doubled = self._first * 2.0 ** min(failures - 1, 16)
            wait = min(self._longest / JITTER, doubled) * spread(1, JITTER)
        return min(max(1.0, wait), LONGEST_WAIT_SECONDS)


class SourceReplaced(Exception):  # noqa: N818 -- not a failure
    """The source's key has changed, so its cursor has to be read again."""


@dataclass(frozen=True)
class Batch:
    """The result of one poll.

    `messages` start with the oldest, `rejected` are entries for the quarantine, `private_skipped`
    counts posts skipped because they are not public. `cursor` is where the next poll starts once
    everything is acknowledged, `wait` is the time until then in seconds, and `finished` means that
    the source will never have more.
    """

    messages: list[Message]
    cursor: Cursor
    wait: float
    rejected: list[dict[str, str]] = field(default_factory=list)
    private_skipped: int = 0
    finished: bool = False


@dataclass(frozen=True)
class RateLimit:
    """Rate limit in a network's last response: calls allowed, calls left, reset in Unix seconds.

    Any of them may be missing.
    """

    limit: int | None
    remaining: int | None
    reset: float | None


@dataclass(frozen=True)
class Budget:
    """Daily limit of posts, how many are left in this UTC day, and what has been read.

    `month` is the number of posts read in this UTC month. The costs are estimates in US dollars.
    """

    limit: int
    left: int
    month: int
    cost_today: float
    cost_month: float


@dataclass(frozen=True)
class Progress:
    """How far a file has been read: in lines (or items), and as a share from 0 to 1."""

    line: int
    rejected: int
    share: float


@dataclass
class SourceStats:
    """What a source reports to the operator besides its posts; up to date after each fetch."""

    rate_limit: RateLimit | None = None
    budget: Budget | None = None
    progress: Progress | None = None
    gaps: int = 0
    """How often posts were missed that can no longer be fetched."""


class Source(Protocol):
    """A source of posts, polled from one thread; its whole progress is in the cursor."""

    name: str
    key: str
    """Key of the cursor: the source and a hash of the account, but neither its id nor its name."""
    former_keys: tuple[str, ...]
    """Keys under which earlier versions wrote the cursor."""
    stats: SourceStats

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return what follows the cursor (None on the very first poll), or raise SourceError.

        Reads at most one page from a network: batches stay small, the loop can send a heartbeat
        between pages, and a failure costs only one page. Raises SourceReplaced if `key` changed.
        """

    def close(self) -> None:
        """Release open files and connections."""
