"""The settings of the driver, read once from the environment."""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from trends.extract.key import key_of

T = TypeVar("T")


class SettingsError(Exception):
    """A setting is wrong; the message names the variable and what is allowed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person may set; compose.yaml and .env.example explain each."""

    kafka: str
    topic_partitions: int
    retention_hours: int
    count_topic: str
    thrift_host: str
    thrift_port: int
    thrift_connections: int
    master: str
    driver_memory: str
    executor_memory: str
    trigger_seconds: float
    max_tweets_per_batch: int
    deduplicate_minutes: int
    hidden: frozenset[str]
    min_authors: int
    metrics_port: int
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check all settings; an empty value means the default."""

        def read(name: str, default: str, parse: Callable[[str], T], allowed: str) -> T:
            value = environment.get(name) or default
            try:
                return parse(value)
            except ValueError:
                raise SettingsError(f"{name}={value!r} is not allowed: use {allowed}") from None

        def whole(name: str, default: int, low: int, high: int) -> int:
            parse = _between(int, low, high)
            return read(name, str(default), parse, f"a whole number from {low} to {high}")

        memory = "a size such as 768m or 2g"
        settings = cls(
            kafka=read("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092", _text, "host:port"),
            topic_partitions=whole("TOPIC_PARTITIONS", 4, 1, 256),
            retention_hours=whole("KAFKA_RETENTION_HOURS", 168, 1, 87_600),
            count_topic=read("COUNT_TOPIC", "", _id, "the id that the log of `trends` names"),
            thrift_host=read("HBASE_THRIFT_HOST", "hbase-thrift", _text, "a host name"),
            thrift_port=whole("HBASE_THRIFT_PORT", 9090, 1, 65_535),
            thrift_connections=whole("HBASE_THRIFT_CONNECTIONS", 4, 1, 32),
            master=read(
                "SPARK_MASTER",
                "spark://spark-master:7077",
                _master,
                "spark://host:port or local[N]",
            ),
            driver_memory=read("SPARK_DRIVER_MEMORY", "512m", _memory, memory),
            executor_memory=read("SPARK_EXECUTOR_MEMORY", "512m", _memory, memory),
            trigger_seconds=read(
                "TRIGGER_SECONDS", "0.4", _between(float, 0.1, 60), "seconds from 0.1 to 60"
            ),
            max_tweets_per_batch=whole("MAX_TWEETS_PER_BATCH", 500_000, 100, 10_000_000),
            deduplicate_minutes=whole("DEDUPLICATE_MINUTES", 60, 1, 10_080),
            hidden=read("HIDE_HASHTAGS", "", _tags, "hashtags separated by commas or spaces"),
            min_authors=whole("MIN_AUTHORS", 0, 0, 1_000_000),
            metrics_port=whole("METRICS_PORT", 9464, 1, 65_535),
            log_level=read("LOG_LEVEL", "INFO", _level, "DEBUG, INFO, WARNING or ERROR"),
        )
        if settings.deduplicate_minutes > 60 * settings.retention_hours:
            raise SettingsError(
                f"DEDUPLICATE_MINUTES={settings.deduplicate_minutes} is longer than Kafka keeps "
                f"posts (KAFKA_RETENTION_HOURS={settings.retention_hours}): use at most "
                f"{60 * settings.retention_hours}, or raise KAFKA_RETENTION_HOURS"
            )
        return settings


def _between(kind: Callable[[str], T], low: float, high: float) -> Callable[[str], T]:
    def parse(value: str) -> T:
        number = kind(value)
        if not low <= float(number) <= high:  # type: ignore[arg-type]
            raise ValueError
        return number

    return parse


def _text(value: str) -> str:
    return value.strip()


def _id(value: str) -> str:
    return str(uuid.UUID(value)) if value else ""


def _tags(value: str) -> frozenset[str]:
    """The keys of hashtags written with or without their sign, in any case and width."""
    return frozenset(map(key_of, re.split(r"[\s,，﹐︐]+", value))) - {""}


def _level(value: str) -> str:
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError
    return value.upper()


def _master(value: str) -> str:
    if not value.startswith(("spark://", "local")):
        raise ValueError
    return value


def _memory(value: str) -> str:
    if not (value[:-1].isdigit() and value[-1] in "mMgG"):
        raise ValueError
    return value
