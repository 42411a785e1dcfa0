"""The driver's settings, read once from the environment."""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from trends.extract.key import key_of
from trends.hbase.gateway import Gateway, GatewayError, read_gateway
from trends.kafka.access import Access, AccessError, read_access, read_secret


class SettingsError(Exception):
    """A setting is wrong; the message names the variable and what is allowed."""


def _setting(name: str, default: str, parse: Callable[[str], Any], allowed: str) -> Any:
    """Declare a field that is read from the variable `name`; an empty value means the default."""

    def read(environment: Mapping[str, str]) -> Any:
        value = environment.get(name) or default
        try:
            return parse(value)
        except ValueError:
            raise SettingsError(f"{name}={value!r} is not allowed: use {allowed}") from None

    return field(metadata={"read": read})


def _whole(name: str, default: int, low: int, high: int) -> Any:
    allowed = f"a whole number from {low} to {high}"
    return _setting(name, str(default), _between(int, low, high), allowed)


def _between(kind: Callable[[str], float], low: float, high: float) -> Callable[[str], float]:
    def parse(value: str) -> float:
        number = kind(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return parse


def _matching(pattern: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise ValueError
        return value

    return parse


def _id(value: str) -> str:
    return str(uuid.UUID(value)) if value else ""


def _tags(value: str) -> frozenset[str]:
    """Parse hashtags, written with or without `#`, in any case and width, to their keys."""
    return frozenset(map(key_of, re.split(r"[\s,，﹐︐]+", value))) - {""}


def _access(environment: Mapping[str, str]) -> Access:
    try:
        return read_access(environment)
    except AccessError as error:
        raise SettingsError(_refusal(str(error), error.given)) from error


def _gateway(environment: Mapping[str, str]) -> Gateway:
    try:
        return read_gateway(environment)
    except GatewayError as error:
        raise SettingsError(_refusal(str(error), error.given)) from error


def _auth_secret(environment: Mapping[str, str]) -> str:
    try:
        return read_secret(environment, "SPARK_AUTH_SECRET")
    except AccessError as error:
        raise SettingsError(str(error)) from error


def _refusal(text: str, given: str | None) -> str:
    return text if given is None else f"{text}, not {given!r}"


BUNDLED_MASTER = "spark://spark-master:7077"
_HOST = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]"
_MEMORY = _matching("[1-9][0-9]*[mMgG]"), "a size such as 768m or 2g"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that a user may change; docs/settings.md explains each."""

    kafka: Access = field(metadata={"read": _access})
    hbase: Gateway = field(metadata={"read": _gateway})
    auth_secret: str = field(repr=False, metadata={"read": _auth_secret})
    topic_partitions: int = _whole("TOPIC_PARTITIONS", 4, 1, 256)
    retention_hours: int = _whole("KAFKA_RETENTION_HOURS", 168, 1, 87_600)
    count_topic: str = _setting("COUNT_TOPIC", "", _id, "the id that the log of `trends` names")
    thrift_connections: int = _whole("HBASE_THRIFT_CONNECTIONS", 4, 1, 32)
    master: str = _setting(
        "SPARK_MASTER",
        BUNDLED_MASTER,
        _matching("(spark://|local).*"),
        "spark://host:port or local[N]",
    )
    driver_host: str = _setting("SPARK_DRIVER_HOST", "trends", _matching(_HOST), "a host name")
    driver_port: int = _whole("SPARK_DRIVER_PORT", 7078, 1024, 65_535)
    block_manager_port: int = _whole("SPARK_BLOCK_MANAGER_PORT", 7079, 1024, 65_535)
    worker_python: str = _setting("SPARK_WORKER_PYTHON", "python3", str.strip, "a command")
    driver_memory: str = _setting("SPARK_DRIVER_MEMORY", "512m", *_MEMORY)
    executor_memory: str = _setting("SPARK_EXECUTOR_MEMORY", "512m", *_MEMORY)
    trigger_seconds: float = _setting(
        "TRIGGER_SECONDS", "0.4", _between(float, 0.1, 60), "seconds from 0.1 to 60"
    )
    max_tweets_per_batch: int = _whole("MAX_TWEETS_PER_BATCH", 500_000, 100, 10_000_000)
    deduplicate_minutes: int = _whole("DEDUPLICATE_MINUTES", 60, 1, 10_080)
    hidden: frozenset[str] = _setting(
        "HIDE_HASHTAGS", "", _tags, "hashtags separated by commas or spaces"
    )
    min_authors: int = _whole("MIN_AUTHORS", 0, 0, 1_000_000)
    rising_people: int = _whole("RISING_PEOPLE", 3, 1, 1_000)
    metrics_port: int = _whole("METRICS_PORT", 9464, 1, 65_535)
    log_level: str = _setting(
        "LOG_LEVEL",
        "INFO",
        lambda value: _matching("DEBUG|INFO|WARNING|ERROR")(value.upper()),
        "DEBUG, INFO, WARNING or ERROR",
    )

    @property
    def has_own_spark(self) -> bool:
        """Whether the master is one of the user's instead of the bundled one."""
        # In a cluster (compose.cluster.yaml) the bundled ones are several.
        bundled = r"spark://spark-master:7077(,spark-master-\d+:7077)*"
        return self.master.startswith("spark://") and re.fullmatch(bundled, self.master) is None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check all settings.

        Raises:
            SettingsError: one of them is wrong.
        """
        settings = cls(**{each.name: each.metadata["read"](environment) for each in fields(cls)})
        if settings.deduplicate_minutes > 60 * settings.retention_hours:
            raise SettingsError(
                f"DEDUPLICATE_MINUTES={settings.deduplicate_minutes} is longer than Kafka keeps "
                f"posts (KAFKA_RETENTION_HOURS={settings.retention_hours}): use at most "
                f"{60 * settings.retention_hours}, or raise KAFKA_RETENTION_HOURS"
            )
        return settings
