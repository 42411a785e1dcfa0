"""Holds back calls while a network's rate limit is used up."""

from collections.abc import Callable
from datetime import datetime

from ingest.sources.base import RateLimit, SourceStats
from ingest.sources.http.failures import Network, is_soon


class RateLimitGate:
    """Closes when a response says that no calls are left, until the reset it names.

    Ignores a reset that is missing, in the past or absurdly far off. Keeps the limit in `stats`.
    """

    def __init__(self, network: Network, stats: SourceStats, now: Callable[[], datetime]) -> None:
        self._network, self._stats, self._now = network, stats, now

    def check(self) -> None:
        """Raise SourceError while the gate is closed."""
        limit, now = self._stats.rate_limit, self._now().timestamp()
        if limit and limit.remaining == 0 and is_soon(limit.reset, now):
            raise self._network.limited(limit.reset, now)

    def note(self, limit: RateLimit) -> None:
        """Record the rate limit of a response."""
        self._stats.rate_limit = limit
