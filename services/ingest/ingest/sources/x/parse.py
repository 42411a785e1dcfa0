"""X's own objects: API v2 in both vocabularies ("tweet", and "post" since mid-2026), and v1.1.

The objects of an archive downloaded from X are like those of v1.1.
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
from ingest.sources.x.hashtags import named_hashtags, without_stump

# A long post has its text cut at 280 characters; one that is shorter than this is not cut.
LONG_CHARACTERS = 270
REPOST_TYPES = ("retweeted", "reposted")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
V1_TIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})",
    re.ASCII,
)
# In an archive a repost has no other mark: `retweeted` is always false there.
ARCHIVED_REPOST = re.compile(r"RT @\w{1,20}: ", re.ASCII)


def message_from_v2(
    post: Mapping[str, Any], context: Context, now: datetime, included: Mapping[str, object]
) -> Message:
    """Make a message from a v2 object; `included` maps ids to referenced posts."""
    if not is_digits(post.get("id")):
        raise InvalidError("id is missing or not a string of digits")
    reference = _reposted(post)
    is_repost = reference is not None
    worded = _original(reference or {}, included) or post
    note = _note(worded)
    # Without the original, a repost has 140 characters of it.
    is_cut = note is None and worded is post and is_repost
    text, hashtags = _wording(note or worded, text_field((note or worded).get("text")), is_cut)
    return {
        "id": _first_id(post),
        "source": context.source,
        "created_at": iso_time_field(post, now),
        "author": context.author(post.get("author_id")),
        "text": text,
        "hashtags": hashtags,
        "lang": lang_field(post.get("lang")),
        "repost": is_repost,
    }


def message_from_v1(status: Mapping[str, Any], context: Context, now: datetime) -> Message:
    """Make a message from a v1.1 object of a file, of the former streams or of an archive."""
    original = status.get("retweeted_status")
    worded = original if isinstance(original, dict) else status
    holder, given = _v1_text(worded)
    is_archived_repost = "user" not in status and ARCHIVED_REPOST.match(given) is not None
    is_cut = is_archived_repost or worded.get("truncated") is True
    text, hashtags = _wording(holder, given, is_cut)
    user = status.get("user")
    return {
        "id": _v1_id(status),
        "source": context.source,
        "created_at": _v1_time(status.get("created_at"), now),
        "author": context.author(user.get("id_str")) if isinstance(user, dict) else None,
        "text": text,
        "hashtags": hashtags,
        "lang": lang_field(status.get("lang")),
        "repost": isinstance(original, dict) or is_archived_repost,
    }


def _wording(holder: Mapping[str, Any], text: str, is_cut: bool) -> tuple[str, list[str] | None]:
    """The text, and the hashtags that X names; without them, they are to be found in the text."""
    is_cut = is_cut or len(text) >= LONG_CHARACTERS
    hashtags = named_hashtags(holder, text, is_cut=is_cut)
    if hashtags is None and is_cut:
        text = without_stump(text)
    return _unescape(text), hashtags


def included_posts(answer: Mapping[str, Any]) -> dict[str, object]:
    """Return the referenced posts of an answer by id, under either vocabulary's name."""
    includes = answer.get("includes")
    if not isinstance(includes, dict):
        return {}
    lists = [includes.get(name) for name in ("tweets", "posts")]
    posts = [post for posts in lists if isinstance(posts, list) for post in posts]
    return {post["id"]: post for post in posts if isinstance(post, dict) and _has_id(post)}


def _has_id(post: Mapping[str, Any]) -> bool:
    return is_digits(post.get("id"))


def _first_id(post: Mapping[str, Any]) -> str:
    """Every edit has an id of its own; the first one of the chain names the post."""
    for name in ("edit_history_tweet_ids", "edit_history_post_ids"):
        chain = post.get(name)
        if isinstance(chain, list) and chain and is_digits(chain[0]):
            return str(chain[0])
    return str(post["id"])


def _reposted(post: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a repost says of the post that it repeats."""
    for name in ("referenced_tweets", "referenced_posts"):
        references = post.get(name)
        for reference in references if isinstance(references, list) else ():
            if isinstance(reference, dict) and reference.get("type") in REPOST_TYPES:
                return reference
    return None


def _original(
    reference: Mapping[str, Any], included: Mapping[str, object]
) -> Mapping[str, Any] | None:
    """The post that is repeated, where it was handed over; twarc puts it into the reference."""
    found = included.get(str(reference["id"])) if _has_id(reference) else None
    if isinstance(found, dict):
        return found
    return reference if isinstance(reference.get("text"), str) else None


def _note(post: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The whole of a long post, which stands apart: `text` is cut at 280 characters."""
    for name in ("note_tweet", "note_post"):
        note = post.get(name)
        if isinstance(note, dict) and isinstance(note.get("text"), str) and note["text"]:
            return note
    return None


def _v1_id(status: Mapping[str, Any]) -> str:
    value = _archived_first_id(status) or status.get("id_str", status.get("id"))
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**25:
        return str(value)
    if not is_digits(value):
        raise InvalidError("id_str is missing or not a string of digits")
    return str(value)


def _archived_first_id(status: Mapping[str, Any]) -> str | None:
    """An archive tells the first id of a chain in one way on it, and in another on its edits."""
    info = status.get("edit_info")
    if not isinstance(info, dict):
        return None
    initial, edit = info.get("initial"), info.get("edit")
    chain = initial.get("editTweetIds") if isinstance(initial, dict) else None
    first = chain[0] if isinstance(chain, list) and chain else None
    if isinstance(edit, dict):
        first = edit.get("initialTweetId", first)
    return str(first) if is_digits(first) else None


def _v1_text(status: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The whole text, and the object that names its hashtags.

    Streams add an extended part to the shortened one.
    """
    extended = status.get("extended_tweet")
    if isinstance(extended, dict) and isinstance(extended.get("full_text"), str):
        return extended, extended["full_text"]
    return status, text_field(status.get("full_text", status.get("text")))


def _unescape(text: str) -> str:
    """X escapes exactly these three; the ampersand last, or `&amp;lt;` would become `<`."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def v1_time(value: object) -> datetime | None:
    """Read a time such as `Wed Oct 10 20:19:24 +0000 2018`, which strptime reads by locale.

    None for anything else. Raises ValueError or OverflowError for a time that cannot be.
    """
    match = V1_TIME.fullmatch(value) if isinstance(value, str) else None
    if not match or match[1] not in MONTHS:
        return None
    month, day, hour, minute, second, sign, zone_hours, zone_minutes, year = match.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    numbers = (int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
    return datetime(*numbers, tzinfo=timezone(-offset if sign == "-" else offset))


def _v1_time(value: object, now: datetime) -> str:
    try:
        time = v1_time(value)
        if time is None:
            raise InvalidError("created_at is missing or not a time of API v1.1")
        return timestamp(time, now)
    except (ValueError, OverflowError):
        raise InvalidError("created_at is not a possible time") from None
