"""Waits until this driver is the one to count: another may be counting."""

import logging
import math
import threading
import time
from collections.abc import Callable

from trends.counting.progress import Lease
from trends.hbase.progress_row import ProgressRow

log = logging.getLogger(__name__)

POLL_SECONDS = 1
# A driver that has not written its lease for so long is replaced: four heartbeats.
LEASE_SECONDS = 8
# If it ran on this very host, it was this container before its restart, unless two have one name.
# Two heartbeats tell.
RESTART_SECONDS = 4
# If reading the lease takes longer than this, HBase did not answer, perhaps nobody.
SLOW_SECONDS = 3


class LeaseWatch:
    """Judges by this process's own clock whether the driver that holds the lease is gone."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._seen: Lease | None = None
        self._since = self._read_at = -math.inf

    def is_over(self, lease: Lease | None, now: float) -> bool:
        """Whether to take over, given the lease that was read at `now` (monotonic seconds)."""
        if lease is None or lease.stopped:
            return True
        if lease != self._seen or now - self._read_at > POLL_SECONDS + SLOW_SECONDS:
            self._seen, self._since = lease, now
        self._read_at = now
        return now - self._since >= self.patience(lease)

    def patience(self, lease: Lease) -> int:
        """How many seconds the lease lasts after its last change."""
        return RESTART_SECONDS if self.is_own(lease) else LEASE_SECONDS

    def is_own(self, lease: Lease) -> bool:
        """Whether the driver that holds the lease ran on this host."""
        return lease.host == self._host


def stand_by(
    progress: ProgressRow,
    stopping: threading.Event,
    stay_alive: Callable[[], None],
    prepare: Callable[[], object],
) -> bool:
    """Wait until no other driver is counting, and take over.

    `stay_alive` is called all the time; `prepare` once, if another is counting. Returns False if
    `stopping` was set before.
    """
    watch, is_told = LeaseWatch(Lease(progress.driver, 0).host), False
    while not stopping.is_set():
        lease = progress.read_lease()
        if watch.is_over(lease, time.monotonic()):
            if progress.take_over(lease):
                _log_takeover(lease, watch)
                return True
        elif lease and not is_told and not watch.is_own(lease):
            log.info("the driver %s is counting: standing by", lease.driver)
            is_told = True
            prepare()
        stay_alive()
        stopping.wait(POLL_SECONDS)
    return False


def _log_takeover(lease: Lease | None, watch: LeaseWatch) -> None:
    if lease is None:
        return
    if lease.stopped:
        log.info("the driver %s has stopped: taking over", lease.driver)
    else:
        seconds = watch.patience(lease)
        log.info("the driver %s has not reported for %d s: taking over", lease.driver, seconds)
