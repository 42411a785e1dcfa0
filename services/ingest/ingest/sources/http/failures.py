"""Turns failed calls into errors that say what to change and when to retry."""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.sources.base import LONGEST_WAIT_SECONDS, SourceError

REFUSED_FIRST_SECONDS = 120.0
LIMITED_FIRST_SECONDS = 15.0
UNKNOWN_FIRST_SECONDS = 60.0


@dataclass(frozen=True)
class Network:
    """One network: its name, the setting that holds its URL, and its rejections by status.

    `refusals` maps each status that waiting alone does not fix to a text that names what to change.
    Those calls are retried anyway, minutes apart: networks have sent 401 during an outage.
    """

    title: str
    url_setting: str
    refusals: Mapping[int, str]

    def unreachable(self, error: BaseException) -> SourceError:
        """Return the error for an incomplete call: refused, reset, timed out, or too large."""
        found = list(causes(error))
        for cause in found:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return SourceError(
                    "certificate",
                    f"{self.title}'s certificate was rejected ({cause.verify_message}): check "
                    f"{self.url_setting} and this machine's clock, and set CA_FILE if the "
                    "certificate comes from an authority of your own",
                )
        if any(type(cause).__name__ == "ProxyError" for cause in found):
            return SourceError(
                "proxy", f"{self.title} cannot be reached through the proxy: check HTTPS_PROXY"
            )
        return SourceError(
            "network", f"no answer from {self.title} ({self.url_setting}): {type(error).__name__}"
        )

    def unreadable(self, status: int, content_type: str | None) -> SourceError:
        """Return the error for a good status without the documented JSON, such as with HTML."""
        kind = (content_type or "no content type")[:60]
        return SourceError("unreadable", f"{self.title} answered {status} with {kind}, not a page")

    def failed(self, status: int, reset: float | None, now: float) -> SourceError:
        """Return the error for a status other than 2xx; `reset` and `now` are in Unix seconds."""
        if status == 429:
            return self.limited(reset, now)
        if status in self.refusals:
            text = f"{status}: {self.refusals[status]}"
            return _patient(str(status), text, REFUSED_FIRST_SECONDS)
        if status >= 500:
            return SourceError("server", f"{self.title} is out of order: status {status}")
        text = f"{self.title} does not accept the request: status {status} ({self.url_setting})"
        return _patient("request", text, UNKNOWN_FIRST_SECONDS)

    def limited(self, reset: float | None, now: float) -> SourceError:
        """Return the error for a used-up rate limit; its reset may be missing, past or far off."""
        text = f"the rate limit of {self.title} is reached: raise POLL_SECONDS"
        if reset is not None and reset > now:
            exactly = min(reset - now + 1, LONGEST_WAIT_SECONDS)
            return SourceError("429", text, exactly=exactly)
        return _patient("429", text, LIMITED_FIRST_SECONDS)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes; libraries also hide them in `args` and `reason`."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            inner = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
            waiting += [cause for cause in inner if isinstance(cause, BaseException)]


def whole_number(header: str | None) -> int | None:
    """Parse a header such as x-rate-limit-remaining; None if it is missing or absurd."""
    text = (header or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def unix_time(header: str | None) -> float | None:
    """Parse a header in Unix seconds, such as x-rate-limit-reset; None if it is not one."""
    number = whole_number(header)
    return None if number is None else float(number)


def is_soon(reset: float | None, now: float) -> bool:
    """Whether a reset is in the future and near enough to be plausible; both in Unix seconds."""
    return reset is not None and now < reset <= now + LONGEST_WAIT_SECONDS


def _patient(kind: str, text: str, first: float) -> SourceError:
    return SourceError(kind, text, first=first, longest=LONGEST_WAIT_SECONDS)
