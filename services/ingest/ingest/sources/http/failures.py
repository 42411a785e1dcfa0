"""What a network's failures mean for the operator and for the next try."""

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.sources.base import LONGEST_WAIT_SECONDS, SourceError

REFUSED_FIRST_SECONDS = 120.0
LIMITED_FIRST_SECONDS = 15.0
UNKNOWN_FIRST_SECONDS = 60.0


@dataclass(frozen=True)
class Network:
    """One network: its name, the setting that holds its address, and its refusals by status.

    A refusal is a status that waiting alone does not mend; its text names what to change. It is
    tried again all the same, minutes apart: networks have sent 401 through an outage.
    """

    title: str
    url_setting: str
    refusals: Mapping[int, str]

    def unreachable(self, error: BaseException) -> SourceError:
        """Judge a call without a whole answer: refused, reset, timed out, or too long."""
        return SourceError(
            "network", f"no answer from {self.title} ({self.url_setting}): {type(error).__name__}"
        )

    def unreadable(self, status: int, content_type: str | None) -> SourceError:
        """Judge an answer with a good status that is not the published JSON, such as HTML."""
        kind = (content_type or "no content type")[:60]
        return SourceError("unreadable", f"{self.title} answered {status} with {kind}, not a page")

    def failed(self, status: int, reset: float | None, now: float) -> SourceError:
        """Judge an answer with a status other than 2xx; `reset` and `now` in Unix seconds."""
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
        """Wait for the reset of the rate limit, which may be missing, past or far off."""
        text = f"the rate limit of {self.title} is reached: raise POLL_SECONDS"
        if reset is not None and reset > now:
            exactly = min(reset - now + 1, LONGEST_WAIT_SECONDS)
            return SourceError("429", text, exactly=exactly)
        return _patient("429", text, LIMITED_FIRST_SECONDS)


def whole_number(header: str | None) -> int | None:
    """Read a header such as x-rate-limit-remaining; None when it is missing or absurd."""
    text = (header or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def unix_time(header: str | None) -> float | None:
    """Read a header in Unix seconds, such as x-rate-limit-reset; None when it is no such time."""
    number = whole_number(header)
    return None if number is None else float(number)


def is_soon(reset: float | None, now: float) -> bool:
    """Whether a reset is ahead and near enough to be meant; both in Unix seconds."""
    return reset is not None and now < reset <= now + LONGEST_WAIT_SECONDS


def _patient(kind: str, text: str, first: float) -> SourceError:
    return SourceError(kind, text, first=first, longest=LONGEST_WAIT_SECONDS)
