"""Connects a Mastodon account: registers an application that may only read posts.

Its owner authorizes it, and types the code that the server shows.
https://docs.joinmastodon.org/client/authorized/
"""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from mastodon import Mastodon
from requests import Response

from ingest.connect.steps import check_credentials, explain, unreachable
from ingest.connect.terminal import Problem, Terminal
from ingest.environment import Environment, SettingsError
from ingest.sources.base import SourceError, SourceStats
from ingest.sources.http.egress import Egress
from ingest.sources.http.session import LimitedSession
from ingest.sources.mastodon.client import NETWORK, USER_AGENT, MastodonApi, reset_time
from ingest.sources.mastodon.settings import MastodonAccount

CLIENT_NAME = "Tweet Trends"
SCOPES = ["read:statuses"]
ANY_VERSION = "4.0.0"
# The server shows the code instead of sending it to an address.
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
INTRODUCTION = (
    "Mastodon charges nothing. The application that is registered for you can only read posts, "
    "and you can revoke it in your account's settings at any time.\n"
    "Your home timeline is read, that is the posts of the accounts you follow; nothing is ever "
    "posted, boosted or followed. Posts that are not public are dropped before anything is "
    "stored.\n"
)
ASK_CODE = (
    "Open this link in a browser in which you are signed in to your account, and authorize the "
    "application. The server then shows a code.\n{link}"
)
NOT_AN_ADDRESS = "This is not a server's address. It looks like mastodon.social."
NOT_MASTODON = (
    "There is no Mastodon server at {url}. Check the spelling; it is the address at which you "
    "sign in."
)
CLOSED = (
    "{url} does not let applications be registered this way. Create one on its website instead: "
    'docs/sources.md shows how, under "Mastodon".'
)
CODE_REFUSED = (
    "The server does not accept the code. It may be mistyped, used already, or more than a few "
    "minutes old. Open the link again for a new one."
)


class App:
    """An application registered on a server, by which one of its users can be asked for access."""

    def __init__(self, url: str, session: LimitedSession) -> None:
        self._url, self._session = url, session
        self._id, self._secret = self._register()

    def link(self) -> str:
        """Return the link to authorize the application.

        Not by the library, which adds `force_login=False`: the server takes that for true, and
        makes the user sign in again.
        """
        query = {
            "client_id": self._id,
            "response_type": "code",
            "redirect_uri": OUT_OF_BAND,
            "scope": " ".join(SCOPES),
        }
        return f"{self._url}/oauth/authorize?{urlencode(query)}"

    def token(self, code: str) -> str:
        """Exchange a code, which works once, for an access token; raise Problem."""
        client = Mastodon(
            api_base_url=self._url,
            ratelimit_method="throw",
            session=self._session,
            user_agent=USER_AGENT,
            # Without a version the library asks for it after the sign-in, hundreds of times if
            # the server does not answer that call.
            mastodon_version=ANY_VERSION,
        )
        # Not set in the constructor, which would read a file if the id happens to be a path.
        client.client_id, client.client_secret = self._id, self._secret
        self._session.response = None
        failure: Exception | None = None
        try:
            client.log_in(code=code, redirect_uri=OUT_OF_BAND, scopes=SCOPES)
        except Exception as error:
            failure = error
        # The library also fails after it has the token, if the server is of an unusual kind.
        if isinstance(client.access_token, str):
            return client.access_token
        raise self._code_problem(failure or EOFError())

    def _register(self) -> tuple[str, str]:
        """Register the application; return its id and secret."""
        self._session.response = None
        failure: Exception | None = None
        try:
            Mastodon.create_app(
                CLIENT_NAME,
                scopes=SCOPES,
                redirect_uris=OUT_OF_BAND,
                api_base_url=self._url,
                session=self._session,
                user_agent=USER_AGENT,
            )
        except Exception as error:
            failure = error
        # The library takes any JSON for success, and its errors do not say what was answered.
        response = self._answered(failure)
        made = _parsed(response)
        if not response.ok or not {"client_id", "client_secret"} <= made.keys():
            raise self._registration_problem(response)
        return str(made["client_id"]), str(made["client_secret"])

    def _answered(self, failure: Exception | None) -> Response:
        """Return the last response; raise Problem if there is none, or if a retry may help."""
        response = self._session.response
        # A response is false from status 400 on.
        if response is None:
            error = (failure and failure.__context__) or failure or EOFError()
            raise Problem(explain(unreachable(NETWORK, error), self._url)) from failure
        status = response.status_code
        if status == 429 or status >= 500:
            reset = reset_time(response.headers.get("x-ratelimit-reset"))
            failed = NETWORK.failed(status, reset, datetime.now(UTC).timestamp())
            raise Problem(explain(failed, self._url)) from failure
        return response

    def _registration_problem(self, response: Response) -> Problem:
        moved_to = _base(response.headers["location"]) if response.is_redirect else ""
        if moved_to not in ("", self._url):
            return Moved(moved_to, self._url)
        if response.status_code in (401, 403, 422) and "error" in _parsed(response):
            return Problem(CLOSED.format(url=self._url))
        return Problem(NOT_MASTODON.format(url=self._url))

    def _code_problem(self, failure: Exception) -> Problem:
        response = self._answered(failure)
        if response.status_code in (400, 401, 403) and "error" in _parsed(response):
            return Problem(CODE_REFUSED)
        return Problem(NOT_MASTODON.format(url=self._url))


class Moved(Problem):
    """The server is at another address, `url`."""

    def __init__(self, url: str, former: str) -> None:
        super().__init__(f"{former} refers to {url}.")
        self.url = url


class Dialogue:
    """Asks for the server until an application is registered there, and for codes."""

    def __init__(self, terminal: Terminal, env: Environment, egress: Egress) -> None:
        self._terminal, self._egress = terminal, egress
        self._server = env.text("MASTODON_URL")

    def run(self) -> dict[str, str]:
        """Return the variables to set; raise GivenUp if the user stops trying."""
        with LimitedSession(self._egress) as session:
            app = self._terminal.retry(lambda: self._register(session))
            token = self._terminal.retry(lambda: self._authorize(app))
        account = MastodonAccount(self._server, token)
        self._test(account)
        return {"MASTODON_URL": account.url, "MASTODON_ACCESS_TOKEN": account.access_token}

    def _register(self, session: LimitedSession) -> App:
        question = "Your server's address, such as mastodon.social:"
        self._server = address(self._terminal.ask(question, self._server))
        while True:
            try:
                return App(self._server, session)
            except Moved as moved:
                # Ask, since the application's secret and the token will go there.
                question = f"{moved} Continue there?"
                if not self._terminal.confirm(question, default=True):
                    raise
                self._server = moved.url

    def _authorize(self, app: App) -> str:
        self._terminal.say(ASK_CODE.format(link=app.link()))
        # Shown as it is typed: it works once, and only together with the application's secret.
        return app.token(code_in(self._terminal.ask("The code:")))

    def _test(self, account: MastodonAccount) -> None:
        api = MastodonApi(
            account, LimitedSession(self._egress), SourceStats(), lambda: datetime.now(UTC)
        )
        try:
            check_credentials(self._terminal, "Mastodon", account.url, lambda: _read_one(api))
        finally:
            api.close()


def address(text: str) -> str:
    """Return the URL of a server, of which people also type a profile's address or a handle.

    Raises Problem if the text is none of these.
    """
    if "://" not in text:
        # Also @name@server and server/@name.
        text = f"https://{text.partition('/')[0].rpartition('@')[2]}"
    url = _base(text)
    if not url:
        raise Problem(NOT_AN_ADDRESS)
    return url


def code_in(text: str) -> str:
    """Return the code, also from the address of the page that shows it."""
    codes = parse_qs(urlsplit(text).query).get("code") if "://" in text else None
    return codes[0] if codes else text


def introduction(env: Environment) -> str:
    """Say what reading costs and what is read."""
    return INTRODUCTION


def connect(terminal: Terminal, env: Environment, egress: Egress) -> dict[str, str]:
    """Get the credentials of an account, as variables; raise GivenUp if the user stops trying."""
    return Dialogue(terminal, env, egress).run()


def _base(url: str) -> str:
    """Return the scheme, host and port of a URL, empty if there is no server in it."""
    try:
        parts = urlsplit(url.strip())
        # A name in another script, as servers have it.
        place = parts.netloc.lower().encode("idna").decode("ascii")
        base = Environment({"MASTODON_URL": f"{parts.scheme}://{place}"}).url("MASTODON_URL", "")
    except (ValueError, SettingsError):
        return ""
    is_server = "." in place or "localhost" in place or ":" in place
    return base if is_server else ""


def _parsed(response: Response) -> dict[str, Any]:
    """Return the JSON object in a response, empty if there is none."""
    try:
        parsed = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _read_one(api: MastodonApi) -> None:
    """Read one post; a server that is still preparing the timeline has accepted the token."""
    try:
        api.home_timeline(1)
    except SourceError as error:
        if error.kind != "regenerating":
            raise
