"""What can be set for Mastodon."""

from dataclasses import dataclass, field

from ingest.environment import Environment

VARIABLES = ("MASTODON_URL", "MASTODON_ACCESS_TOKEN")


@dataclass(frozen=True)
class MastodonAccount:
    """A server's address, and a token of one of its users."""

    url: str
    access_token: str = field(repr=False)


def read(env: Environment) -> MastodonAccount | None:
    """The account, None without one."""
    values = env.together(VARIABLES, "Mastodon")
    return MastodonAccount(env.url("MASTODON_URL", ""), values[1]) if values else None
