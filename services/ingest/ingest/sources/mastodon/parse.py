"""Parses Mastodon's objects: Status, and within it Account, Tag and the boosted Status."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingest.fields import Context, InvalidError, Message, iso_time_field, lang_field
from ingest.message import checked
from ingest.sources.mastodon.html_text import html_to_text

PUBLIC = ("public", "unlisted")
# Mastodon's ids are ascending numbers; those of GoToSocial and Pleroma also contain letters.
ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
HASHTAG_LINK = re.compile(r"<a\b[^>]{0,500}(?:/tags?/|\bhashtag\b|\btag\b)[^>]{0,500}>\s*[#＃]")
EXCERPT = ("id", "created_at", "visibility", "language", "content", "tags")


def status_id(status: object) -> str | None:
    """Return the id of a status, or None if it is missing or malformed."""
    value = status.get("id") if isinstance(status, dict) else None
    return value if isinstance(value, str) and ID.fullmatch(value) else None


def is_public(status: object) -> bool:
    """Whether everybody may read a status and, if it is a boost, the boosted one as well.

    Raises InvalidError if that cannot be determined. Other servers with Mastodon's API have their
    own marks for posts that must not leave the server; docs/sources.md lists them.
    """
    if not isinstance(status, dict):
        raise InvalidError("the record is not a JSON object")
    boosted = status.get("reblog")
    if boosted is not None and not isinstance(boosted, dict):
        raise InvalidError("reblog is not a JSON object")
    shown = [status] if boosted is None else [status, boosted]
    if not all(isinstance(each.get("visibility"), str) for each in shown):
        raise InvalidError("visibility is missing or not a string")
    return not any(_is_for_few(each) for each in shown)


def _is_for_few(status: Mapping[str, Any]) -> bool:
    # Pleroma and Akkoma have the visibilities `local` and `list:…`. Their `pleroma.local` does not
    # restrict a post: it says where the post was written.
    is_local = status.get("local_only") is True or status.get("federated") is False
    return status["visibility"] not in PUBLIC or is_local


def excerpt(status: object) -> dict[str, Any]:
    """Return the parts of a public status that may be kept; a status it quotes may be private."""
    if not isinstance(status, dict):
        return {}
    kept = {name: status[name] for name in EXCERPT if name in status}
    return kept | ({"reblog": excerpt(status["reblog"])} if status.get("reblog") else {})


@checked
def parse_status(status: Mapping[str, Any], context: Context, now: datetime) -> Message:
    """Parse a public status; a boost has the booster as its author, and the boosted text."""
    own_id, boosted, account = status_id(status), status.get("reblog"), status.get("account")
    if own_id is None:
        raise InvalidError("id is missing or not a string of up to 64 letters and digits")
    shown = boosted if isinstance(boosted, dict) else status
    return {
        "id": f"mastodon:{own_id}",
        "source": context.source,
        "created_at": iso_time_field(status, now),
        "author": context.author(account.get("id")) if isinstance(account, dict) else None,
        "text": html_to_text(_content(shown)),
        "hashtags": _hashtags(shown),
        "lang": lang_field(status.get("language")) or lang_field(shown.get("language")),
        "repost": isinstance(boosted, dict),
    }


def _content(status: Mapping[str, Any]) -> str:
    content = status.get("content", 0)
    if content is None:  # some servers, for a post with pictures only
        return ""
    if not isinstance(content, str):
        raise InvalidError("content is missing or not a string")
    return content


def _hashtags(status: Mapping[str, Any]) -> list[str] | None:
    """Return the tag names: the server has already found them, so the text is not searched.

    Returns None, so that it is, if the text links a hashtag and the server names none: some servers
    never do.
    """
    tags = status.get("tags")
    if tags is None or tags == []:
        return None if HASHTAG_LINK.search(_content(status)) else []
    entries = tags if isinstance(tags, list) else [None]
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
    if not all(isinstance(name, str) for name in names):
        raise InvalidError("tags is not a list of objects with a name")
    return [str(name) for name in names]
