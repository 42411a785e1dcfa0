"""Decides which hashtags are shown nowhere; pure, without I/O.

They are those of HIDE_HASHTAGS, and those of `make hide`, which the driver keeps in HBase
(docs/contracts/hbase.md).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

ANY = "*"


@dataclass(frozen=True)
class HiddenTags:
    """Keys, and patterns of keys, in which `*` stands for any characters or none."""

    keys: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()

    def __or__(self, other: "HiddenTags") -> "HiddenTags":
        return HiddenTags(self.keys | other.keys, self.patterns | other.patterns)

    def __contains__(self, key: str) -> bool:
        return key in self.keys or any(_matches(key, pattern) for pattern in self.patterns)


def parse_hidden(cell: bytes) -> HiddenTags:
    """Parse the cell `b:tags` of the row `_hidden`; ValueError says what is wrong with it."""
    raw = json.loads(cell)
    if not isinstance(raw, dict):
        raise ValueError("it is not a JSON object")
    return HiddenTags(_words(raw, "keys"), _words(raw, "patterns"))


def _words(raw: dict[str, Any], name: str) -> frozenset[str]:
    words = raw.get(name)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{name} is missing or not a list of texts")
    return frozenset(words)


def _matches(key: str, pattern: str) -> bool:
    """Whether a pattern stands for the whole key.

    Not by a regular expression: anybody may ask for a long key, on which one with several `*`
    can take minutes.
    """
    if ANY not in pattern:
        return key == pattern
    first, *between, last = pattern.split(ANY)
    start, end = len(first), len(key) - len(last)
    if start > end or not key.startswith(first) or not key.endswith(last):
        return False
    return _are_in_order(between, key[start:end])


def _are_in_order(parts: Iterable[str], text: str) -> bool:
    """Whether a text has all the parts, one after the other."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True
