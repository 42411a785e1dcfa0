"""Checks URLs and sends messages with Apprise; the one module that imports it.

A process of its own, which can be ended when a receiver hangs, and whose log goes nowhere: Apprise
logs parts of the URLs. It takes one order as JSON from standard input: `{"urls": [...]}`, answered
by the name of each URL's service or null for a wrong one; or `{"url", "title", "body"}`, answered
by null once the receiver has taken the message, else by the reason why not.
"""

import json
import logging
import re
import sys
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, OverflowMode

_ASSET = AppriseAsset(
    app_id="Tweet Trends",
    app_desc="Hashtags that enter a board",
    app_url="",
    # Apprise's own pictures, which a chat would fetch from elsewhere.
    image_url_mask="",
    image_url_logo="",
    async_mode=False,
    secure_logging=True,
)
_STATUS = re.compile(r"\berror[= ](\d{3})\b", re.IGNORECASE)


class Reason(logging.Handler):
    """Finds in Apprise's log why a message was not taken, in words that contain no secret."""

    text = "it did not take the message"

    def emit(self, record: logging.LogRecord) -> None:
        """Remember a status or a lost connection; the rest of the text is not passed on."""
        said = record.getMessage()
        if status := _STATUS.search(said):
            self.text = f"it answered with status {status[1]}"
        elif "connection error" in said.lower():
            self.text = "it could not be reached, or did not answer"


def main() -> int:
    """Answer the order on standard input."""
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
    return 0


def answer(order: dict[str, Any]) -> list[str | None] | str | None:
    """Return the answer to an order."""
    return check(order["urls"]) if "urls" in order else send(**order)


def check(urls: list[str]) -> list[str | None]:
    """Return the name of each URL's service, None for a URL that Apprise cannot use."""
    made = (_instantiate(url) for url in urls)
    return [None if each is None else str(each.service_name) for each in made]


def send(url: str, title: str, body: str) -> str | None:
    """Send a message; return None once the receiver has taken it, else the reason."""
    receiver, reason = _instantiate(url), Reason()
    if receiver is None:
        return "Apprise cannot use its URL"
    if receiver.overflow_mode == OverflowMode.UPSTREAM:
        # Otherwise a service may refuse what is too long for it.
        receiver.overflow_mode = OverflowMode.SPLIT
    apprise = Apprise(asset=_ASSET)
    apprise.add(receiver)
    log = logging.getLogger("apprise")
    log.addHandler(reason)
    try:
        taken = apprise.notify(title=title, body=body, body_format=NotifyFormat.TEXT)
    finally:
        log.removeHandler(reason)
    return None if taken else reason.text


def _instantiate(url: str) -> NotifyBase | None:
    try:
        found: NotifyBase | None = Apprise.instantiate(url, asset=_ASSET)
    except Exception:
        # Some services raise where others return None. Their words may have parts of the URL.
        return None
    return found


if __name__ == "__main__":
    sys.exit(main())
