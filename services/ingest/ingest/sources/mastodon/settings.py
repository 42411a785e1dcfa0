"""Settings of the Mastodon source."""

from dataclasses import dataclass, field

from ingest.environment import Environment

VARIABLES = ("MASTODON_URL", "MASTODON_ACCESS_TOKEN")


@dataclass(frozen=True)
class MastodonAccount:
    """A server's address, and an access token of one of its users."""

    url: str
    access_token: str = field(repr=False)


def read(env: Environment) -> MastodonAccount | None:
    """Read the Mastodon settings; None without an account."""
    values = env.together(VARIABLES, "Mastodon")
    return MastodonAccount(env.url("MASTODON_URL", ""), values[1]) if values else None
