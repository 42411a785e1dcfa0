"""Validates single fields of a message, whatever the format of the record."""

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
    """A record breaks a rule; the exception's text says which."""


@dataclass(frozen=True)
class Context:
    """What parsing needs besides the record: the source, and the salt for author hashes."""

    source: str
    salt: bytes

    def author(self, user_id: object) -> str | None:
        """Hash a user id to 16 hex digits of HMAC-SHA256; irreversible without the salt.

        The source is part of the input, because networks number their users independently.
        """
        if not isinstance(user_id, str) or not user_id:
            return None
        named = f"{self.source}:{user_id}".encode("utf-8", "replace")
        return hmac.digest(self.salt, named, "sha256").hex()[:16]


def is_digits(value: object) -> bool:
    """Whether a value is an id as X writes it: a string of up to 25 ASCII digits."""
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 25


def text_field(value: object) -> str:
    """Return a text unchanged; raise InvalidError for anything else."""
    if not isinstance(value, str):
        raise InvalidError("text is missing or not a string")
    return value


def lang_field(value: object) -> str | None:
    """Return a language tag, or None if the value cannot be one."""
    fits = isinstance(value, str) and 0 < len(value) <= MAX_LANG_CHARACTERS and value.isascii()
    return str(value) if fits else None


def iso_time_field(record: Mapping[str, Any], now: datetime) -> str:
    """Return `created_at` (RFC 3339) as a timestamp; raise InvalidError if it is not valid."""
    value = record.get("created_at")
    if not isinstance(value, str) or not ISO_TIME.fullmatch(value):
        raise InvalidError("created_at is missing or not an RFC 3339 time")
    try:
        return timestamp(datetime.fromisoformat(value), now)
    except (ValueError, OverflowError):
        raise InvalidError("created_at is not a possible time") from None


def timestamp(time: datetime, now: datetime) -> str:
    """Format a time as UTC with milliseconds; one in the future becomes `now`, the arrival time.

    Raises InvalidError for a time before 1970.
    """
    if time < EPOCH:
        raise InvalidError("created_at is before 1970")
    return min(time, now).astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def is_encodable(text: str) -> bool:
    """Whether a text can be encoded as UTF-8, i.e. has no lone surrogate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
