"""Reads the settings from the environment and validates them before anything connects."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.environment import Environment, SettingsError
from ingest.gateway import Gateway, GatewayError, read_gateway
from ingest.kafka.access import Access, AccessError, read_access
from ingest.sources import FALLBACKS, FOLDERS, settings_of
from ingest.sources.http import egress
from ingest.sources.http.egress import DIRECT, Egress

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True)
class Common:
    """Settings that all sources share."""

    poll_seconds: float
    first_posts: int
    author_salt: str = field(repr=False)
    egress: Egress = DIRECT

    def salt(self, *secrets: str) -> bytes:
        """Return AUTHOR_SALT, or a salt that cannot be computed without the account's secrets."""
        if self.author_salt:
            return self.author_salt.encode()
        return hashlib.sha256("\n".join(("tweet-trends author", *secrets)).encode()).digest()


@dataclass(frozen=True)
class Settings:
    """All settings; `sources` maps the name of each source to read to that source's settings."""

    sources: dict[str, Any]
    common: Common
    count_reposts: bool
    kafka: Access
    topic_partitions: int
    kafka_retention_hours: int
    metrics_port: int
    log_level: str
    hbase: Gateway


def read_settings(variables: Mapping[str, str]) -> Settings:
    """Read settings from a mapping such as os.environ; an empty string counts as not set.

    Raises SettingsError for the first value that is not allowed.
    """
    env = Environment(variables)
    return Settings(
        sources=_sources(env),
        common=Common(
            poll_seconds=env.number("POLL_SECONDS", 60, 1, 3600),
            first_posts=read_first_posts(env),
            author_salt=env.secret("AUTHOR_SALT"),
            egress=egress.read(env),
        ),
        count_reposts=env.flag("COUNT_REPOSTS", True),
        kafka=_kafka(variables),
        topic_partitions=env.whole("TOPIC_PARTITIONS", 4, 1, 256),
        kafka_retention_hours=env.whole("KAFKA_RETENTION_HOURS", 168, 1, 87_600),
        metrics_port=env.whole("METRICS_PORT", 9464, 1, 65_535),
        log_level=_log_level(env),
        hbase=_hbase(variables),
    )


def read_first_posts(env: Environment) -> int:
    """Read how many posts to fetch on the first run."""
    return env.whole("FIRST_POSTS", 200, 1, 3200)


def status_gateway(variables: Mapping[str, str]) -> Gateway:
    """Return how to reach HBase, so that a wrong setting can be reported there.

    A wrong setting of HBase itself becomes its default.
    """
    known = dict(variables)
    while True:
        try:
            return read_gateway(known)
        except GatewayError as error:
            known[error.variable] = ""


def _hbase(variables: Mapping[str, str]) -> Gateway:
    try:
        return read_gateway(variables)
    except GatewayError as error:
        raise SettingsError(error.variable, error.rule, error.given) from error


def _kafka(variables: Mapping[str, str]) -> Access:
    try:
        return read_access(variables)
    except AccessError as error:
        raise SettingsError(error.variables, error.rule, error.given) from error


def _sources(env: Environment) -> dict[str, Any]:
    """Choose the sources: those in SOURCE or, for `auto`, all networks with credentials.

    Without any credentials, `auto` means REPLAY_FILE; without that, the demo.
    """
    read = {name: settings_of(name).read(env) for name in FOLDERS}
    available = {name: found for name, found in read.items() if found is not None}
    text = env.text("SOURCE").lower() or "auto"
    if text == "auto":
        networks = {name: found for name, found in available.items() if name not in FALLBACKS}
        first = next(name for name in FALLBACKS if name in available)
        return networks or {first: available[first]}
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if not set(names) <= set(FOLDERS):
        raise SettingsError("SOURCE", f"must be auto or a list of {', '.join(FOLDERS)}", text)
    for name in names:
        if name not in available:
            raise SettingsError(settings_of(name).VARIABLES, f"not set: SOURCE={text} needs it")
    return {name: available[name] for name in names}


def _log_level(env: Environment) -> str:
    text = env.text("LOG_LEVEL").upper() or "INFO"
    if text not in LOG_LEVELS:
        raise SettingsError("LOG_LEVEL", f"must be one of {', '.join(LOG_LEVELS)}", text)
    return text
