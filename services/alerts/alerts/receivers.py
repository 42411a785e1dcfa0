"""Runs Apprise in a process of its own, with a deadline."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from alerts.settings import wrong_url

# A receiver that sends its answer byte by byte would otherwise hold a message for ever.
DEADLINE_SECONDS = 30.0

_SERVICE = Path(__file__).parents[1]
_PROGRAM = ("-m", "alerts.notify")
# Each takes about 60 MB.
_PROCESSES = BoundedSemaphore(2)


class DeliveryError(Exception):
    """A receiver has not taken a message; the text says why, without a secret."""


def check(urls: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """Return the names of the services behind the URLs.

    Raises SettingsError for the first URL that Apprise cannot use.
    """
    if not urls:
        return []
    # Nothing is sent, so there is nobody to wait for; only a busy machine takes long.
    names: list[str | None] = _ask({"urls": list(urls)}, variables, deadline=None)
    for position, name in enumerate(names, 1):
        if name is None:
            raise wrong_url(position, "Apprise cannot use it, see docs/alerts.md")
    return [str(name) for name in names]


def send(url: str, title: str, body: str, variables: Mapping[str, str]) -> None:
    """Send a message; raise DeliveryError unless the receiver has taken it."""
    reason = _ask({"url": url, "title": title, "body": body}, variables, DEADLINE_SECONDS)
    if reason is not None:
        raise DeliveryError(str(reason))


def _ask(order: dict[str, Any], variables: Mapping[str, str], deadline: float | None) -> Any:
    """Run notify.py; the order is not on its command line, where other processes could read it."""
    environment = {"PATH": os.environ.get("PATH", ""), **variables}
    try:
        with _PROCESSES:
            done = subprocess.run(  # noqa: S603
                [sys.executable, *_PROGRAM],
                input=json.dumps(order).encode(),
                capture_output=True,
                timeout=deadline,
                check=True,
                cwd=_SERVICE,
                env=environment,
            )
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        # Not chained: the exception has the order in it, and so the URL.
        raise DeliveryError(f"it did not answer within {deadline:g} seconds") from None
    except (subprocess.CalledProcessError, ValueError):
        raise DeliveryError("Apprise failed") from None
