"""Calls a Mastodon server through Mastodon.py."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

from mastodon import Mastodon
from requests import Response

from ingest.sources.base import RateLimit, SourceError, SourceStats
from ingest.sources.http.failures import Network, unix_time, whole_number
from ingest.sources.http.gate import RateLimitGate
from ingest.sources.http.session import LimitedSession
from ingest.sources.mastodon.settings import MastodonAccount

NETWORK = Network(
    "Mastodon",
    "MASTODON_URL",
    {
        401: "the server at MASTODON_URL does not accept MASTODON_ACCESS_TOKEN",
        403: "MASTODON_ACCESS_TOKEN lacks the scope read:statuses, or its account is locked out",
        404: "no Mastodon server answers at MASTODON_URL",
        422: "MASTODON_ACCESS_TOKEN is an app-only token; use one for your account",
    },
)
USER_AGENT = "tweet-trends"
REGENERATING_SECONDS = 15.0


class MastodonApi:
    """Client for the home timeline of the token's user; raises every failure as a SourceError."""

    def __init__(
        self,
        account: MastodonAccount,
        session: LimitedSession,
        stats: SourceStats,
        now: Callable[[], datetime],
    ) -> None:
        self._session, self._now = session, now
        self._gate = RateLimitGate(NETWORK, stats, now)
        self._client = Mastodon(
            api_base_url=account.url,
            # The other methods sleep for minutes, during which the poller sends no heartbeat.
            ratelimit_method="throw",
            session=session,
            user_agent=USER_AGENT,
        )
        # Not set in the constructor, which would read a file if the token happens to be a path.
        self._client.access_token = account.access_token

    def home_timeline(
        self, limit: int, *, min_id: str | None = None, max_id: str | None = None
    ) -> list[object]:
        """Fetch one page: statuses right above `min_id`, right below `max_id`, or the newest."""
        self._gate.check()
        failure = self._call(limit, min_id, max_id)
        response = self._session.response
        if response is None:
            raise NETWORK.unreachable(failure or EOFError())
        limits = self._note_limits(response)
        status = response.status_code
        if status == 206:
            raise SourceError(
                "regenerating",
                "the server at MASTODON_URL is regenerating the home timeline",
                first=REGENERATING_SECONDS,
            )
        if not 200 <= status < 300:
            raise NETWORK.failed(status, limits.reset, self._now().timestamp())
        page = _parsed(response)
        if status != 200 or not isinstance(page, list):
            raise NETWORK.unreadable(status, response.headers.get("content-type"))
        return page

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _call(self, limit: int, min_id: str | None, max_id: str | None) -> BaseException | None:
        """Leave the response in the session; return the error if there was no response.

        Whatever the library makes of a response is ignored: it rejects a good response for one
        odd header and a whole page for one odd status, and its exceptions quote posts.
        """
        self._session.response = None
        try:
            self._client.timeline_home(limit=limit, min_id=min_id, max_id=max_id)
        except Exception as error:
            return error.__context__ or error
        return None

    def _note_limits(self, response: Response) -> RateLimit:
        headers = response.headers
        limits = RateLimit(
            whole_number(headers.get("x-ratelimit-limit")),
            whole_number(headers.get("x-ratelimit-remaining")),
            reset_time(headers.get("x-ratelimit-reset")),
        )
        self._gate.note(limits)
        return limits


def reset_time(header: str | None) -> float | None:
    """Convert x-ratelimit-reset to Unix seconds: an ISO 8601 time, UTC unless it says otherwise.

    GoToSocial sends Unix seconds. Returns None for anything else.
    """
    text = (header or "").strip()
    if re.fullmatch(r"\d+", text):
        return unix_time(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _parsed(response: Response) -> object:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None
