"""Connects an X account: its owner allows an app to read, and types the PIN that X shows.

This is X's PIN-based OAuth 1.0a.
https://docs.x.com/fundamentals/authentication/oauth-1-0a/pin-based-oauth
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import tweepy

from ingest.connect.steps import check_credentials, clock_error, explain, unreachable
from ingest.connect.terminal import Problem, Terminal
from ingest.environment import Environment, SettingsError
from ingest.settings import read_first_posts
from ingest.sources.base import SourceStats
from ingest.sources.http.egress import Egress
from ingest.sources.http.failures import unix_time
from ingest.sources.http.session import LimitedSession
from ingest.sources.x.client import X, XApi, XSession
from ingest.sources.x.settings import (
    API_URL,
    VARIABLES,
    Credentials,
    read_daily_posts,
    read_post_price,
)

KEY_NAMES = VARIABLES[:2]
LONGEST_KEY = 80
INTRODUCTION = (
    "X charges your developer account about ${price:g} for each post read: about ${first:.2f} for "
    "the first {first_posts:,} posts, and then for new posts only. Reading pauses for the day "
    "after {daily_posts:,} posts (about ${day:.2f}), which X_DAILY_POSTS in .env changes.\n"
    "Your home timeline is read, that is the posts of the accounts you follow; nothing is ever "
    "posted, liked or followed. X does not mark the posts of protected accounts, so their "
    "hashtags are counted too.\n"
)
ASK_KEYS = (
    "Open https://developer.x.com/ and sign up for the API, which needs some credits. Create an "
    "app, and in its user authentication settings choose the permission Read. Then copy the API "
    "key and its secret from Keys and tokens."
)
ASK_PIN = (
    "Open this link in a browser in which you are signed in to the account that shall be read, "
    "and authorize the app. X then shows a PIN.\n{link}"
)
KEYS_REFUSED = (
    "X does not accept the API key and its secret. Copy both again from Keys and tokens; the "
    "OAuth 2.0 Client ID and Client Secret are something else."
)
APP_REFUSED = (
    "X does not let this app sign users in. In the developer portal, open the app's user "
    "authentication settings and set them up with the permission Read; any callback address will "
    "do, since the PIN needs none."
)
PIN_REFUSED = (
    "X does not accept the PIN. It may be mistyped, used already, or more than a few minutes old. "
    "Here is a new link."
)
NOT_X = "{url} does not answer like X. Check X_API_URL in .env, and whether a proxy interferes."
BEARER = (
    "This is a bearer token, which stands for an app and not for an account, so it can read no "
    "home timeline. Copy the API key and its secret instead."
)
ACCESS = "This is an access token. Here X's API key and its secret are needed."
NOT_A_KEY = "This cannot be right: a key has only letters and digits, and no spaces."


@dataclass(frozen=True)
class Keys:
    """The key and secret of an app, which X also calls the consumer's."""

    key: str = field(repr=False)
    secret: str = field(repr=False)


class KeysRefused(Problem):
    """X does not know the keys."""


class PinRefused(Problem):
    """X does not accept a PIN, so the sign-in has to start over with a new link."""


class _Handler(tweepy.OAuth1UserHandler):  # type: ignore[misc]
    """Sends tweepy's calls to `api_url` within the limits of a session, which knows the proxy.

    tweepy 4.17 has no setting for either, and makes a new session for each of the two calls.
    """

    def __init__(self, keys: Keys, api_url: str, session: LimitedSession) -> None:
        self._api_url, self._limited = api_url, session
        super().__init__(keys.key, keys.secret, callback="oob")

    @property
    def oauth(self) -> Any:
        """Tweepy's session, which signs the calls."""
        return self._oauth

    @oauth.setter
    def oauth(self, session: Any) -> None:
        session.trust_env = False
        session.send = self._limited.send
        self._oauth = session

    def _get_oauth_url(self, endpoint: str) -> str:
        return f"{self._api_url}/oauth/{endpoint}"


class SignIn:
    """One sign-in of a user: a link, and the access token for the PIN that it leads to."""

    def __init__(
        self,
        keys: Keys,
        api_url: str,
        session: LimitedSession,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys, self._api_url, self._session, self._now = keys, api_url, session, now
        self._handler = _Handler(keys, api_url, session)

    def link(self) -> str:
        """Return the link to authorize the app; raise KeysRefused, or another Problem."""
        try:
            return str(self._handler.get_authorization_url())
        except tweepy.TweepyException as error:
            refusals = {401: KeysRefused(KEYS_REFUSED), 403: Problem(APP_REFUSED)}
            raise self._problem(error, refusals) from error

    def credentials(self, pin: str) -> Credentials:
        """Exchange the PIN, which works once; raise PinRefused, or another Problem."""
        try:
            token, secret = self._handler.get_access_token(pin)
        except tweepy.TweepyException as error:
            refusals = dict.fromkeys((400, 401, 403), PinRefused(PIN_REFUSED))
            raise self._problem(error, refusals) from error
        return Credentials(self._keys.key, self._keys.secret, str(token), str(secret))

    def _problem(self, error: Exception, refusals: Mapping[int, Problem]) -> Problem:
        response = self._session.response
        # A response is false from status 400 on.
        if response is None:
            return Problem(explain(unreachable(X, error), self._api_url))
        status, headers = response.status_code, response.headers
        clock = clock_error(headers.get("date"), self._now())
        if status == 401 and clock:
            return Problem(clock)
        if status in refusals:
            return refusals[status]
        if status == 429 or status >= 500:
            failure = X.failed(status, unix_time(headers.get("x-rate-limit-reset")), self._now())
            return Problem(explain(failure, self._api_url))
        return Problem(NOT_X.format(url=self._api_url))


class Dialogue:
    """Asks for the keys until X accepts them, and for PINs until X accepts one."""

    def __init__(self, terminal: Terminal, env: Environment, egress: Egress) -> None:
        self._terminal, self._egress = terminal, egress
        self._api_url = env.url("X_API_URL", API_URL)
        self._price = read_post_price(env)
        self._keys = self._known_keys(env)

    def run(self) -> dict[str, str]:
        """Return the variables to set; raise GivenUp if the user stops trying."""
        credentials = self._terminal.retry(self._sign_in)
        self._test(credentials)
        return dict(zip(VARIABLES, vars(credentials).values(), strict=True))

    def _sign_in(self) -> Credentials:
        self._keys = self._keys or self._ask_keys()
        try:
            while True:
                try:
                    return self._authorize(self._keys)
                except PinRefused as problem:
                    self._terminal.say(str(problem))
        except KeysRefused:
            self._keys = None
            raise

    def _authorize(self, keys: Keys) -> Credentials:
        with LimitedSession(self._egress) as session:
            sign_in = SignIn(keys, self._api_url, session)
            self._terminal.say(ASK_PIN.format(link=sign_in.link()))
            return sign_in.credentials(self._ask_pin())

    def _known_keys(self, env: Environment) -> Keys | None:
        try:
            keys = Keys(*(env.secret(name) for name in KEY_NAMES))
        except SettingsError:
            return None
        is_known = bool(keys.key and keys.secret)
        question = "Use the API key and secret that are already set?"
        return keys if is_known and self._terminal.confirm(question, default=True) else None

    def _ask_keys(self) -> Keys:
        self._terminal.say(ASK_KEYS)
        return Keys(self._ask_key("The API key"), self._ask_key("The API key secret"))

    def _ask_key(self, question: str) -> str:
        while problem := objection(answer := self._terminal.ask_secret(question)):
            self._terminal.say(problem)
        return answer

    def _ask_pin(self) -> str:
        # Shown as it is typed: it works once, and only together with the app's keys.
        while not (pin := self._terminal.ask("The PIN:").replace(" ", "")).isdecimal():
            self._terminal.say("The PIN that X shows has only digits, usually seven of them.")
        return pin

    def _test(self, credentials: Credentials) -> None:
        question = f"Test this now? It reads one post, for which X charges about ${self._price:g}."
        if not self._terminal.confirm(question, default=True):
            return
        session = XSession(self._api_url, self._egress)
        api = XApi(credentials, session, SourceStats(), lambda: datetime.now(UTC))
        try:
            check_credentials(
                self._terminal, "X", self._api_url, lambda: api.home_timeline(max_results=1)
            )
        finally:
            api.close()


def objection(key: str) -> str | None:
    """Say why a text cannot be an API key or its secret; None if it can."""
    digits, dash, _ = key.partition("-")
    if dash and digits.isdecimal():
        return ACCESS
    if len(key) > LONGEST_KEY:
        return BEARER
    return None if key.isascii() and key.isprintable() and " " not in key else NOT_A_KEY


def introduction(env: Environment) -> str:
    """Say what reading costs and what is read; raise SettingsError for a wrong setting."""
    price, first_posts = read_post_price(env), read_first_posts(env)
    daily_posts = read_daily_posts(env)
    return INTRODUCTION.format(
        price=price,
        first_posts=first_posts,
        first=first_posts * price,
        daily_posts=daily_posts,
        day=daily_posts * price,
    )


def connect(terminal: Terminal, env: Environment, egress: Egress) -> dict[str, str]:
    """Get the credentials of an account, as variables; raise GivenUp if the user stops trying."""
    return Dialogue(terminal, env, egress).run()
