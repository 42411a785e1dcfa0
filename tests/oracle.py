"""The right answer, computed apart from the product: what the boards must say of given messages.

It shares no code with services/: hashtags are found by a scanner over characters (the product uses
regular expressions), and everything is counted from the whole list at once.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

SPECIALS = set(
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
HASHES = "#＃"
MAX_TAGS, MAX_LENGTH = 30, 100
WINDOWS = {"1h": 60, "24h": 1440, "7d": 10080}

# URLs are told by a shape of their own; only those matter that hold a `#`.
_URL = re.compile(r"(?:https?://)?[A-Za-z0-9.-]+\.[A-Za-z]{2,}/[!-~]*#[!-~]*")


def is_letter(character: str) -> bool:
    """A letter or a mark, in Unicode's sense."""
    return unicodedata.category(character)[0] in "LM"


def is_tag_character(character: str) -> bool:
    """What a hashtag may consist of."""
    return is_letter(character) or unicodedata.category(character) == "Nd" or character in SPECIALS


def hashtags(text: str) -> list[str]:
    """The hashtags of a text in their order, without the sign."""
    urls = [match.span() for match in _URL.finditer(text)]
    found = []
    for start, character in enumerate(text):
        if character not in HASHES or any(a <= start < b for a, b in urls):
            continue
        before = text[start - 1] if start else " "
        if before not in "\ufe0e\ufe0f" and (before == "&" or is_tag_character(before)):
            continue
        end = start + 1
        while end < len(text) and is_tag_character(text[end]):
            end += 1
        tag, rest = text[start + 1 : end], text[end:]
        if tag[:1] in ("\ufe0f", "\u20e3") or rest[:1] in (*HASHES,) or rest.startswith("://"):
            continue
        if any(is_letter(c) for c in tag):
            found.append(tag)
    return found


def fold(tag: str) -> str:
    """The key that is counted."""
    return unicodedata.normalize("NFKC", tag).casefold()


class Oracle:
    """Counts of a list of contract messages, duplicates included."""

    def __init__(self, messages: Iterable[dict[str, Any]]) -> None:
        self.read = 0
        self.tagged = 0
        self.counts: Counter[str] = Counter()
        self.spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self.minutes: dict[str, Counter[int]] = defaultdict(Counter)
        self.last: dict[str, int] = {}
        self.sources: set[str] = set()
        seen = set()
        for message in messages:
            self.read += 1
            # An id is spent by the first version that has a tag: what has none is not kept.
            if message["id"] not in seen and self._count(message):
                seen.add(message["id"])

    def _count(self, message: dict[str, Any]) -> bool:
        given = message.get("hashtags")
        tags = hashtags(message["text"]) if given is None else given
        distinct: dict[str, str] = {}
        for tag in tags:
            if 0 < len(tag) <= MAX_LENGTH:
                distinct.setdefault(fold(tag), tag)
        if not distinct:
            return False
        self.tagged += 1
        self.sources.add(message["source"])
        milliseconds = round(datetime.fromisoformat(message["created_at"]).timestamp() * 1000)
        for key, tag in list(distinct.items())[:MAX_TAGS]:
            self.counts[key] += 1
            self.spellings[key][tag] += 1
            self.minutes[key][milliseconds // 60_000] += 1
            self.last[key] = max(self.last.get(key, 0), milliseconds)
        return True

    def board(
        self, name: str, as_of: datetime | None = None, size: int = 10
    ) -> list[dict[str, Any]]:
        """`tag`, `key` and `count` of the first `size` places, as the endpoint shows them."""
        counts = self.counts
        if name != "all":
            assert as_of is not None
            now = int(as_of.timestamp()) // 60
            earliest = now - WINDOWS[name]
            counts = Counter(
                {
                    key: sum(n for minute, n in minutes.items() if earliest < minute <= now)
                    for key, minutes in self.minutes.items()
                }
            )
        order = sorted((-n, -self.last[key], key) for key, n in counts.items() if n)
        return [{"tag": self._spelling(key), "key": key, "count": -n} for n, _, key in order[:size]]

    def rising(self, as_of: datetime, size: int = 10) -> tuple[bool, list[dict[str, Any]]]:
        """Whether it is warming up, and `key`, `observed`, `expected` and `score` of the risers."""
        now = int(as_of.timestamp()) // 60
        week = [now - minute for minutes in self.minutes.values() for minute in minutes]
        hours = len({age // 60 for age in week if 60 <= age < WINDOWS["7d"]})
        found = []
        for key, minutes in self.minutes.items():
            hour = sum(n for minute, n in minutes.items() if 0 <= now - minute < 60)
            days = sum(n for minute, n in minutes.items() if 60 <= now - minute < WINDOWS["7d"])
            usual = max(days / max(hours, 1), 1.0)
            if hour >= 5 and hour > usual:
                found.append((-((hour - usual) ** 2) / usual, -hour, -self.last[key], key, usual))
        places = [
            {"key": key, "observed": -hour, "expected": round(usual, 2), "score": round(-score, 2)}
            for score, hour, _, key, usual in sorted(found)[:size]
        ]
        return hours < 24, places

    def _spelling(self, key: str) -> str:
        return min(self.spellings[key].items(), key=lambda item: (-item[1], item[0]))[0]
