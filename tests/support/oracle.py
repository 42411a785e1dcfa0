"""Computes the expected boards for given messages, independently of the product.

It shares no code with services/: it finds hashtags by scanning characters (the product uses
regular expressions), and counts everything from the whole list at once.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

import regex

from support import trending_oracle

SPECIALS = set(
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
HASHES = "#＃"
SELECTORS = "\ufe0e\ufe0f"
MAX_TAGS, MAX_LENGTH = 140, 280
WINDOWS = {"1h": 60, "24h": 1440, "7d": 10080}
# A change of rank is relative to the board of this many minutes ago.
STEPS = {"all": 1440, "1h": 10, "24h": 60, "7d": 1440}
# The minutes of a sparkline's point, and how many points there are.
POINTS = {"1h": (5, 12), "2h": (5, 24), "5h": (15, 20), "12h": (30, 24), "24h": (60, 24),
          "48h": (120, 24), "7d": (360, 28), "all": (1440, 30)}  # fmt: skip

# Invisible characters. Python's `unicodedata` lacks the property Default_Ignorable_Code_Point.
_UNSEEN = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cs}"
    r"[\p{Cc}--\p{White_Space}]\u2800\ufff9-\ufffc\U00013430-\U00013442\U0001d159]",
    regex.V1,
)

# A simpler pattern than the product's: only URLs with a `#` matter.
_URL = re.compile(r"(?:https?://)?[A-Za-z0-9.-]+\.[A-Za-z]{2,}/[!-~]*#[!-~]*")


def is_letter(character: str) -> bool:
    """Whether Unicode classes a character as a letter or a mark."""
    return unicodedata.category(character)[0] in "LM"


def is_tag_character(character: str) -> bool:
    """Whether a hashtag may contain a character."""
    return is_letter(character) or unicodedata.category(character) == "Nd" or character in SPECIALS


def hashtags(text: str) -> list[str]:
    """Find the hashtags of a text, in order and without the sign."""
    urls = [match.span() for match in _URL.finditer(text)]
    found, used = [], 0
    for start, character in enumerate(text):
        if character not in HASHES or any(a <= start < b for a, b in urls):
            continue
        before = text[start - 1] if start else " "
        # A variation selector may precede a tag, unless it belongs to another one.
        may_start = start > used if before in SELECTORS else not is_tag_character(before)
        if before == "&" or not may_start:
            continue
        end = start + 1
        while end < len(text) and is_tag_character(text[end]):
            end += 1
        tag, rest = text[start + 1 : end], text[end:]
        if tag[:1] in ("\ufe0f", "\u20e3") or not any(is_letter(c) for c in tag):
            continue
        used = end
        if rest[:1] not in (*HASHES,) and not rest.startswith("://"):
            found.append(tag)
    return found


@cache
def fold(tag: str) -> str:
    """Return the key a tag is counted under; empty if the tag has no visible character."""
    key = unicodedata.normalize("NFKC", _UNSEEN.sub("", tag)).casefold()
    key = regex.sub(r"\p{White_Space}+", " ", unicodedata.normalize("NFKC", key)).strip(" ")
    key = key.lstrip("# ")
    if key != tag:
        return fold(key)
    return key if any(unicodedata.category(c)[0] not in "MZ" for c in key) else ""


def _milliseconds(message: dict[str, Any]) -> int:
    return round(datetime.fromisoformat(message["created_at"]).timestamp() * 1000)


class Oracle:
    """The right counts for a list of contract messages, which may contain duplicates."""

    def __init__(self, messages: Iterable[dict[str, Any]]) -> None:
        self.read = 0
        self.tagged = 0
        self.counts: Counter[str] = Counter()
        self.spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self.minutes: dict[str, Counter[int]] = defaultdict(Counter)
        self.uses: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
        self.first: dict[str, int] = {}
        self.last: dict[str, int] = {}
        self.sources: set[str] = set()
        # The minutes of all posts, and of those with tags.
        self.posts: list[int] = []
        self.tagged_posts: list[int] = []
        read, seen = set(), set()
        for message in messages:
            self.read += 1
            if message["id"] not in read:
                self._add_post(message)
                read.add(message["id"])
            # A version with a tag counts for it although one without any came before.
            if message["id"] not in seen and self._count(message):
                seen.add(message["id"])

    def _add_post(self, message: dict[str, Any]) -> None:
        self.posts.append(_milliseconds(message) // 60_000)

    def totals(self, window: str, as_of: datetime) -> tuple[int, int]:
        """Return how many posts there are in a window, and how many of them have tags."""
        now = int(as_of.timestamp()) // 60
        length = WINDOWS.get(window) or trending_oracle.WINDOWS[window]
        posts, tagged = (
            sum(now - length < minute <= now for minute in minutes)
            for minutes in (self.posts, self.tagged_posts)
        )
        return posts, tagged

    def points(self, key: str, span: str, as_of: datetime) -> list[int]:
        """Return a tag's sparkline; those of the longest spans begin and end with whole hours."""
        now = int(as_of.timestamp()) // 60
        length, number = POINTS[span]
        end = now // 60 * 60 + 59 if span in ("7d", "all") else now
        counts = [0] * number
        for minute, _ in self.uses[key]:
            at = number - 1 - (end - minute) // length
            if span == "7d" and now - WINDOWS[span] < minute:
                at = max(at, 0)
            if minute <= now and at >= 0:
                counts[at] += 1
        return counts

    def _count(self, message: dict[str, Any]) -> bool:
        given = message.get("hashtags")
        tags = hashtags(message["text"]) if given is None else given
        distinct: dict[str, str] = {}
        for tag in tags:
            if len(tag) <= MAX_LENGTH and (key := fold(tag)):
                distinct.setdefault(key, tag)
        if not distinct:
            return False
        self.tagged += 1
        self.sources.add(message["source"])
        milliseconds = _milliseconds(message)
        self.tagged_posts.append(milliseconds // 60_000)
        for key, tag in list(distinct.items())[:MAX_TAGS]:
            self.counts[key] += 1
            self.spellings[key][tag] += 1
            self.minutes[key][milliseconds // 60_000] += 1
            self.uses[key].append((milliseconds // 60_000, message.get("author")))
            self.first[key] = min(self.first.get(key, milliseconds), milliseconds)
            self.last[key] = max(self.last.get(key, 0), milliseconds)
        return True

    def board(
        self, name: str, as_of: datetime, size: int = 10, rank_by: str = "tweets"
    ) -> list[dict[str, Any]]:
        """Return the top `size` tags with what the endpoint shows of each, except rank and URL."""
        now = int(as_of.timestamp()) // 60
        tweets, people = self._used(name, now, "tweets"), self._used(name, now, "people")
        ranks = self._ranks(self._order(self._used(name, now - STEPS[name], rank_by)))
        order = self._order(tweets if rank_by == "tweets" else people)
        return [
            {"tag": self._spelling(key), "key": key, "count": tweets[key]}
            | {"change": ranks[key] - rank if key in ranks else None}
            | ({"people": people[key]} if name in WINDOWS else {})
            for rank, key in enumerate(order[:size])
        ]

    def _used(self, name: str, now: int, what: str) -> Counter[str]:
        """Count posts or people by tag in the window that ends with the minute `now`."""
        return self._inside(WINDOWS.get(name, now + 1), now, what)

    def _inside(self, length: int, now: int, what: str) -> Counter[str]:
        inside = [
            (key, author)
            for key, uses in self.uses.items()
            for minute, author in uses
            if now - length < minute <= now
        ]
        return Counter(
            key
            for key, author in (inside if what == "tweets" else set(inside))
            if what == "tweets" or author
        )

    def _order(self, counts: Counter[str]) -> list[str]:
        return sorted(counts, key=lambda key: (-counts[key], -self.last[key], key))

    def rising(self, as_of: datetime, size: int = 10) -> list[dict[str, Any]]:
        """Return the rising tags, with what the endpoint shows of each, except rank and URL."""
        now = int(as_of.timestamp()) // 60
        board = trending_oracle.rising(self.uses, now, lasts=self.last)[:100]
        ranks = self._ranks(trending_oracle.earlier(board))
        return [
            {"tag": self._spelling(rise.key), "key": rise.key}
            | {"change": ranks[rise.key] - rank if rise.key in ranks else None}
            | trending_oracle.explained(rise)
            for rank, rise in enumerate(board[:size])
        ]

    def now(self, as_of: datetime, size: int = 10) -> tuple[str, list[dict[str, Any]]]:
        """Return the window of the board `now`, and its tags as `rising` does."""
        now = int(as_of.timestamp()) // 60
        window = trending_oracle.window_of_now(self.uses, now)
        length = WINDOWS.get(window) or trending_oracle.WINDOWS[window]
        step = STEPS[window] if window == "7d" else 10
        people = self._inside(length, now, "people")
        tweets = self._inside(length, now, "tweets")
        ranks = self._ranks(self._order(self._inside(length, now - step, "people")))
        return window, [
            {"tag": self._spelling(key), "key": key, "count": tweets[key], "people": people[key]}
            | {"change": ranks[key] - rank if key in ranks else None}
            for rank, key in enumerate(self._order(people)[:size])
        ]

    @staticmethod
    def _ranks(keys: Iterable[str]) -> dict[str, int]:
        return {key: rank for rank, key in enumerate(list(keys)[:100])}

    def _spelling(self, key: str) -> str:
        return min(self.spellings[key].items(), key=lambda item: (-item[1], item[0]))[0]
