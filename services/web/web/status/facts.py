"""What is known of the stack, and what a stage of it is: the words that `stages` is written in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from web.boards.board import Board

DONE, WAITING, FAILED = "done", "waiting", "failed"

NO_BOARD = "Spark hasn't published a board yet"

SILENT_SECONDS = 60
"""A service whose last report is older is down, or cannot reach HBase."""

START_SECONDS = 120
"""As long as this a service that has not answered yet is taken to be starting."""


@dataclass(frozen=True)
class Facts:
    """What the stages are told from.

    `board` is the board `all`, `is_old` when nothing has refreshed it for too long; `report` is
    what ingest reported last. `trouble` is None while that can be relied on, else a sentence
    that says why it cannot, and the command that helps. The stack `is_young` as long as it may
    be starting.
    """

    hbase_error: str | None
    board: Board | None
    age_seconds: int
    is_old: bool
    report: dict[str, Any] | None
    trouble: tuple[str, str] | None
    is_young: bool

    @property
    def news(self) -> dict[str, Any] | None:
        """What ingest reports, as long as that holds."""
        return None if self.trouble else self.report

    @property
    def sources(self) -> list[dict[str, Any]]:
        """The sources that ingest reports, as long as that holds."""
        return list(self.news["sources"]) if self.news else []

    @property
    def wrong_setting(self) -> "WrongSetting | None":
        """What keeps ingest from doing anything."""
        error = self.news and self.news["error"]
        return WrongSetting(error["variables"], error["rule"]) if error else None

    @property
    def kafka(self) -> dict[str, Any] | None:
        """Kafka as ingest finds it, as long as that holds."""
        kafka: dict[str, Any] | None = self.news and self.news["kafka"]
        return kafka

    @property
    def has_kafka(self) -> bool:
        """Whether ingest finds that Kafka answers."""
        return bool(self.kafka and self.kafka["state"] == "ok")


@dataclass(frozen=True)
class WrongSetting:
    """The variables of a setting that is wrong, and what is allowed."""

    variables: list[str]
    rule: str

    @property
    def text(self) -> str:
        """Both, as the beginning of a sentence."""
        return f"{', '.join(self.variables)} {self.rule}"


@dataclass(frozen=True)
class Stage:
    """One stage as docs/contracts/status.schema.json has it."""

    name: str
    state: str
    detail: str
    advice: str | None = None


def late(name: str, what: str, command: str, facts: Facts, has_answered: bool = False) -> Stage:
    """Judge a stage that does not answer: at first it may just be starting."""
    if facts.is_young and not has_answered:
        return Stage(name, WAITING, sentence(f"{what}; it may take a minute or two to start"))
    return Stage(name, FAILED, sentence(what), f"`{command}`")


def look_at(service: str) -> str:
    """Return the commands that show how a service is."""
    return f"docker compose ps; make logs SERVICE={service}"


def span(seconds: int) -> str:
    """Return a span as a person would say it."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def sentence(text: str) -> str:
    """Return a text with a capital, and a full stop unless it ends in an ellipsis."""
    end = "" if text.endswith("…") else "."
    return f"{text[:1].upper()}{text[1:]}{end}"


def join_words(names: Iterable[str]) -> str:
    """Return a list as a person would say it."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} and {last}" if most else last
