"""The settings, read once from the environment and checked before anything connects."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

CREDENTIALS = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET")
MASTODON = ("MASTODON_URL", "MASTODON_ACCESS_TOKEN")
BLUESKY = ("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD")
SOURCES = ("x", "mastodon", "bluesky", "replay", "demo")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
X_API_URL = "https://api.x.com"
BLUESKY_URL = "https://bsky.social"
THRIFT_PORT = 9090


class SettingsError(ValueError):
    """A setting is wrong.

    `variables` names the setting, or those that belong together, and `rule` goes on to say what is
    allowed. Neither has what was set: everybody can read the status, and people paste tokens into
    the wrong variable. The text, which is for the log, has it too, where it is `given`.
    """

    def __init__(self, variables: str | Sequence[str], rule: str, given: str | None = None) -> None:
        self.variables = (variables,) if isinstance(variables, str) else tuple(variables)
        self.rule = rule
        told = "" if given is None else f", not {given!r}"
        super().__init__(f"{', '.join(self.variables)} {rule}{told}")


@dataclass(frozen=True)
class Credentials:
    """The OAuth 1.0a user context of one X account."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_secret: str = field(repr=False)


@dataclass(frozen=True)
class MastodonAccount:
    """A server's address, and a token of one of its users."""

    url: str
    access_token: str = field(repr=False)


@dataclass(frozen=True)
class BlueskyAccount:
    """The address of the account's server, its handle, and an app password."""

    url: str
    handle: str = field(repr=False)
    app_password: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """All that can be set; the names are those of the environment, in lower case."""

    sources: tuple[str, ...]
    kafka_bootstrap_servers: str
    topic_partitions: int
    kafka_retention_hours: int
    metrics_port: int
    log_level: str
    hbase_thrift_host: str
    hbase_thrift_port: int
    author_salt: str = field(repr=False)
    poll_seconds: float
    first_posts: int
    count_reposts: bool
    credentials: Credentials | None
    x_api_url: str
    x_daily_posts: int
    x_full_reposts: bool
    mastodon: MastodonAccount | None
    bluesky: BlueskyAccount | None
    bluesky_count_signed_in_only: bool
    replay_file: Path | None
    replay_name: str
    replay_speed: float
    demo_rate: float
    demo_seed: int
    demo_count: int

    def salt(self, *secrets: str) -> bytes:
        """AUTHOR_SALT, or a salt that nobody without the secrets of an account can compute."""
        if self.author_salt:
            return self.author_salt.encode()
        return hashlib.sha256("\n".join(("tweet-trends author", *secrets)).encode()).digest()


def read_settings(env: Mapping[str, str]) -> Settings:
    """Make settings from a mapping such as os.environ; an empty string counts as not set.

    Raises SettingsError for the first value that is not allowed.
    """
    credentials, mastodon, bluesky = _credentials(env), _mastodon(env), _bluesky(env)
    replay_file = _replay_file(env)
    available = {"x": credentials, "mastodon": mastodon, "bluesky": bluesky, "replay": replay_file}
    return Settings(
        sources=_sources(env, [name for name, value in available.items() if value]),
        kafka_bootstrap_servers=_servers(env),
        topic_partitions=_whole(env, "TOPIC_PARTITIONS", 4, 1, 1000),
        kafka_retention_hours=_whole(env, "KAFKA_RETENTION_HOURS", 168, 1, 87_600),
        metrics_port=_whole(env, "METRICS_PORT", 9464, 1, 65_535),
        log_level=_log_level(env),
        hbase_thrift_host=_thrift_host(env),
        hbase_thrift_port=_thrift_port(env),
        author_salt=_secret(env, "AUTHOR_SALT"),
        poll_seconds=_number(env, "POLL_SECONDS", 60, 1, 3600),
        first_posts=_whole(env, "FIRST_POSTS", 200, 1, 3200),
        count_reposts=_flag(env, "COUNT_REPOSTS", True),
        credentials=credentials,
        x_api_url=_url(env, "X_API_URL", X_API_URL),
        x_daily_posts=_whole(env, "X_DAILY_POSTS", 5000, 1, 1_000_000),
        x_full_reposts=_flag(env, "X_FULL_REPOSTS", False),
        mastodon=mastodon,
        bluesky=bluesky,
        bluesky_count_signed_in_only=_flag(env, "BLUESKY_COUNT_SIGNED_IN_ONLY", False),
        replay_file=replay_file,
        replay_name=_replay_name(env, replay_file),
        replay_speed=_number(env, "REPLAY_SPEED", 0, 0, 1_000_000),
        demo_rate=_number(env, "DEMO_RATE", 5, 0.001, 100_000),
        demo_seed=_whole(env, "DEMO_SEED", 1, 0, 2**63 - 1),
        demo_count=_whole(env, "DEMO_COUNT", 0, 0, 2**63 - 1),
    )


def thrift_address(env: Mapping[str, str]) -> tuple[str, int]:
    """Where the status goes, even when some setting is wrong: host and port."""
    try:
        return _thrift_host(env), _thrift_port(env)
    except SettingsError:
        return _thrift_host(env), THRIFT_PORT


def _thrift_host(env: Mapping[str, str]) -> str:
    return _text(env, "HBASE_THRIFT_HOST") or "hbase-thrift"


def _thrift_port(env: Mapping[str, str]) -> int:
    return _whole(env, "HBASE_THRIFT_PORT", THRIFT_PORT, 1, 65_535)


def _text(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "").strip()


def _number(env: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = _text(env, name)
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SettingsError(name, f"must be a number from {low:g} to {high:g}", text)
    return value


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = _text(env, name)
    try:
        value = int(text) if text else default
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise SettingsError(name, f"must be a whole number from {low} to {high}", text)
    return value


def _secret(env: Mapping[str, str], name: str) -> str:
    """Return the value of NAME, or what stands in the file that NAME_FILE names."""
    path = _text(env, f"{name}_FILE")
    if _text(env, name) and path:
        raise SettingsError((name, f"{name}_FILE"), "are both set: keep one of them")
    if not path:
        return _text(env, name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = type(error).__name__
        raise SettingsError(f"{name}_FILE", f"must name a readable text file ({reason})") from error


def _flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = _text(env, name).lower()
    if text in ("", "true", "false"):
        return text == "true" if text else default
    raise SettingsError(name, "must be true or false", text)


def _together(env: Mapping[str, str], names: tuple[str, ...], network: str) -> list[str] | None:
    """All of them, or None when none is set; anything between is a mistake worth a message."""
    values = {name: _secret(env, name) for name in names}
    missing = [name for name in names if not values[name]]
    if len(missing) == len(names):
        return None
    if missing:
        raise SettingsError(
            missing,
            f"not set: {network} needs all of {', '.join(names)} (or none of them, for demo data)",
        )
    for name, value in values.items():
        if not (value.isascii() and value.isprintable() and " " not in value):
            raise SettingsError(name, "must be printable ASCII without spaces")
    return list(values.values())


def _credentials(env: Mapping[str, str]) -> Credentials | None:
    values = _together(env, CREDENTIALS, "X")
    return Credentials(*values) if values else None


def _mastodon(env: Mapping[str, str]) -> MastodonAccount | None:
    values = _together(env, MASTODON, "Mastodon")
    return MastodonAccount(_url(env, "MASTODON_URL", ""), values[1]) if values else None


def _bluesky(env: Mapping[str, str]) -> BlueskyAccount | None:
    values = _together(env, BLUESKY, "Bluesky")
    if not values:
        return None
    # As people write it: with the @ of a mention.
    handle = values[0].removeprefix("@")
    return BlueskyAccount(_url(env, "BLUESKY_URL", BLUESKY_URL), handle, values[1])


def _sources(env: Mapping[str, str], available: list[str]) -> tuple[str, ...]:
    """Every network that has its credentials; without any, a file; without that, the demo."""
    text = _text(env, "SOURCE").lower() or "auto"
    if text == "auto":
        networks = tuple(name for name in available if name != "replay")
        return networks or tuple(available) or ("demo",)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if not set(names) <= set(SOURCES):
        allowed = ", ".join(SOURCES)
        raise SettingsError("SOURCE", f"must be auto or a list of {allowed}", text)
    needs = {"x": CREDENTIALS, "mastodon": MASTODON, "bluesky": BLUESKY, "replay": ("REPLAY_FILE",)}
    for name in names:
        if name in needs and name not in available:
            raise SettingsError(needs[name], f"not set: SOURCE={text} needs it")
    return names


def _replay_file(env: Mapping[str, str]) -> Path | None:
    text = _text(env, "REPLAY_FILE")
    return Path(text) if text else None


def _replay_name(env: Mapping[str, str], replay_file: Path | None) -> str:
    """Where REPLAY_FILE is a mount point, REPLAY_NAME tells what the user calls the file."""
    given = _text(env, "REPLAY_NAME") or str(replay_file or "")
    return Path(given).name


def _servers(env: Mapping[str, str]) -> str:
    text = _text(env, "KAFKA_BOOTSTRAP_SERVERS") or "kafka:9092"
    for server in text.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdecimal() or not 1 <= int(port) <= 65_535:
            raise SettingsError("KAFKA_BOOTSTRAP_SERVERS", "must be host:port[,...]", text)
    return text


def _log_level(env: Mapping[str, str]) -> str:
    text = _text(env, "LOG_LEVEL").upper() or "INFO"
    if text not in LOG_LEVELS:
        raise SettingsError("LOG_LEVEL", f"must be one of {', '.join(LOG_LEVELS)}", text)
    return text


def _url(env: Mapping[str, str], name: str, default: str) -> str:
    text = (_secret(env, name) or default).rstrip("/")
    allowed = "http(s)://host[:port][/path] without user, query or fragment"
    try:
        url = urlsplit(text)
        port_fits = url.port != 0
    except ValueError:
        raise SettingsError(name, f"must be {allowed}") from None
    extra = url.username or url.password or url.query or url.fragment
    if url.scheme not in ("http", "https") or not url.hostname or extra or not port_fits:
        raise SettingsError(name, f"must be {allowed}")
    return text
