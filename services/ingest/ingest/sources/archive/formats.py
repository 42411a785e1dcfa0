"""Detects the format of a record in a file, and parses it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingest.fields import Context, InvalidError, Message, iso_time_field, lang_field, text_field
from ingest.message import Rejection, checked
from ingest.sources import FOLDERS
from ingest.sources.x.parse import included_posts, is_v1_time, parse_v1, parse_v2

MAX_ID_CHARACTERS = 256
AUTHOR = re.compile(r"[0-9a-f]{16}")
# Fields of X's API v2 that no message has.
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


NO_POSTS = ("delete", "disconnect", "limit", "scrub_geo", "status_withheld", "warning")
"""Members of the notices among the posts of X's streams."""


def posts_of(record: object) -> list[object]:
    """Return the posts of a record: itself, those of a list, or those of a response of API v2.

    The posts of a response take the form of a line of X's filtered stream. A notice has none, nor
    has a response that only reports errors.
    """
    if isinstance(record, list) and all(isinstance(each, dict | list) for each in record):
        return [post for each in record for post in posts_of(each)]
    if not isinstance(record, dict):
        return [record]
    data = record.get("data")
    if isinstance(data, list):
        return [{"data": each, "includes": record.get("includes")} for each in data]
    if data is None and ("meta" in record or "errors" in record) and "id" not in record:
        return []
    is_notice = len(record) == 1 and next(iter(record)) in NO_POSTS
    return [] if is_notice else [record]


def parse_record(record: object, context: Context, now: datetime) -> Message | Rejection:
    """Parse a post in any format, which its own fields reveal."""
    if not isinstance(record, dict):
        return Rejection("the record is not a JSON object")
    if isinstance(record.get("data"), dict):  # a line of X's filtered stream
        return parse_v2(record["data"], context, now, included_posts(record))
    if isinstance(record.get("tweet"), dict):  # an item of an archive downloaded from X
        return parse_v1(record["tweet"], context, now)
    if "id_str" in record or "full_text" in record or is_v1_time(record.get("created_at")):
        return parse_v1(record, context, now)
    if _is_message(record):
        return parse_message(record, context, now)
    return parse_v2(record, context, now)


@checked
def parse_message(record: Mapping[str, Any], context: Context, now: datetime) -> Message:
    """Parse a message of the contract; the context's source replaces its own."""
    if record.get("source", context.source) not in list(FOLDERS):
        raise InvalidError("source is not one of " + ", ".join(FOLDERS))
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


def _is_message(record: Mapping[str, Any]) -> bool:
    """Whether a record is a message, not one of X's objects, which share some of its fields."""
    if any(name in record for name in V2_FIELDS) or isinstance(record.get("author"), dict):
        return False
    post_id = record.get("id")
    is_foreign = isinstance(post_id, str) and ":" in post_id
    return is_foreign or any(name in record for name in ("hashtags", "repost", "author"))


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
