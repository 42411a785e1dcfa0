"""Shows on the terminal, or in the log, how far a file has been read."""

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

# The reader updates the bar itself; tqdm's monitor thread would outlive it.
tqdm.monitor_interval = 0


class Rate:
    """Records per second since a start."""

    def __init__(self, number: int, clock: Callable[[], float]) -> None:
        self._number, self._start, self._clock = number, clock(), clock

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    def at(self, number: int) -> float:
        """Return the rate, given the number of the current record."""
        return max(number - self._number, 0) / max(self.seconds, 0.001)


class ProgressReporter(Protocol):
    """Shows how far a file has been read."""

    def report(self, file: RecordFile) -> None:
        """Show the progress, if an update is due."""

    def close(self) -> None:
        """Stop reporting and clean up the terminal."""


class LogReporter:
    """Logs a line every five seconds; the source itself logs the end."""

    def __init__(self, display: str, number: int, clock: Callable[[], float]) -> None:
        self._display, self._clock = display, clock
        self._rate = Rate(number, clock)

    def report(self, file: RecordFile) -> None:
        """Log a line if five seconds have passed."""
        if file.ended or self._rate.seconds < PROGRESS_SECONDS:
            return
        form = "event=progress source=replay file=%s %ss=%d %ss_per_second=%.0f read=%.0f%%"
        rate, percent = self._rate.at(file.number), 100 * file.share
        log.info(form, self._display, file.unit, file.number, file.unit, rate, percent)
        self._rate = Rate(file.number, self._clock)

    def close(self) -> None:
        """Do nothing: there is nothing to clean up."""


class BarReporter:
    """Draws a bar on the terminal; log lines appear above it."""

    def __init__(self, display: str, number: int, clock: Callable[[], float]) -> None:
        self._display, self._rate = display, Rate(number, clock)
        self._open = ExitStack()
        self._bar: tqdm | None = None

    def report(self, file: RecordFile) -> None:
        """Update the bar."""
        bar = self._bar = self._bar or self._drawn(file)
        bar.set_postfix_str(f"{self._rate.at(file.number):.0f} {file.unit}s/s", refresh=False)
        bar.update(file.position - bar.n)

    def close(self) -> None:
        """Leave the bar as it is, and end its line."""
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


def progress_reporter(display: str, number: int, clock: Callable[[], float]) -> ProgressReporter:
    """Make a bar on a terminal, log lines elsewhere; `number` is the record to start after."""
    kind = BarReporter if sys.stderr.isatty() else LogReporter
    return kind(display, number, clock)
