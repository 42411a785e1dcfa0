"""From what a network hands over to a message of the contract, or to a reason why not.

Pure, and total: whatever JSON comes in, no function here raises. The contracts are
docs/contracts/message.schema.json and quarantine.schema.json.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.fields import (
    Context,
    InvalidError,
    Message,
    is_encodable,
    iso_time_field,
    lang_field,
    text_field,
)
from ingest.sources.bluesky.parse import message_from_item
from ingest.sources.mastodon.parse import message_from_status
from ingest.sources.x.parse import included_posts, message_from_v1, message_from_v2

QUARANTINE_CHARACTERS = 1024
# A Kafka record may have 1 MiB and a character up to four bytes; X's own limit for the text of
# a long post is 25,000 characters.
MAX_CHARACTERS = 100_000
MAX_ID_CHARACTERS = 256
SOURCES = ("x", "mastodon", "bluesky", "replay", "demo")
AUTHOR = re.compile(r"[0-9a-f]{16}")
# Fields of API v2 that no message has.
V2_FIELDS = (
    "author_id",
    "conversation_id",
    "edit_history_post_ids",
    "edit_history_tweet_ids",
    "entities",
    "public_metrics",
    "referenced_posts",
    "referenced_tweets",
)


@dataclass(frozen=True, slots=True)
class Rejection:
    """No message can be made of a record; `reason` says which rule it breaks."""

    reason: str


def from_x(
    post: object, context: Context, now: datetime, included: Mapping[str, object] | None = None
) -> Message | Rejection:
    """Make a message from an X API v2 object; `included` maps ids to referenced posts."""
    return _guarded(lambda: message_from_v2(_object(post), context, now, included or {}))


def from_v1(status: object, context: Context, now: datetime) -> Message | Rejection:
    """Make a message from an X API v1.1 object (`id_str`, `full_text` or `text`)."""
    return _guarded(lambda: message_from_v1(_object(status), context, now))


def from_contract(record: object, context: Context, now: datetime) -> Message | Rejection:
    """Make a message from a record that already is one; its source becomes the context's."""
    return _guarded(lambda: _from_contract(_object(record), context, now))


def from_mastodon(status: object, context: Context, now: datetime) -> Message | Rejection:
    """Make a message from a status of Mastodon's API; whether it is public is not asked here."""
    return _guarded(lambda: message_from_status(_object(status), context, now))


def from_bluesky(item: object, context: Context, now: datetime) -> Message | Rejection:
    """Make a message from an item of a Bluesky feed."""
    return _guarded(lambda: message_from_item(_object(item), context, now))


def from_any(record: object, context: Context, now: datetime) -> Message | Rejection:
    """Make a message from any of the formats, told by the record's own fields."""
    if not isinstance(record, dict):
        return Rejection("the record is not a JSON object")
    if isinstance(record.get("data"), dict):  # one line of X's filtered stream
        return from_x(record["data"], context, now, included_posts(record))
    if isinstance(record.get("tweet"), dict):  # an item of an archive downloaded from X
        return from_v1(record["tweet"], context, now)
    if "id_str" in record or "full_text" in record:
        return from_v1(record, context, now)
    if _is_contract(record):
        return from_contract(record, context, now)
    return from_x(record, context, now)


def quarantine(reason: str, origin: str, record: object) -> dict[str, str]:
    """Make the entry for the quarantine topic; `record` is cut at 1,024 characters."""
    text = record if isinstance(record, str) else _dump(record)
    return {
        "stage": "ingest",
        "reason": reason,
        "origin": origin.encode("utf-8", "replace").decode("utf-8"),
        "record": text[:QUARANTINE_CHARACTERS].encode("utf-8", "replace").decode("utf-8"),
    }


def account_hash(name: str) -> str:
    """16 hexadecimal digits that stand for an account or a file in a cursor's key."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _guarded(make: Callable[[], Message]) -> Message | Rejection:
    try:
        return _checked(make())
    except InvalidError as invalid:
        return Rejection(str(invalid))


def _checked(message: Message) -> Message:
    """Apply the rules that hold for every message, whatever it was made of."""
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


def _is_contract(record: Mapping[str, Any]) -> bool:
    """Whether a record is a message; X's objects have fields of their own, and share some names."""
    if any(name in record for name in V2_FIELDS) or isinstance(record.get("author"), dict):
        return False
    post_id = record.get("id")
    is_foreign = isinstance(post_id, str) and ":" in post_id
    return is_foreign or any(name in record for name in ("hashtags", "repost", "author"))


def _from_contract(record: Mapping[str, Any], context: Context, now: datetime) -> Message:
    if record.get("source", context.source) not in SOURCES:
        raise InvalidError("source is not one of " + ", ".join(SOURCES))
    return {
        "id": _id(record.get("id")),
        "source": context.source,
        "created_at": iso_time_field(record, now),
        "author": _author(record.get("author")),
        "text": text_field(record.get("text")),
        "hashtags": _hashtags(record.get("hashtags")),
        "lang": lang_field(record.get("lang")),
        "repost": _repost(record.get("repost", False)),
    }


def _id(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID_CHARACTERS:
        raise InvalidError(f"id is missing or not a string of 1 to {MAX_ID_CHARACTERS} characters")
    return value


def _author(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not AUTHOR.fullmatch(value):
        raise InvalidError("author is not 16 hexadecimal digits")
    return value


def _hashtags(value: object) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise InvalidError("hashtags is not a list of strings")
    return value


def _repost(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidError("repost is not true or false")
    return value


def _dump(record: object) -> str:
    try:
        return json.dumps(record)
    except (TypeError, ValueError, RecursionError):
        return ""
