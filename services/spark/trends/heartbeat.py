"""Shows other drivers that this one is alive, in a thread of its own."""

import contextlib
import threading
from collections.abc import Callable

from thriftpy2.thrift import TException

from trends.counting.progress import ProgressError
from trends.hbase.progress_row import ProgressRow

BEAT_SECONDS = 2


class Heartbeat:
    """Writes the lease every `BEAT_SECONDS`, also while a batch is applied or HBase is read.

    While `is_stuck` says that nothing moves on, it only reads the lease, so that another driver can
    take over. `on_loss` is called when one has.
    """

    def __init__(self, progress: ProgressRow, on_loss: Callable[[ProgressError], None]) -> None:
        self.is_stuck: Callable[[], bool] = lambda: False
        self._progress = progress
        self._on_loss = on_loss
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to write the lease."""
        self._thread.start()

    def stop(self) -> None:
        """Write the lease no more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        # HBase's errors come here only while the driver stops: before, the call is repeated.
        with contextlib.suppress(TException, OSError):
            while not self._stopping.wait(BEAT_SECONDS):
                self._beat()

    def _beat(self) -> None:
        try:
            if self.is_stuck():
                self._progress.check()
            else:
                self._progress.beat()
        except ProgressError as error:
            self._stopping.set()
            self._on_loss(error)
