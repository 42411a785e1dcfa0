"""The settings, read once from the environment and checked before anything connects."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

CREDENTIALS = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET")
SOURCES = ("x", "replay", "demo")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
X_API_URL = "https://api.x.com"


class SettingsError(ValueError):
    """A setting is wrong; the text names the variable and what is allowed."""


@dataclass(frozen=True)
class Credentials:
    """The OAuth 1.0a user context of one X account."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_secret: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """All that can be set; the names are those of the environment, in lower case."""

    sources: tuple[str, ...]
    kafka_bootstrap_servers: str
    topic_partitions: int
    kafka_retention_hours: int
    metrics_port: int
    log_level: str
    author_salt: bytes = field(repr=False)
    credentials: Credentials | None
    x_api_url: str
    poll_seconds: float
    x_first_posts: int
    replay_file: Path | None
    replay_name: str
    replay_speed: float
    demo_rate: float
    demo_seed: int
    demo_count: int


def read_settings(env: Mapping[str, str]) -> Settings:
    """Make settings from a mapping such as os.environ; an empty string counts as not set.

    Raises SettingsError for the first value that is not allowed.
    """
    credentials = _credentials(env)
    replay_file = _replay_file(env)
    return Settings(
        sources=_sources(env, credentials, replay_file),
        kafka_bootstrap_servers=_servers(env),
        topic_partitions=_whole(env, "TOPIC_PARTITIONS", 4, 1, 1000),
        kafka_retention_hours=_whole(env, "KAFKA_RETENTION_HOURS", 168, 1, 87_600),
        metrics_port=_whole(env, "METRICS_PORT", 9464, 1, 65_535),
        log_level=_log_level(env),
        author_salt=_author_salt(env, credentials),
        credentials=credentials,
        x_api_url=_x_api_url(env),
        poll_seconds=_number(env, "POLL_SECONDS", 60, 1, 3600),
        x_first_posts=_whole(env, "X_FIRST_POSTS", 200, 1, 3200),
        replay_file=replay_file,
        replay_name=_replay_name(env, replay_file),
        replay_speed=_number(env, "REPLAY_SPEED", 0, 0, 1_000_000),
        demo_rate=_number(env, "DEMO_RATE", 5, 0.001, 100_000),
        demo_seed=_whole(env, "DEMO_SEED", 1, 0, 2**63 - 1),
        demo_count=_whole(env, "DEMO_COUNT", 0, 0, 2**63 - 1),
    )


def _text(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "").strip()


def _number(env: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = _text(env, name)
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SettingsError(f"{name} must be a number from {low:g} to {high:g}, not {text!r}")
    return value


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = _text(env, name)
    try:
        value = int(text) if text else default
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}, not {text!r}")
    return value


def _secret(env: Mapping[str, str], name: str) -> str:
    """Return the value of NAME, or what stands in the file that NAME_FILE names."""
    path = _text(env, f"{name}_FILE")
    if _text(env, name) and path:
        raise SettingsError(f"{name} and {name}_FILE are both set: keep one of them")
    if not path:
        return _text(env, name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = type(error).__name__
        raise SettingsError(f"{name}_FILE must name a readable text file ({reason})") from error


def _credentials(env: Mapping[str, str]) -> Credentials | None:
    """All four, or none of them; anything between is a mistake worth a message."""
    values = {name: _secret(env, name) for name in CREDENTIALS}
    missing = [name for name in CREDENTIALS if not values[name]]
    if len(missing) == len(CREDENTIALS):
        return None
    if missing:
        raise SettingsError(
            f"{', '.join(missing)} not set: X needs all four of {', '.join(CREDENTIALS)}"
            " (or none of them, for demo data)"
        )
    for name, value in values.items():
        if not (value.isascii() and value.isprintable() and " " not in value):
            raise SettingsError(f"{name} must be printable ASCII without spaces, as X shows it")
    return Credentials(*(values[name] for name in CREDENTIALS))


def _sources(
    env: Mapping[str, str], credentials: Credentials | None, replay_file: Path | None
) -> tuple[str, ...]:
    text = _text(env, "SOURCE").lower() or "auto"
    if text == "auto":
        return ("x",) if credentials else ("replay",) if replay_file else ("demo",)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if not set(names) <= set(SOURCES):
        allowed = ", ".join(SOURCES)
        raise SettingsError(f"SOURCE must be auto or a list of {allowed}, not {text!r}")
    if "x" in names and not credentials:
        raise SettingsError(f"{', '.join(CREDENTIALS)} not set: SOURCE={text} needs all four")
    if "replay" in names and not replay_file:
        raise SettingsError(f"REPLAY_FILE not set: SOURCE={text} needs the path of a file")
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
            raise SettingsError(f"KAFKA_BOOTSTRAP_SERVERS must be host:port[,...], not {text!r}")
    return text


def _log_level(env: Mapping[str, str]) -> str:
    text = _text(env, "LOG_LEVEL").upper() or "INFO"
    if text not in LOG_LEVELS:
        raise SettingsError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {text!r}")
    return text


def _x_api_url(env: Mapping[str, str]) -> str:
    text = (_text(env, "X_API_URL") or X_API_URL).rstrip("/")
    allowed = "http(s)://host[:port][/path] without user, query or fragment"
    try:
        url = urlsplit(text)
        port_fits = url.port != 0
    except ValueError:
        raise SettingsError(f"X_API_URL must be {allowed}") from None
    extra = url.username or url.password or url.query or url.fragment
    if url.scheme not in ("http", "https") or not url.hostname or extra or not port_fits:
        raise SettingsError(f"X_API_URL must be {allowed}")
    return text


def _author_salt(env: Mapping[str, str], credentials: Credentials | None) -> bytes:
    """AUTHOR_SALT, or one that nobody without the credentials can compute."""
    given = _secret(env, "AUTHOR_SALT")
    if given:
        return given.encode()
    secrets = (credentials.consumer_secret, credentials.access_secret) if credentials else ()
    return hashlib.sha256("\n".join(("tweet-trends author", *secrets)).encode()).digest()
