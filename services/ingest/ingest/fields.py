"""The rules for single fields of a message, whatever format a record comes in."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Message = dict[str, Any]

MAX_LANG_CHARACTERS = 35  # RFC 5646, section 4.4.1
ISO_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InvalidError(Exception):
    """A record breaks a rule; the text says which."""


@dataclass(frozen=True)
class Context:
    """What a message needs beside the record: who hands it over, and the salt for authors."""

    source: str
    salt: bytes

    def author(self, user_id: object) -> str | None:
        """16 hexadecimal digits of HMAC-SHA256, which nobody without the salt can reverse.

        The networks number their users independently, so each has its own.
        """
        if not isinstance(user_id, str) or not user_id:
            return None
        named = f"{self.source}:{user_id}".encode("utf-8", "replace")
        return hmac.digest(self.salt, named, "sha256").hex()[:16]


def is_digits(value: object) -> bool:
    """Whether a value is an id as X writes it: a string of up to 25 ASCII digits."""
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 25


def text_field(value: object) -> str:
    """Return a text as it is; raise InvalidError for anything else."""
    if not isinstance(value, str):
        raise InvalidError("text is missing or not a string")
    return value


def lang_field(value: object) -> str | None:
    """Return a language tag, or None when there is none that could be one."""
    fits = isinstance(value, str) and 0 < len(value) <= MAX_LANG_CHARACTERS and value.isascii()
    return str(value) if fits else None


def iso_time_field(record: Mapping[str, Any], now: datetime) -> str:
    """`created_at` (RFC 3339) in UTC milliseconds; raises InvalidError when it is none."""
    value = record.get("created_at")
    if not isinstance(value, str) or not ISO_TIME.fullmatch(value):
        raise InvalidError("created_at is missing or not an RFC 3339 time")
    try:
        return timestamp(datetime.fromisoformat(value), now)
    except (ValueError, OverflowError):
        raise InvalidError("created_at is not a possible time") from None


def timestamp(time: datetime, now: datetime) -> str:
    """UTC in milliseconds; a time in the future is taken as the time of arrival."""
    if time < EPOCH:
        raise InvalidError("created_at is before 1970")
    return min(time, now).astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def is_encodable(text: str) -> bool:
    """Whether a text can be written as UTF-8, that is has no lone surrogate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
