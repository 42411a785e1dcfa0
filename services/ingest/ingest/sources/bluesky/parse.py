"""Parses Bluesky's timeline items (lexicon app.bsky.feed.defs#feedViewPost)."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
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
from ingest.message import checked

REPOST = "app.bsky.feed.defs#reasonRepost"
TAG = "app.bsky.richtext.facet#tag"
# The label by which an account asks apps not to show it to people who are not signed in.
SIGNED_IN_ONLY = "!no-unauthenticated"
# Mentions, replies and embeds identify accounts by DID.
DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+")


@checked
def parse_item(item: Mapping[str, Any], context: Context, now: datetime) -> Message:
    """Parse an item: a post, or the repost that brought it into the timeline.

    Times are the server's (`indexedAt`): `createdAt` is whatever the author's client claims.
    """
    post, repost = _post(item), _repost(item)
    shown = post if repost is None else repost
    author = post.get("author") if repost is None else repost.get("by")
    record = _record(post)
    return {
        "id": message_id(item),
        "source": context.source,
        "created_at": iso_time_field({"created_at": shown.get("indexedAt")}, now),
        "author": context.author(author.get("did")) if isinstance(author, dict) else None,
        "text": text_field(record.get("text")),
        "hashtags": list(dict.fromkeys(_hashtags(record))),
        "lang": lang_field(next(iter(_list(record.get("langs"))), None)),
        "repost": repost is not None,
    }


def is_for_signed_in(item: object) -> bool:
    """Whether the author or the reposter wants to be shown to signed-in people only."""
    given = item if isinstance(item, dict) else {}
    post, reason = given.get("post"), given.get("reason")
    labelled = [post, post.get("author") if isinstance(post, dict) else None]
    labelled.append(reason.get("by") if isinstance(reason, dict) else None)
    labels = [
        label for each in labelled if isinstance(each, dict) for label in _list(each.get("labels"))
    ]
    return any(
        isinstance(label, dict) and label.get("val") == SIGNED_IN_ONLY and not label.get("neg")
        for label in labels
    )


def message_id(item: Mapping[str, Any]) -> str:
    """Hash an item's address, which contains the author's DID; a repost gets its own id."""
    address, repost = _name(_post(item).get("uri"), "post.uri"), _repost(item)
    if repost is not None:
        by = repost.get("by")
        did = _name(by.get("did") if isinstance(by, dict) else None, "reason.by.did")
        address = f"{did} {address}"
    return "bluesky:" + hashlib.sha256(address.encode()).hexdigest()[:32]


def known_id(item: object) -> str | None:
    """Return the message id of an item, even of an invalid one; None if it cannot have one."""
    try:
        return message_id(item) if isinstance(item, dict) else None
    except InvalidError:
        return None


def nameless_record(item: object) -> str:
    """Return what the author wrote as JSON, with all DIDs masked; empty if there is nothing."""
    post = item.get("post") if isinstance(item, dict) else None
    record = post.get("record") if isinstance(post, dict) else None
    try:
        return DID.sub("did:...", json.dumps(record)) if record is not None else ""
    except (TypeError, ValueError, RecursionError):
        return ""


def _post(item: Mapping[str, Any]) -> dict[str, Any]:
    post = item.get("post")
    if not isinstance(post, dict):
        raise InvalidError("post is missing or not an object")
    return post


def _repost(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the reason why an item is shown if that is a repost; a pinned post is a normal one."""
    reason = item.get("reason")
    is_repost = isinstance(reason, dict) and reason.get("$type") == REPOST
    return reason if is_repost else None


def _record(post: Mapping[str, Any]) -> dict[str, Any]:
    record = post.get("record")
    if not isinstance(record, dict):
        raise InvalidError("post.record is missing or not an object")
    return record


def _name(value: object, where: str) -> str:
    if not isinstance(value, str) or not value or not is_encodable(value):
        raise InvalidError(f"{where} is missing or not a name")
    return value


def _hashtags(record: Mapping[str, Any]) -> Iterable[str]:
    """Yield the tags that the author's client marked in the text, then those outside the text."""
    for facet in _list(record.get("facets")):
        for feature in _list(facet.get("features") if isinstance(facet, dict) else None):
            if isinstance(feature, dict) and feature.get("$type") == TAG:
                yield from _texts([feature.get("tag")])
    yield from _texts(_list(record.get("tags")))


def _texts(values: Iterable[object]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str) and value)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
