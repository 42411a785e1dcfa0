"""Calls the X API v2 through tweepy, in whichever vocabulary X accepts: `tweet` or `post`."""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import requests
import tweepy
from requests import PreparedRequest, Request

from ingest.fields import is_digits
from ingest.sources.base import TIMEOUT_SECONDS, RateLimit, SourceError, SourceStats
from ingest.sources.http.egress import Egress
from ingest.sources.http.failures import Network, unix_time, whole_number
from ingest.sources.http.gate import RateLimitGate
from ingest.sources.http.session import LimitedSession
from ingest.sources.x.settings import Credentials

log = logging.getLogger(__name__)

# tweepy 4.17 has no setting for the host (tweepy/client.py, BaseClient.request).
TWEEPY_HOST = "https://api.twitter.com"
X = Network(
    "X",
    "X_API_URL",
    {
        401: "X does not accept the credentials: check CONSUMER_KEY, CONSUMER_SECRET, ACCESS_TOKEN "
        "and ACCESS_SECRET (and this machine's clock)",
        402: "the X account has no credits left: add some in the developer console",
        403: "X does not let this app read the timeline: CONSUMER_KEY must belong to an app with "
        "API v2 access, ACCESS_TOKEN to a user (not app-only)",
    },
)
# Raised by tweepy when a header or an error body is not what it expects.
BROKEN_RESPONSES = (ValueError, TypeError, AttributeError, RecursionError)
TIMELINE = "/timelines/reverse_chronological"
FIELDS = {
    "tweet": {
        "tweet.fields": "author_id,created_at,edit_history_tweet_ids,entities,lang,note_tweet,"
        "referenced_tweets"
    },
    "post": {
        "post.fields": "author_id,created_at,edit_history_post_ids,entities,lang,note_post,"
        "referenced_posts"
    },
}
# Includes the full original of each repost, which X bills like any other post.
EXPANSIONS = {
    "tweet": {"expansions": "referenced_tweets.id"},
    "post": {"expansions": "referenced_posts.id"},
}


class XSession(LimitedSession):
    """Sends tweepy's calls to `base_url`.

    The URL is rewritten before the request is prepared, so OAuth signs the URL the server sees.
    """

    def __init__(self, base_url: str, egress: Egress, timeout: float = TIMEOUT_SECONDS) -> None:
        super().__init__(egress, timeout)
        self._base_url = base_url

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Replace tweepy's host with the base URL, then prepare the request."""
        request.url = self._base_url + str(request.url).removeprefix(TWEEPY_HOST)
        return super().prepare_request(request)


class XApi:
    """Client for one user's home timeline; raises every failure as a SourceError.

    `account` identifies the user without an API call.
    """

    def __init__(
        self,
        credentials: Credentials,
        session: XSession,
        stats: SourceStats,
        now: Callable[[], datetime],
        *,
        full_reposts: bool = False,
    ) -> None:
        self._session, self._now = session, now
        self._gate = RateLimitGate(X, stats, now)
        self._client = _client(credentials, session)
        self._user_id = _user_id(credentials.access_token)
        self._vocabulary = "tweet"
        self._full_reposts = full_reposts
        self.account = self._user_id or credentials.access_token

    def home_timeline(self, **params: object) -> dict[str, Any]:
        """Fetch one page: `data` is a list, possibly empty, and `meta` a dict.

        The parameters are X's own; those set to None are omitted.
        """
        self._gate.check()
        route = f"/2/users/{self._get_user_id()}{TIMELINE}"
        given = {name: value for name, value in params.items() if value is not None}
        response = self._in_either_vocabulary(route, given)
        data, meta = response.get("data"), response.get("meta") or {}
        is_page = isinstance(meta, dict) and isinstance(data, list | None)
        if not is_page or (data is None and "result_count" not in meta):
            raise _incomplete(response) or self._unreadable()
        return response | {"data": data or [], "meta": meta}

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _get_user_id(self) -> str:
        """Take the user id from the access token if possible: asking X for it costs money."""
        if not self._user_id:
            data = self._call("/2/users/me", {}).get("data")
            user_id = data.get("id") if isinstance(data, dict) else None
            if not is_digits(user_id):
                raise self._unreadable()
            self._user_id = str(user_id)
        return self._user_id

    def _in_either_vocabulary(self, route: str, params: dict[str, Any]) -> dict[str, Any]:
        """Call in one vocabulary; if a 400 names one of its words, retry once in the other."""
        first = self._vocabulary
        try:
            return self._call(route, params | self._words(first))
        except SourceError:
            if not self._is_about(self._words(first)):
                raise
        second = "post" if first == "tweet" else "tweet"
        response = self._call(route, params | self._words(second))
        log.info("event=vocabulary words=%s", second)
        self._vocabulary = second
        return response

    def _words(self, vocabulary: str) -> dict[str, str]:
        return FIELDS[vocabulary] | (EXPANSIONS[vocabulary] if self._full_reposts else {})

    def _is_about(self, fields: dict[str, str]) -> bool:
        response = self._session.response
        if response is None or response.status_code != 400:
            return False
        words = [*fields, *(word for words in fields.values() for word in words.split(","))]
        return any(word in response.text for word in words)

    def _call(self, route: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a signed GET and return the JSON object in the response.

        Uses Client.request because get_home_timeline supports neither the newer vocabulary nor
        any user id other than the token's.
        """
        try:
            response = self._client.request("GET", route, params=params, user_auth=True)
            parsed = json.loads(response.content.decode("utf-8-sig"))
        except requests.RequestException as error:
            raise X.unreachable(error) from error
        except (tweepy.TweepyException, *BROKEN_RESPONSES) as error:
            raise self._to_source_error(error) from error
        finally:
            if route.endswith(TIMELINE):
                self._note_rate_limit()
        if not isinstance(parsed, dict):
            raise self._unreadable()
        return parsed

    def _to_source_error(self, error: Exception) -> SourceError:
        response = self._session.response
        if response is None:
            return X.unreachable(error)
        if 200 <= response.status_code < 300:
            return self._unreadable()
        reset = unix_time(response.headers.get("x-rate-limit-reset"))
        return X.failed(response.status_code, reset, self._now().timestamp())

    def _unreadable(self) -> SourceError:
        response = self._session.response
        # A response is false from status 400 on.
        if response is None:
            return X.unreachable(EOFError())
        return X.unreadable(response.status_code, response.headers.get("content-type"))

    def _note_rate_limit(self) -> None:
        response = self._session.response
        if response is not None:
            headers = response.headers
            self._gate.note(
                RateLimit(
                    whole_number(headers.get("x-rate-limit-limit")),
                    whole_number(headers.get("x-rate-limit-remaining")),
                    unix_time(headers.get("x-rate-limit-reset")),
                )
            )


def _incomplete(response: dict[str, Any]) -> SourceError | None:
    """Convert the first of the `errors` in a response without a page; None if it has none."""
    errors = response.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    title = first.get("title") if isinstance(first, dict) else None
    if not isinstance(title, str):
        return None
    return SourceError("unreadable", f"X answered with an error and no page: {title[:60]!r}")


def _client(credentials: Credentials, session: XSession) -> tweepy.Client:
    # No wait_on_rate_limit: without a reset header it would retry immediately, forever.
    client = tweepy.Client(
        consumer_key=credentials.consumer_key,
        consumer_secret=credentials.consumer_secret,
        access_token=credentials.access_token,
        access_token_secret=credentials.access_secret,
        return_type=dict,
    )
    client.session = session
    return client


def _user_id(access_token: str) -> str | None:
    start, dash, _ = access_token.partition("-")
    return start if dash and is_digits(start) else None
