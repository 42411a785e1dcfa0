"""What X's failures mean for the operator and for the next try."""

from requests import Response

from ingest.sources import LONGEST_WAIT_SECONDS, SourceError

REFUSED_FIRST_SECONDS = 120.0
LIMITED_FIRST_SECONDS = 15.0
REFUSALS = {
    401: "X does not accept the credentials: check CONSUMER_KEY, CONSUMER_SECRET, ACCESS_TOKEN "
    "and ACCESS_SECRET (and this machine's clock)",
    402: "the X account has no credits left: add some in the developer console",
    403: "X does not let this app read the timeline: CONSUMER_KEY must belong to an app with API "
    "v2 access, ACCESS_TOKEN to a user (not app-only)",
}


def unreachable(error: Exception) -> SourceError:
    """Judge a call without a whole answer: connection refused, reset, timed out, or too long."""
    return SourceError("network", f"no answer from X (X_API_URL): {type(error).__name__}")


def unreadable(response: Response) -> SourceError:
    """Judge an answer with a good status that is not the published JSON, such as a page of HTML."""
    kind = response.headers.get("content-type", "no content type")[:60]
    return SourceError("unreadable", f"X answered {response.status_code} with {kind}, not a page")


def failed(response: Response, now: float) -> SourceError:
    """Judge an answer with a status other than 2xx; `now` in Unix seconds."""
    status = response.status_code
    if status == 429:
        return _limited(response.headers.get("x-rate-limit-reset", ""), now)
    if status in REFUSALS:
        text = f"{status}: {REFUSALS[status]}"
        return _patient(str(status), text, REFUSED_FIRST_SECONDS)
    if status >= 500:
        return SourceError("server", f"X is out of order: status {status}")
    return _patient("request", f"X does not accept the request: status {status}", 60)


def _limited(reset: str, now: float) -> SourceError:
    """Wait for the reset (Unix seconds), which may be missing, past, far off or no number."""
    wait = int(reset) - now if reset.isascii() and reset.isdigit() and len(reset) < 16 else 0
    if wait > 0:
        exactly = min(wait + 1, LONGEST_WAIT_SECONDS)
        return SourceError("429", "X's rate limit is reached: raise POLL_SECONDS", exactly=exactly)
    return _patient("429", "X's rate limit is reached: raise POLL_SECONDS", LIMITED_FIRST_SECONDS)


def _patient(kind: str, text: str, first: float) -> SourceError:
    return SourceError(kind, text, first=first, longest=LONGEST_WAIT_SECONDS)
