"""Signed calls to X's API v2 by tweepy, in whichever vocabulary the account's answers use."""

import json
import logging
import time
from typing import Any

import requests
import tweepy

from ingest.fields import is_digits
from ingest.settings import Credentials
from ingest.sources import SourceError
from ingest.sources.x_failures import failed, unreachable, unreadable
from ingest.sources.x_gateway import GatewaySession

log = logging.getLogger(__name__)

FIELDS = {
    "tweet": {
        "tweet.fields": "author_id,created_at,edit_history_tweet_ids,lang,note_tweet,"
        "referenced_tweets"
    },
    "post": {
        "post.fields": "author_id,created_at,edit_history_post_ids,lang,note_post,referenced_posts"
    },
}


class XApi:
    """The home timeline of the user whose credentials are given; every failure is a SourceError.

    `account` tells users apart before any call is made.
    """

    def __init__(self, credentials: Credentials, session: GatewaySession) -> None:
        self._session = session
        self._client = _client(credentials, session)
        self._user_id = _user_id(credentials.access_token)
        self._vocabulary = "tweet"
        self.account = self._user_id or credentials.access_token

    def home_timeline(self, **params: object) -> dict[str, Any]:
        """Get one page: `data` is a list, empty if need be, and `meta` a dict.

        The parameters are X's; those that are None are left out.
        """
        route = f"/2/users/{self._get_user_id()}/timelines/reverse_chronological"
        given = {name: value for name, value in params.items() if value is not None}
        answer = self._in_either_vocabulary(route, given)
        data, meta = answer.get("data"), answer.get("meta") or {}
        is_page = isinstance(meta, dict) and isinstance(data, list | None)
        if not is_page or (data is None and "result_count" not in meta):
            raise self._unreadable()
        return answer | {"data": data or [], "meta": meta}

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _get_user_id(self) -> str:
        """Read the id off the access token if it can be: asking X for it costs money."""
        if not self._user_id:
            data = self._call("/2/users/me", {}).get("data")
            user_id = data.get("id") if isinstance(data, dict) else None
            if not is_digits(user_id):
                raise self._unreadable()
            self._user_id = str(user_id)
        return self._user_id

    def _in_either_vocabulary(self, route: str, params: dict[str, Any]) -> dict[str, Any]:
        """Ask in one vocabulary and, when a 400 names one of its words, once in the other."""
        first = self._vocabulary
        try:
            return self._call(route, params | FIELDS[first])
        except SourceError:
            if not self._is_about(FIELDS[first]):
                raise
        second = "post" if first == "tweet" else "tweet"
        answer = self._call(route, params | FIELDS[second])
        log.info("event=vocabulary words=%s", second)
        self._vocabulary = second
        return answer

    def _is_about(self, fields: dict[str, str]) -> bool:
        answer = self._session.answer
        if answer is None or answer.status_code != 400:
            return False
        words = [*fields, *(word for words in fields.values() for word in words.split(","))]
        return any(word in answer.text for word in words)

    def _call(self, route: str, params: dict[str, Any]) -> dict[str, Any]:
        """One signed GET of a JSON object.

        Client.request and not get_home_timeline, which knows neither the newer words nor
        another user id than the token's.
        """
        try:
            response = self._client.request("GET", route, params=params, user_auth=True)
            answer = json.loads(response.content.decode("utf-8-sig"))
        except requests.RequestException as error:
            raise unreachable(error) from error
        except (tweepy.TweepyException, ValueError, TypeError, AttributeError) as error:
            # The last three: tweepy reading a header or an error body that it did not expect.
            raise self._judged(error) from error
        except RecursionError as error:
            raise self._unreadable() from error
        if not isinstance(answer, dict):
            raise self._unreadable()
        return answer

    def _judged(self, error: Exception) -> SourceError:
        answer = self._session.answer
        if answer is None:
            return unreachable(error)
        is_good = 200 <= answer.status_code < 300
        return unreadable(answer) if is_good else failed(answer, time.time())

    def _unreadable(self) -> SourceError:
        return unreadable(self._session.answer or requests.Response())


def _client(credentials: Credentials, session: GatewaySession) -> tweepy.Client:
    # Not wait_on_rate_limit: without a reset header it asks again at once, for ever.
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
