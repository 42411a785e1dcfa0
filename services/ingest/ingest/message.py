"""Message checks that every format shares, and entries for the quarantine.

The contracts are docs/contracts/message.schema.json and quarantine.schema.json.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from ingest.fields import InvalidError, Message, is_encodable

P = ParamSpec("P")
Parser = Callable[Concatenate[Mapping[str, Any], P], Message]

QUARANTINE_CHARACTERS = 1024
# Keeps a record below Kafka's limit of 1 MiB, at up to four bytes per character. X limits a long
# post to 25,000 characters.
MAX_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that cannot become a message; `reason` names the rule it breaks."""

    reason: str


def checked(parse: Parser[P]) -> Callable[Concatenate[object, P], Message | Rejection]:
    """Wrap a parser so that any JSON yields a message or a Rejection, never an exception."""

    @wraps(parse)
    def checked_parse(record: object, /, *args: P.args, **named: P.kwargs) -> Message | Rejection:
        try:
            return _check(parse(_object(record), *args, **named))
        except InvalidError as invalid:
            return Rejection(str(invalid))
        except (ValueError, OverflowError, RecursionError) as error:
            # Of a library: Python reads no number of more than 4,300 digits, for one.
            return Rejection(f"the record cannot be read ({type(error).__name__})")

    return checked_parse


def quarantine(reason: str, origin: str, record: object) -> dict[str, str]:
    """Make an entry for the quarantine topic, with at most 1,024 characters of the record."""
    text = record if isinstance(record, str) else _dump(record)
    return {
        "stage": "ingest",
        "reason": reason,
        "origin": origin.encode("utf-8", "replace").decode("utf-8"),
        "record": text[:QUARANTINE_CHARACTERS].encode("utf-8", "replace").decode("utf-8"),
    }


def account_hash(name: str) -> str:
    """Hash an account or a file to 16 hex digits, for the key of a cursor."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _check(message: Message) -> Message:
    tags: list[str] = message["hashtags"] or []
    if len(message["text"]) + sum(len(tag) + 4 for tag in tags) > MAX_CHARACTERS:
        raise InvalidError(f"the message is longer than {MAX_CHARACTERS} characters")
    for name, text in (("id", message["id"]), ("text", message["text"]), ("hashtags", tags)):
        if not is_encodable("".join(text)):
            raise InvalidError(f"{name} has a lone surrogate")
    return message


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidError("the record is not a JSON object")
    return value


def _dump(record: object) -> str:
    try:
        return json.dumps(record)
    except (TypeError, ValueError, RecursionError):
        return ""
