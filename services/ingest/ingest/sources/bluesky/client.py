"""Calls a Bluesky account's server through atproto, and reuses the session."""

import base64
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
from ingest.sources.base import LONGEST_WAIT_SECONDS, RateLimit, SourceError, SourceStats
from ingest.sources.bluesky.settings import BlueskyAccount
from ingest.sources.bluesky.transport import ACCEPTED, LimitedTransport
from ingest.sources.http.egress import Egress
from ingest.sources.http.failures import Network, unix_time, whole_number
from ingest.sources.http.gate import RateLimitGate

T = TypeVar("T")

LONGEST_CURSOR_CHARACTERS = 4096
# Logins are limited to 30 in five minutes and a few hundred a day, and a failed one may count. So
# retry quickly at first, to recover soon after a short outage, and rarely during a longer one.
RENEW_SECONDS = 15 * 60.0
QUICK_LOGINS = 12
QUICK_SECONDS = 60.0
TIMELINE = "app.bsky.feed.getTimeline"
TOKEN_ERRORS = ("ExpiredToken", "InvalidToken")
CHECK = "check BLUESKY_HANDLE and BLUESKY_APP_PASSWORD"
NETWORK = Network(
    "Bluesky",
    "BLUESKY_URL",
    {
        401: f"Bluesky rejected the session: {CHECK}",
        403: "the account may not read its timeline: see the account's state at Bluesky",
    },
)
LOGIN = replace(
    NETWORK,
    refusals={
        400: f"Bluesky rejected the login: {CHECK}",
        401: f"Bluesky rejected the login: {CHECK}",
        403: f"Bluesky rejected the login: {CHECK}, and the account's state at Bluesky",
    },
)
LOGIN_ERRORS = {
    "AccountTakedown": "the account is suspended: see its state at Bluesky",
    "AuthFactorTokenRequired": "the account's own password needs a second factor: make an app"
    " password for BLUESKY_APP_PASSWORD",
}


class CursorRefusedError(SourceError):
    """The server rejects a cursor that it, or its predecessor, issued."""


class BlueskyApi:
    """Client for an account's home timeline; raises every failure as a SourceError.

    `scope` is what the last login allows: `com.atproto.access` everything, as only the account's
    own password does. It is empty before a login, or if the server does not say.
    """

    scope = ""

    def __init__(
        self,
        account: BlueskyAccount,
        egress: Egress,
        stats: SourceStats,
        timeout: float,
        now: Callable[[], datetime],
    ) -> None:
        self._account, self._timeout, self._now = account, timeout, now
        self._transport = LimitedTransport(egress, timeout, httpx.URL(account.url).scheme)
        self._client: Client | None = None
        self._has_served = False
        self._fine_at, self._renewed_at = 0.0, -math.inf
        self._failed_logins = 0
        self._gate = RateLimitGate(NETWORK, stats, now)

    def timeline(self, limit: int, cursor: str | None) -> tuple[list[object], str | None]:
        """Fetch one page, newest first: its items, and the cursor of the next page."""
        self._gate.check()
        if self._client is None:
            return self._page(self._log_in(), limit, cursor)
        try:
            return self._page(self._client, limit, cursor)
        except SourceError as error:
            if not self._is_session_lost(error):
                raise
        self._renewed_at, self._client = time.monotonic(), None
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
            is_about_page = self._is_from_timeline() and not self._is_refused()
            if cursor and self._status() == 400 and is_about_page:
                raise CursorRefusedError(error.kind, str(error)) from error
            raise
        finally:
            self._note_rate_limit()
        feed = page.get("feed") if isinstance(page, dict) else None
        if not isinstance(feed, list):
            raise self._unreadable(NETWORK)
        self._fine_at, self._has_served = time.monotonic(), True
        return feed, _cursor(page.get("cursor"))

    def _query(self, client: Client, given: dict[str, Any]) -> Any:
        """Request raw JSON: the library's models would reject a page for one malformed item."""
        try:
            return client.invoke_query(TIMELINE, params=DotDict(given)).content
        except ValueError:
            # The library's parser would also reject it for a lone surrogate.
            response = self._transport.response
            if response is None or not response.is_success:
                raise
            return json.loads(response.content)

    def _log_in(self) -> Client:
        """Log in at BLUESKY_URL; the library then continues at the account's own server."""
        account = self._account
        # A new client each time: an old one would send the old session's token along.
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
        self._has_served = False
        self.scope = _scope(self._transport.response)
        return client

    def _call(self, network: Network, function: Callable[[], T]) -> T:
        """Call the library; besides its own errors it raises those of httpx and pydantic."""
        self._transport.response = None
        try:
            return function()
        except Exception as error:
            raise self._to_source_error(network, error) from error

    def _to_source_error(self, network: Network, error: Exception) -> SourceError:
        response = self._transport.response
        if response is None:
            return network.unreachable(error)
        if response.is_success:
            return self._unreadable(network)
        reason = _reason(network, response)
        if reason:
            network = replace(network, refusals={response.status_code: reason})
        reset = unix_time(response.headers.get("ratelimit-reset"))
        return network.failed(response.status_code, reset, self._now().timestamp())

    def _unreadable(self, network: Network) -> SourceError:
        response = self._transport.response
        content_type = response.headers.get("content-type") if response else None
        return network.unreadable(self._status(), content_type)

    def _status(self) -> int:
        response = self._transport.response
        return response.status_code if response else 0

    def _is_from_timeline(self) -> bool:
        """Whether the response is the timeline's, not that of a token refresh before it."""
        response = self._transport.response
        return response is not None and response.request.url.path.endswith(TIMELINE)

    def _is_refused(self) -> bool:
        """Whether the server rejects the session's tokens as unknown or expired."""
        response = self._transport.response
        if response is None:
            return False
        is_token_error = response.status_code == 400 and _error_name(response) in TOKEN_ERRORS
        return response.status_code == 401 or is_token_error

    def _is_session_lost(self, error: SourceError) -> bool:
        """Whether to log in again: the session was rejected, or its server is gone for good.

        The latter is what it looks like when the account has moved to another server. A session
        that has served a page ends for good reasons: it was revoked, or the answer with its next
        token was lost. One that has not is replaced rarely, to spare the limit of logins.
        """
        now = time.monotonic()
        is_gone = error.kind != "429" and now - self._fine_at > RENEW_SECONDS
        may_renew = now - self._renewed_at > RENEW_SECONDS
        return (self._is_refused() and (self._has_served or may_renew)) or (is_gone and may_renew)

    def _note_rate_limit(self) -> None:
        """Read the headers of a timeline response only: logins have separate limits."""
        response = self._transport.response
        if response is None or not self._is_from_timeline():
            return
        headers = response.headers
        self._gate.note(
            RateLimit(
                whole_number(headers.get("ratelimit-limit")),
                whole_number(headers.get("ratelimit-remaining")),
                unix_time(headers.get("ratelimit-reset")),
            )
        )


def _make_session(client: Client, account: BlueskyAccount) -> None:
    client.login(account.handle, account.app_password, fetch_bsky_profile=False)


def _reason(network: Network, response: httpx.Response) -> str | None:
    """Explain a named error if the status alone does not, or return None."""
    name = _error_name(response)
    if network is LOGIN:
        return LOGIN_ERRORS.get(name)
    return NETWORK.refusals[401] if name in TOKEN_ERRORS else None


def _error_name(response: httpx.Response) -> str:
    """Return the name that the lexicon gives to the error, empty if there is none."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    name = body.get("error") if isinstance(body, dict) else None
    return name if isinstance(name, str) else ""


def _scope(login: httpx.Response | None) -> str:
    """Return the scope that the access token of a login names, without checking the token."""
    try:
        token = json.loads(login.content)["accessJwt"] if login else ""
        claims = str(token).split(".")[1]
        scope = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["scope"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return str(scope)


def _cursor(value: object) -> str | None:
    """Return the cursor of the next page, or None if it is missing or cannot be stored."""
    fits = isinstance(value, str) and 0 < len(value) <= LONGEST_CURSOR_CHARACTERS
    return str(value) if fits and is_encodable(str(value)) else None
