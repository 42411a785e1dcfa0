"""Decodes and validates Kafka records, and extracts the hashtags of a message.

The contract is docs/contracts/message.schema.json. Only `id`, `created_at` and `text` are required
here, and unknown fields are ignored.
"""

import json
import re
from functools import lru_cache
from itertools import islice
from typing import NoReturn

import msgspec

from trends.extract.hashtags import find_hashtags
from trends.extract.key import key_of, spelling_of
from trends.extract.timestamps import milliseconds

# A long post has up to 25,000 characters; nothing larger than this can be a message.
MAX_RECORD_BYTES = 262_144
MAX_ID_CHARACTERS = 256
# X's character limit allows no more of either; the caps guard against abuse.
MAX_TAG_CHARACTERS = 280
MAX_TAGS = 140
QUARANTINED_CHARACTERS = 1024

_match_author = re.compile("[0-9a-f]{16}").fullmatch


class MalformedRecord(ValueError):  # noqa: N818 -- the name says what is wrong
    """A record that breaks the contract; `reason` names the first rule that it breaks."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Message(msgspec.Struct, frozen=True, gc=False):
    """The fields of a post that counting needs."""

    id: str
    source: str
    created: int
    """Milliseconds since 1970."""
    author: int | None
    """The salted hash, below 2**64."""
    text: str
    hashtags: list[str] | None
    """Those that the network supplies; None if they are to be found in the text."""


class _Record(msgspec.Struct, gc=False):
    """The fields of the contract that are used."""

    id: str
    created_at: str
    text: str
    source: str | None = None
    author: str | None = None
    hashtags: list[str] | None = None


_decode = msgspec.json.Decoder(_Record).decode


def parse(value: bytes | None) -> Message:
    """Decode a record.

    Raises:
        MalformedRecord: the record breaks the contract.
    """
    if not value:
        raise MalformedRecord("the record is empty")
    if len(value) > MAX_RECORD_BYTES:
        raise MalformedRecord(f"larger than {MAX_RECORD_BYTES} bytes")
    text = value if value.isascii() else _to_text(value)
    try:
        record = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        record = _decode_loosely(value.decode())
    if not isinstance(record.id, str) or not record.id:
        raise MalformedRecord("id is missing or not a string")
    if len(record.id) > MAX_ID_CHARACTERS:
        raise MalformedRecord(f"id is longer than {MAX_ID_CHARACTERS} characters")
    created = _created(record.created_at)
    if not isinstance(record.text, str):
        raise MalformedRecord("text is missing or not a string")
    return Message(
        record.id,
        "x" if record.source is None else record.source,
        created,
        _author(record.author),
        record.text,
        record.hashtags,
    )


def _to_text(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise MalformedRecord("not UTF-8") from None
    if text[0] == "\ufeff":
        raise MalformedRecord("starts with a byte order mark")
    return text


def _decode_loosely(text: str) -> _Record:
    """Decode what the typed decoder rejects; keeps some wrong types, for `parse` to name."""
    try:
        given = json.loads(text, parse_constant=_reject)
        _check_types(given)
        json.dumps(given, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise MalformedRecord("holds a lone surrogate") from None
    except (ValueError, TypeError, RecursionError):
        raise MalformedRecord("not a JSON object of the message's types") from None
    author = given.get("author")
    return _Record(
        given.get("id"),
        given.get("created_at"),
        given.get("text"),
        given.get("source"),
        author if isinstance(author, str) else None,
        given.get("hashtags"),
    )


def _reject(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _check_types(given: object) -> None:
    """Raise TypeError for a wrong type; of the optional fields, only `author` may have any type."""
    if not isinstance(given, dict) or not isinstance(given.get("source"), str | None):
        raise TypeError
    hashtags = given.get("hashtags")
    if hashtags is not None and not (
        isinstance(hashtags, list) and all(isinstance(tag, str) for tag in hashtags)
    ):
        raise TypeError


def _created(created_at: str) -> int:
    if not isinstance(created_at, str):
        raise MalformedRecord("created_at is missing or not a string")
    try:
        created = milliseconds(created_at)
    except ValueError:
        raise MalformedRecord("created_at is not an ISO 8601 time with a zone") from None
    if created < 0:
        raise MalformedRecord("created_at is before 1970")
    return created


@lru_cache(maxsize=16_384)
def _author(digits: str | None) -> int | None:
    return int(digits, 16) if digits and _match_author(digits) else None


def hashtags_of(message: Message) -> tuple[dict[str, str], int]:
    """The keys to count, in order, with the first spelling of each, and how many tags are ignored.

    Tags beyond the caps are ignored. A tag with nothing visible is not a hashtag, so it is not even
    counted as ignored.
    """
    tags = find_hashtags(message.text) if message.hashtags is None else message.hashtags
    found: dict[str, str] = {}
    ignored = 0
    for tag in tags:
        if len(tag) > MAX_TAG_CHARACTERS:
            ignored += 1
            continue
        key, spelling = _key_and_spelling(tag)
        if key and key not in found:
            found[key] = spelling
    if len(found) > MAX_TAGS:
        ignored += len(found) - MAX_TAGS
        found = dict(islice(found.items(), MAX_TAGS))
    return found, ignored


# Most hashtags of a timeline recur.
@lru_cache(maxsize=65_536)
def _key_and_spelling(tag: str) -> tuple[str, str]:
    spelling = spelling_of(tag)
    return key_of(spelling), spelling
