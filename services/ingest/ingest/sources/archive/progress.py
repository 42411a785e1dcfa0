"""How far a file is read, told to whoever looks at the terminal or into the log."""

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from ingest.sources.archive.record_file import RecordFile

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 5.0

# A bar here is updated by the one who reads; its own thread would outlive it.
tqdm.monitor_interval = 0


class Rate:
    """Records a second since a start."""

    def __init__(self, number: int, clock: Callable[[], float]) -> None:
        self._number, self._start, self._clock = number, clock(), clock

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    def at(self, number: int) -> float:
        """Return the rate, given the record that is reached now."""
        return max(number - self._number, 0) / max(self.seconds, 0.001)


class Teller(Protocol):
    """Tells how far a file is read."""

    def tell(self, file: RecordFile) -> None:
        """Tell it if it is time to."""

    def close(self) -> None:
        """Leave the terminal in order."""


class LogTeller:
    """A line every five seconds, but none at the end, which has one of its own."""

    def __init__(self, display: str, number: int, clock: Callable[[], float]) -> None:
        self._display, self._clock = display, clock
        self._rate = Rate(number, clock)

    def tell(self, file: RecordFile) -> None:
        """Write a line if the last one is old enough."""
        if file.ended or self._rate.seconds < PROGRESS_SECONDS:
            return
        form = "event=progress source=replay file=%s %ss=%d %ss_per_second=%.0f read=%.0f%%"
        rate, percent = self._rate.at(file.number), 100 * file.share
        log.info(form, self._display, file.unit, file.number, file.unit, rate, percent)
        self._rate = Rate(file.number, self._clock)

    def close(self) -> None:
        """Nothing is left open."""


class BarTeller:
    """A bar on the terminal; as long as it is there, log lines are written above it."""

    def __init__(self, display: str, number: int, clock: Callable[[], float]) -> None:
        self._display, self._rate = display, Rate(number, clock)
        self._open = ExitStack()
        self._bar: tqdm | None = None

    def tell(self, file: RecordFile) -> None:
        """Draw the bar as far as the file is read."""
        bar = self._bar = self._bar or self._drawn(file)
        bar.set_postfix_str(f"{self._rate.at(file.number):.0f} {file.unit}s/s", refresh=False)
        bar.update(file.position - bar.n)

    def close(self) -> None:
        """End the bar with a line end, as far as it came."""
        self._open.close()
        self._bar = None

    def _drawn(self, file: RecordFile) -> tqdm:
        bar = self._open.enter_context(
            tqdm(
                total=file.size,
                initial=file.position,
                desc=self._display,
                unit="B",
                unit_scale=True,
                dynamic_ncols=True,
                file=sys.stderr,
            )
        )
        self._open.enter_context(logging_redirect_tqdm())
        return bar


def teller(display: str, number: int, clock: Callable[[], float]) -> Teller:
    """Make a bar on a terminal, and lines elsewhere; `number` is where the reading starts."""
    kind = BarTeller if sys.stderr.isatty() else LogTeller
    return kind(display, number, clock)
