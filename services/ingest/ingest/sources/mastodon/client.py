"""Calls to a Mastodon server by Mastodon.py."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

from mastodon import Mastodon
from requests import Response

from ingest.sources.base import RateLimit, SourceError, Standing
from ingest.sources.http.failures import Network, is_soon, unix_time, whole_number
from ingest.sources.http.session import LimitedSession
from ingest.sources.mastodon.settings import MastodonAccount

NETWORK = Network(
    "Mastodon",
    "MASTODON_URL",
    {
        401: "the server at MASTODON_URL does not accept MASTODON_ACCESS_TOKEN",
        403: "MASTODON_ACCESS_TOKEN lacks the scope read:statuses, or its account is locked out",
        404: "no Mastodon server answers at MASTODON_URL",
        422: "MASTODON_ACCESS_TOKEN is that of an application alone: it must be a user's",
    },
)
USER_AGENT = "tweet-trends"
REGENERATING_SECONDS = 15.0


class MastodonApi:
    """The home timeline of the user whose token is given; every failure is a SourceError.

    `standing` gets the rate limit as of the last answer. Once it says that no call is left, none
    is made before its reset.
    """

    def __init__(
        self,
        account: MastodonAccount,
        session: LimitedSession,
        standing: Standing,
        now: Callable[[], datetime],
    ) -> None:
        self._session, self._standing, self._now = session, standing, now
        self._client = Mastodon(
            api_base_url=account.url,
            # Its other ways sleep for minutes, and the loop shows no sign of life meanwhile.
            ratelimit_method="throw",
            session=session,
            user_agent=USER_AGENT,
        )
        # The constructor would take a token that happens to be a path as a file to be read.
        self._client.access_token = account.access_token

    def home_timeline(
        self, limit: int, *, min_id: str | None = None, max_id: str | None = None
    ) -> list[object]:
        """Get one page: statuses next above `min_id`, or next below `max_id`, or the newest."""
        limits, now = self._standing.rate_limit, self._now().timestamp()
        if limits and limits.remaining == 0 and is_soon(limits.reset, now):
            raise NETWORK.limited(limits.reset, now)
        failure = self._call(limit, min_id, max_id)
        answer = self._session.answer
        if answer is None:
            raise NETWORK.unreachable(failure or EOFError())
        limits = self._note_limits(answer)
        status = answer.status_code
        if status == 206:
            raise SourceError(
                "regenerating",
                "the server at MASTODON_URL is putting the home timeline together anew",
                first=REGENERATING_SECONDS,
            )
        if not 200 <= status < 300:
            raise NETWORK.failed(status, limits.reset, self._now().timestamp())
        page = _parsed(answer)
        if status != 200 or not isinstance(page, list):
            raise NETWORK.unreadable(status, answer.headers.get("content-type"))
        return page

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _call(self, limit: int, min_id: str | None, max_id: str | None) -> BaseException | None:
        """Leave the answer in the session, and return what went wrong before there was one.

        What the library returns or raises after that is not used: an odd header fails a good
        answer, an odd status the whole page, and its exceptions quote the posts.
        """
        self._session.answer = None
        try:
            self._client.timeline_home(limit=limit, min_id=min_id, max_id=max_id)
        except Exception as error:
            return error.__context__ or error
        return None

    def _note_limits(self, answer: Response) -> RateLimit:
        headers = answer.headers
        limits = RateLimit(
            whole_number(headers.get("x-ratelimit-limit")),
            whole_number(headers.get("x-ratelimit-remaining")),
            reset_time(headers.get("x-ratelimit-reset")),
        )
        self._standing.rate_limit = limits
        return limits


def reset_time(header: str | None) -> float | None:
    """Read x-ratelimit-reset in Unix seconds: an ISO 8601 time, UTC unless it says otherwise.

    GoToSocial writes Unix seconds. None when it is no time at all.
    """
    text = (header or "").strip()
    if re.fullmatch(r"\d+", text):
        return unix_time(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _parsed(answer: Response) -> object:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
