"""Settings of the X source."""

from dataclasses import dataclass, field

from ingest.environment import Environment

VARIABLES = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET")
API_URL = "https://api.x.com"
# US dollars per post, as published by X. https://docs.x.com/x-api/getting-started/pricing
POST_PRICE = 0.005


@dataclass(frozen=True)
class Credentials:
    """OAuth 1.0a user-context credentials of one X account."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_secret: str = field(repr=False)


@dataclass(frozen=True)
class XSettings:
    """The account, and how much of its timeline to read."""

    credentials: Credentials
    api_url: str
    daily_posts: int
    post_price: float
    full_reposts: bool


def read_daily_posts(env: Environment) -> int:
    """Read how many posts may be read in a day."""
    return env.whole("X_DAILY_POSTS", 5000, 1, 1_000_000)


def read_post_price(env: Environment) -> float:
    """Read the price of a post in US dollars."""
    return env.number("X_POST_PRICE", POST_PRICE, 0, 100)


def read(env: Environment) -> XSettings | None:
    """Read the X settings; None without credentials."""
    values = env.together(VARIABLES, "X")
    api_url = env.url("X_API_URL", API_URL)
    daily_posts, post_price = read_daily_posts(env), read_post_price(env)
    full_reposts = env.flag("X_FULL_REPOSTS", False)
    if values is None:
        return None
    return XSettings(Credentials(*values), api_url, daily_posts, post_price, full_reposts)
