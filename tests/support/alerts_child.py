"""The service in a process of a test's own, with everything imported beforehand."""

import logging
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from alerts import __main__ as service
from alerts import deliveries, notify, receivers, watcher

# Loads the plug-ins, which takes Apprise seconds.
notify.check(["json://127.0.0.1"])


def run(log: str, arguments: Sequence[str], settings: Mapping[str, str]) -> None:
    """Run the service with these settings alone, and end this process as it does."""
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.environ.clear()
    os.environ.update(settings)
    tempfile.tempdir = settings["TMPDIR"]
    service.HEARTBEAT = Path(tempfile.tempdir) / "alive"
    mock.patch.object(receivers, "_ask", _ask).start()
    # Apprise's log, which nobody gets from its own process.
    logging.getLogger("apprise").propagate = False
    watcher.LOOK_SECONDS = watcher.STEP_SECONDS = 0.05
    watcher.GRACE_SECONDS = 0.5
    deliveries.FIRST_WAIT_SECONDS, deliveries.JITTER_SECONDS = 0.1, 0.0
    status = service.main(arguments)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)


def _ask(order: dict[str, Any], variables: Mapping[str, str], deadline: float | None) -> Any:
    """Have Apprise answer an order in this process."""
    return notify.answer(order)
