"""What the networks' dialogues share: words for failed calls, and the test of the credentials."""

import socket
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ingest.connect.terminal import GivenUp, Terminal
from ingest.sources.base import SourceError
from ingest.sources.http.failures import Network, causes

# A signed call may be about five minutes off; the Date header itself is some seconds old.
CLOCK_SECONDS = 240


def unreachable(network: Network, error: BaseException) -> SourceError:
    """Return the error for a call without an answer, with what caused it."""
    failure = network.unreachable(error)
    failure.__cause__ = error
    return failure


def explain(failure: SourceError, url: str) -> str:
    """Describe a failed call to `url` in whole sentences."""
    host = urlsplit(url).hostname
    if failure.kind == "429":
        return f"{host} takes no more calls for now. Wait a few minutes."
    if failure.kind != "network":
        return _sentence(str(failure))
    if any(isinstance(cause, socket.gaierror) for cause in causes(failure)):
        return (
            f"The name {host} was not found. Check its spelling, and whether this machine is "
            "online."
        )
    return (
        f"{host} does not answer. Check the address, whether this machine is online, and "
        "HTTPS_PROXY in .env if you need a proxy."
    )


def check_credentials(
    terminal: Terminal, title: str, url: str, call: Callable[[], object]
) -> None:
    """Call until it succeeds, or until the user wants to keep the credentials anyway.

    Raises GivenUp if the user wants neither that nor another try.
    """
    while True:
        try:
            call()
        except SourceError as failure:
            terminal.say(explain(failure, url))
        else:
            terminal.say(f"{title} accepted the credentials.")
            return
        if terminal.confirm("Test again?", default=True):
            continue
        if terminal.confirm("Save the credentials all the same?", default=False):
            return
        raise GivenUp


def clock_error(date: str | None, now: float) -> str | None:
    """Compare a Date header with this machine's time in Unix seconds.

    Returns sentences about the difference, or None if it is small or the header says nothing.
    """
    try:
        difference = now - parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    if abs(difference) < CLOCK_SECONDS:
        return None
    direction = "ahead" if difference > 0 else "behind"
    return (
        f"This machine's clock is {_span(abs(difference))} {direction}, and calls with a wrong "
        "time are rejected. Set the clock, for example with: sudo timedatectl set-ntp true"
    )


def _span(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {unit}"
    return f"about {seconds / 60:.0f} minutes"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
