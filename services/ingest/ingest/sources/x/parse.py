"""Parses X's objects: API v2 in both vocabularies ("tweet", and "post" since mid-2026), and v1.1.

The objects in an archive downloaded from X resemble those of v1.1.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ingest.fields import (
    Context,
    InvalidError,
    Message,
    is_digits,
    iso_time_field,
    lang_field,
    text_field,
    timestamp,
)
from ingest.message import checked
from ingest.sources.x.hashtags import named_hashtags, without_stump

# X cuts the text of a long post at 280 characters; a text shorter than this is not cut.
LONG_CHARACTERS = 270
REPOST_TYPES = ("retweeted", "reposted")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
V1_TIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})",
    re.ASCII,
)
EARLY_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+\d{4}", re.ASCII)
# The only mark of a repost in an archive, where `retweeted` is always false.
ARCHIVED_REPOST = re.compile(r"RT @\w{1,20}: ", re.ASCII)


@checked
def parse_v2(
    post: Mapping[str, Any],
    context: Context,
    now: datetime,
    included: Mapping[str, object] | None = None,
) -> Message:
    """Parse an API v2 object; `included` maps ids to referenced posts."""
    post_id = _id(post.get("id"), "id")
    reference = _reposted(post)
    is_repost = reference is not None
    content = _original(reference or {}, included or {}) or post
    note = _note(content)
    text = text_field((note or content).get("text"))
    # Without the original, a repost has only its first 140 characters.
    is_cut = note is None and (_is_long(text) or (content is post and is_repost))
    text, hashtags = _text_and_hashtags(note or content, text, is_cut)
    return {
        "id": _first_id(post) or post_id,
        "source": context.source,
        "created_at": iso_time_field(post, now),
        "author": context.author(post.get("author_id")),
        "text": text,
        "hashtags": hashtags,
        "lang": lang_field(post.get("lang")),
        "repost": is_repost,
    }


@checked
def parse_v1(status: Mapping[str, Any], context: Context, now: datetime) -> Message:
    """Parse an object from API v1.1, its streams, or an archive."""
    original = status.get("retweeted_status")
    content = original if isinstance(original, dict) and _has_text(original) else status
    holder, given = _v1_text(content)
    begins_as_repost = ARCHIVED_REPOST.match(given) is not None
    is_archived_repost = "user" not in status and begins_as_repost
    is_cut = begins_as_repost or content.get("truncated") is True or _is_long(given)
    text, hashtags = _text_and_hashtags(holder, given, is_cut and holder is content)
    user = status.get("user")
    return {
        "id": _v1_id(status),
        "source": context.source,
        "created_at": _v1_time(status.get("created_at"), now),
        "author": context.author(user.get("id_str")) if isinstance(user, dict) else None,
        "text": text,
        "hashtags": hashtags,
        "lang": lang_field(status.get("lang")),
        "repost": content is not status or is_archived_repost,
    }


def _text_and_hashtags(
    holder: Mapping[str, Any], text: str, is_cut: bool
) -> tuple[str, list[str] | None]:
    """Return the text, and X's own list of hashtags; None if the text must be searched for them."""
    hashtags = named_hashtags(holder, text, is_cut=is_cut)
    if hashtags is None and is_cut:
        text = without_stump(text)
    return _unescape(text), hashtags


def _is_long(text: str) -> bool:
    return len(text) >= LONG_CHARACTERS


def included_posts(answer: Mapping[str, Any]) -> dict[str, object]:
    """Return the referenced posts in a response by id, whichever vocabulary it uses."""
    includes = answer.get("includes")
    if not isinstance(includes, dict):
        return {}
    lists = [includes.get(name) for name in ("tweets", "posts")]
    posts = [post for posts in lists if isinstance(posts, list) for post in posts]
    return {post["id"]: post for post in posts if isinstance(post, dict) and _has_id(post)}


def _has_id(post: Mapping[str, Any]) -> bool:
    return is_digits(post.get("id"))


def _first_id(post: Mapping[str, Any]) -> str | None:
    """Return the first id in the edit chain: each edit has its own, and the first one is stable."""
    for name in ("edit_history_tweet_ids", "edit_history_post_ids"):
        chain = post.get(name)
        if isinstance(chain, list) and chain and is_digits(chain[0]):
            return str(chain[0])
    return None


def _reposted(post: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return a repost's reference to its original, or None if the post is not a repost."""
    for name in ("referenced_tweets", "referenced_posts"):
        references = post.get(name)
        for reference in references if isinstance(references, list) else ():
            if isinstance(reference, dict) and reference.get("type") in REPOST_TYPES:
                return reference
    return None


def _original(
    reference: Mapping[str, Any], included: Mapping[str, object]
) -> Mapping[str, Any] | None:
    """Return the original of a repost if X included it; twarc puts it into the reference."""
    found = included.get(str(reference["id"])) if _has_id(reference) else None
    if isinstance(found, dict):
        return found
    return reference if isinstance(reference.get("text"), str) else None


def _note(post: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the full version of a long post, whose own `text` is cut at 280 characters."""
    for name in ("note_tweet", "note_post"):
        note = post.get(name)
        if isinstance(note, dict) and isinstance(note.get("text"), str) and note["text"]:
            return note
    return None


def _v1_id(status: Mapping[str, Any]) -> str:
    value = _archived_first_id(status) or status.get("id_str", status.get("id"))
    return _id(value, "id_str")


def _id(value: object, name: str) -> str:
    """Read an id, which programs have turned into a number at times."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**25:
        return str(value)
    if not is_digits(value):
        raise InvalidError(f"{name} is missing or not a string of digits")
    return str(value)


def _archived_first_id(status: Mapping[str, Any]) -> str | None:
    """Return the first id in the edit chain; archived originals and edits store it differently."""
    info = status.get("edit_info")
    if not isinstance(info, dict):
        return None
    initial, edit = info.get("initial"), info.get("edit")
    chain = initial.get("editTweetIds") if isinstance(initial, dict) else None
    first = chain[0] if isinstance(chain, list) and chain else None
    if isinstance(edit, dict):
        first = edit.get("initialTweetId", first)
    return str(first) if is_digits(first) else None


def _has_text(status: Mapping[str, Any]) -> bool:
    return any(isinstance(status.get(name), str) for name in ("full_text", "text"))


def _v1_text(status: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return the object that holds the hashtags, and the full text.

    Streams add an extended object to the shortened one.
    """
    extended = status.get("extended_tweet")
    if isinstance(extended, dict) and isinstance(extended.get("full_text"), str):
        return extended, extended["full_text"]
    return status, text_field(status.get("full_text", status.get("text")))


def _unescape(text: str) -> str:
    """Undo X's escapes, exactly these three; `&amp;` last, or `&amp;lt;` would become `<`."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def v1_time(value: object) -> datetime | None:
    """Parse a time such as `Wed Oct 10 20:19:24 +0000 2018`; strptime depends on the locale.

    Archives of 2013 and before have `2013-01-31 23:59:59 +0000`. Returns None for any other format.
    Raises ValueError or OverflowError for an impossible time.
    """
    if isinstance(value, str) and EARLY_TIME.fullmatch(value):
        return datetime.fromisoformat(value.replace(" +", "+"))
    match = V1_TIME.fullmatch(value) if isinstance(value, str) else None
    if not match or match[1] not in MONTHS:
        return None
    month, day, hour, minute, second, sign, zone_hours, zone_minutes, year = match.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    numbers = (int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
    return datetime(*numbers, tzinfo=timezone(-offset if sign == "-" else offset))


def is_v1_time(value: object) -> bool:
    """Whether a value looks like a time of API v1.1 or of an archive."""
    return isinstance(value, str) and any(
        form.fullmatch(value) is not None for form in (V1_TIME, EARLY_TIME)
    )


def _v1_time(value: object, now: datetime) -> str:
    try:
        time = v1_time(value)
        if time is None:
            raise InvalidError("created_at is missing or not a time of API v1.1")
        return timestamp(time, now)
    except (ValueError, OverflowError):
        raise InvalidError("created_at is not a possible time") from None
