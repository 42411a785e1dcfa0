"""Calls of a Bluesky account's server by atproto, in one session that is kept."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import httpx
from atproto_client import Client
from atproto_client.models.dot_dict import DotDict
from atproto_client.request import Request

from ingest.fields import is_encodable
from ingest.sources.base import LONGEST_WAIT_SECONDS, RateLimit, SourceError
from ingest.sources.bluesky.settings import BlueskyAccount
from ingest.sources.bluesky.transport import ACCEPTED, LimitedTransport
from ingest.sources.http.failures import Network, unix_time, whole_number

T = TypeVar("T")

LONGEST_CURSOR_CHARACTERS = 4096
# Sessions are limited to 30 in five minutes and to a few hundred a day, and a try may count for
# one: an outage of minutes is over soon after its end, a longer one gets few.
ANEW_SECONDS = 15 * 60.0
QUICK_LOGINS = 12
QUICK_SECONDS = 60.0
TIMELINE = "app.bsky.feed.getTimeline"
TOKEN_ERRORS = ("ExpiredToken", "InvalidToken")
CHECK = "check BLUESKY_HANDLE and BLUESKY_APP_PASSWORD"
NETWORK = Network(
    "Bluesky",
    "BLUESKY_URL",
    {
        401: f"Bluesky refuses the session: {CHECK}",
        403: "the account may not read its timeline: see the account's state at Bluesky",
    },
)
LOGIN = replace(
    NETWORK,
    refusals={
        400: f"Bluesky refuses the login: {CHECK}",
        401: f"Bluesky refuses the login: {CHECK}",
        403: f"Bluesky refuses the login: {CHECK}, and the account's state at Bluesky",
    },
)
LOGIN_ERRORS = {
    "AccountTakedown": "the account is suspended: see its state at Bluesky",
    "AuthFactorTokenRequired": "the account's own password needs a second factor: make an app"
    " password for BLUESKY_APP_PASSWORD",
}


class CursorRefusedError(SourceError):
    """The server does not accept a cursor that it, or its predecessor, handed out."""


class BlueskyApi:
    """The home timeline of an account; every failure is a SourceError.

    `rate_limit` is what the last answer to a call for the timeline said.
    """

    def __init__(
        self, account: BlueskyAccount, timeout: float, now: Callable[[], datetime]
    ) -> None:
        self._account, self._timeout, self._now = account, timeout, now
        self._transport = LimitedTransport(timeout, httpx.URL(account.url).scheme)
        self._client: Client | None = None
        self._fine_at, self._anew_at = 0.0, -math.inf
        self._failed_logins = 0
        self._limited_at = 0.0
        self.rate_limit: RateLimit | None = None

    def timeline(self, limit: int, cursor: str | None) -> tuple[list[object], str | None]:
        """Get one page, the newest first: its items, and the cursor of the next page."""
        self._keep_to_rate_limit()
        if self._client is None:
            return self._page(self._log_in(), limit, cursor)
        try:
            return self._page(self._client, limit, cursor)
        except SourceError as error:
            if not self._is_session_lost(error):
                raise
        self._anew_at, self._client = time.monotonic(), None
        return self._page(self._log_in(), limit, cursor)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _page(
        self, client: Client, limit: int, cursor: str | None
    ) -> tuple[list[object], str | None]:
        given = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        try:
            page = self._call(NETWORK, lambda: self._query(client, given))
        except SourceError as error:
            is_about_page = self._is_timeline_s() and not self._is_refused()
            if cursor and self._status() == 400 and is_about_page:
                raise CursorRefusedError(error.kind, str(error)) from error
            raise
        finally:
            self._note_rate_limit()
        feed = page.get("feed") if isinstance(page, dict) else None
        if not isinstance(feed, list):
            raise self._unreadable(NETWORK)
        self._fine_at = time.monotonic()
        return feed, _cursor(page.get("cursor"))

    def _query(self, client: Client, given: dict[str, Any]) -> Any:
        """Ask for raw JSON: the library's models would lose a page for one malformed item."""
        try:
            return client.invoke_query(TIMELINE, params=DotDict(given)).content
        except ValueError:
            # Its parser also loses one for a lone surrogate.
            answer = self._transport.answer
            if answer is None or not answer.is_success:
                raise
            return json.loads(answer.content)

    def _log_in(self) -> Client:
        """Make a session at BLUESKY_URL; the library goes on at the account's own server."""
        account = self._account
        # A new one each time: the library would send the old session's token along.
        request = Request(
            transport=self._transport,
            timeout=self._timeout,
            headers=ACCEPTED,
        )
        client = Client(account.url, request=request)
        try:
            self._call(LOGIN, lambda: _make_session(client, account))
        except SourceError as error:
            if error.kind not in ("server", "unreadable"):
                raise
            self._failed_logins += 1
            is_quick = self._failed_logins <= QUICK_LOGINS
            longest = QUICK_SECONDS if is_quick else LONGEST_WAIT_SECONDS
            raise SourceError(error.kind, str(error), longest=longest) from error
        self._client, self._fine_at, self._failed_logins = client, time.monotonic(), 0
        return client

    def _call(self, network: Network, function: Callable[[], T]) -> T:
        """Call the library; besides its own errors it raises what httpx and pydantic raise."""
        self._transport.answer = None
        try:
            return function()
        except Exception as error:
            raise self._judged(network, error) from error

    def _judged(self, network: Network, error: Exception) -> SourceError:
        answer = self._transport.answer
        if answer is None:
            return network.unreachable(error)
        if answer.is_success:
            return self._unreadable(network)
        reason = _reason(network, answer)
        if reason:
            network = replace(network, refusals={answer.status_code: reason})
        reset = unix_time(answer.headers.get("ratelimit-reset"))
        return network.failed(answer.status_code, reset, self._now().timestamp())

    def _unreadable(self, network: Network) -> SourceError:
        answer = self._transport.answer
        content_type = answer.headers.get("content-type") if answer else None
        return network.unreadable(self._status(), content_type)

    def _status(self) -> int:
        answer = self._transport.answer
        return answer.status_code if answer else 0

    def _is_timeline_s(self) -> bool:
        """Whether the answer is the timeline's, and not that of a refresh before it."""
        answer = self._transport.answer
        return answer is not None and answer.request.url.path.endswith(TIMELINE)

    def _is_refused(self) -> bool:
        """Whether the server does not know the session's tokens, or no longer."""
        answer = self._transport.answer
        if answer is None:
            return False
        is_token_error = answer.status_code == 400 and _error_name(answer) in TOKEN_ERRORS
        return answer.status_code == 401 or is_token_error

    def _is_session_lost(self, error: SourceError) -> bool:
        """Whether to log in anew: the session is refused, or its server is gone for good.

        The latter is what a move of the account to another server looks like.
        """
        now = time.monotonic()
        is_gone = error.kind != "429" and now - self._fine_at > ANEW_SECONDS
        return (self._is_refused() or is_gone) and now - self._anew_at > ANEW_SECONDS

    def _keep_to_rate_limit(self) -> None:
        """Make no call that the last answer has ruled out, unless it did so for too long."""
        limit, now = self.rate_limit, self._now().timestamp()
        if limit is None or limit.remaining != 0 or limit.reset is None:
            return
        if now < min(limit.reset, self._limited_at + LONGEST_WAIT_SECONDS):
            raise NETWORK.limited(limit.reset, now)

    def _note_rate_limit(self) -> None:
        """Read the headers of a timeline's answer: sessions have limits of their own."""
        answer = self._transport.answer
        if answer is None or not self._is_timeline_s():
            return
        headers = answer.headers
        self._limited_at = self._now().timestamp()
        self.rate_limit = RateLimit(
            whole_number(headers.get("ratelimit-limit")),
            whole_number(headers.get("ratelimit-remaining")),
            unix_time(headers.get("ratelimit-reset")),
        )


def _make_session(client: Client, account: BlueskyAccount) -> None:
    client.login(account.handle, account.app_password, fetch_bsky_profile=False)


def _reason(network: Network, answer: httpx.Response) -> str | None:
    """Tell what an error with a name means, where the status alone does not."""
    name = _error_name(answer)
    if network is LOGIN:
        return LOGIN_ERRORS.get(name)
    return NETWORK.refusals[401] if name in TOKEN_ERRORS else None


def _error_name(answer: httpx.Response) -> str:
    """Read the lexicon's name of an error."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
    name = body.get("error") if isinstance(body, dict) else None
    return name if isinstance(name, str) else ""


def _cursor(value: object) -> str | None:
    """Return the cursor of the next page: it is kept, so it must be one that can be."""
    fits = isinstance(value, str) and 0 < len(value) <= LONGEST_CURSOR_CHARACTERS
    return str(value) if fits and is_encodable(str(value)) else None
