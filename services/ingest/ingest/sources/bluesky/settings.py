"""Settings of the Bluesky source."""

from dataclasses import dataclass, field

from ingest.environment import Environment

VARIABLES = ("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD")
URL = "https://bsky.social"


@dataclass(frozen=True)
class BlueskyAccount:
    """The address of the account's server, its handle, and an app password."""

    url: str
    handle: str = field(repr=False)
    app_password: str = field(repr=False)


@dataclass(frozen=True)
class BlueskySettings:
    """The account, and whether to count posts that are for signed-in people only."""

    account: BlueskyAccount
    count_signed_in_only: bool


def read(env: Environment) -> BlueskySettings | None:
    """Read the Bluesky settings; None without an account."""
    values = env.together(VARIABLES, "Bluesky")
    url = env.url("BLUESKY_URL", URL)
    count_signed_in_only = env.flag("BLUESKY_COUNT_SIGNED_IN_ONLY", False)
    if values is None:
        return None
    # People may write it with the @ of a mention.
    handle = values[0].removeprefix("@")
    return BlueskySettings(BlueskyAccount(url, handle, values[1]), count_signed_in_only)
