"""Connects a Bluesky account by its handle and an app password."""

import re
from datetime import UTC, datetime

from ingest.connect.steps import check_credentials, explain
from ingest.connect.terminal import Problem, Terminal
from ingest.environment import Environment
from ingest.sources.base import TIMEOUT_SECONDS, SourceError, SourceStats
from ingest.sources.bluesky.client import BlueskyApi
from ingest.sources.bluesky.settings import URL, BlueskyAccount
from ingest.sources.http.egress import Egress

# What Bluesky's own server makes. Others may make app passwords of another form.
APP_PASSWORD = re.compile(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}")
HANDLE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
# The scope of a session that was made with the account's own password.
FULL_ACCESS = "com.atproto.access"
REJECTED = ("400", "401", "403")
INTRODUCTION = (
    "Bluesky charges nothing. You create an app password, which gives no access to your account's "
    "settings, and which you can delete at any time.\n"
    "Your home timeline is read, that is the posts of the accounts you follow; nothing is ever "
    "posted, liked or followed. Posts of people who show them only to signed-in users are dropped "
    "before anything is stored.\n"
)
INSTRUCTIONS = (
    "Create an app password at https://bsky.app/settings/app-passwords; it needs no access to "
    "direct messages."
)
NOT_A_HANDLE = "This is not a handle. It looks like you.bsky.social, or is a domain of your own."
MAIL_ADDRESS = "This is a mail address. Type your handle instead, such as you.bsky.social."
UNUSUAL = (
    "This does not look like an app password, which looks like xxxx-xxxx-xxxx-xxxx. Do not type "
    "your account's own password here."
)
TOO_POWERFUL = (
    "This is your account's own password, which can do anything with your account. It was not "
    "saved. Create an app password and type that."
)
OTHER_SERVER = "If your account is not on {url}, set BLUESKY_URL in .env to its server first."


class Dialogue:
    """Asks for handle and app password until the server accepts them."""

    def __init__(self, terminal: Terminal, env: Environment, egress: Egress) -> None:
        self._terminal, self._egress = terminal, egress
        self._url = env.url("BLUESKY_URL", URL)
        self._handle = env.text("BLUESKY_HANDLE")

    def run(self) -> dict[str, str]:
        """Return the variables to set; raise GivenUp if the user stops trying."""
        self._handle = self._terminal.retry(self._ask_handle)
        account = self._terminal.retry(self._log_in)
        return {"BLUESKY_HANDLE": account.handle, "BLUESKY_APP_PASSWORD": account.app_password}

    def _ask_handle(self) -> str:
        return handle(self._terminal.ask("Your handle, such as you.bsky.social:", self._handle))

    def _log_in(self) -> BlueskyAccount:
        account = BlueskyAccount(self._url, self._handle, self._ask_password())
        api = BlueskyApi(
            account,
            self._egress,
            SourceStats(),
            TIMEOUT_SECONDS,
            lambda: datetime.now(UTC),
        )
        try:
            check_credentials(self._terminal, "Bluesky", self._url, lambda: self._read_one(api))
        finally:
            api.close()
        return account

    def _read_one(self, api: BlueskyApi) -> None:
        """Log in and read one post.

        Raises Problem if the password is wrong, and SourceError if another try can help.
        """
        try:
            api.timeline(1, None)
        except SourceError as failure:
            if api.scope == FULL_ACCESS:
                raise Problem(TOO_POWERFUL) from failure
            if api.scope or failure.kind not in REJECTED:
                raise
            hint = OTHER_SERVER.format(url=self._url)
            raise Problem(f"{explain(failure, self._url)} {hint}") from failure
        if api.scope == FULL_ACCESS:
            raise Problem(TOO_POWERFUL)

    def _ask_password(self) -> str:
        self._terminal.say(INSTRUCTIONS)
        while not APP_PASSWORD.fullmatch(answer := self._terminal.ask_secret("The app password")):
            self._terminal.say(UNUSUAL)
            is_printable = answer.isascii() and answer.isprintable() and " " not in answer
            question = "Use it all the same?"
            if is_printable and self._terminal.confirm(question, default=False):
                break
        return answer


def handle(text: str) -> str:
    """Return a handle, also from a mention or a profile's address; raise Problem if it is none."""
    name = text.strip().rstrip("/").rpartition("/")[2].removeprefix("@").lower()
    if "@" in name:
        raise Problem(MAIL_ADDRESS)
    try:
        name = name.encode("idna").decode("ascii")
    except UnicodeError:
        raise Problem(NOT_A_HANDLE) from None
    if not HANDLE.fullmatch(name):
        raise Problem(NOT_A_HANDLE)
    return name


def introduction(env: Environment) -> str:
    """Say what reading costs and what is read."""
    return INTRODUCTION


def connect(terminal: Terminal, env: Environment, egress: Egress) -> dict[str, str]:
    """Get the credentials of an account, as variables; raise GivenUp if the user stops trying."""
    return Dialogue(terminal, env, egress).run()
