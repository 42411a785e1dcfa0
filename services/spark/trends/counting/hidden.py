"""Decides which tags are counted but shown on no board."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from trends.counting.arrays import Bools
from trends.extract.key import key_of

ANY = "*"


@dataclass(frozen=True)
class HiddenTags:
    """Keys, and patterns of keys, in which `*` stands for any characters or none."""

    keys: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()

    @classmethod
    def from_words(cls, words: Iterable[str]) -> Self:
        """Parse tags and patterns, written with or without `#`, in any case and width.

        Raises:
            ValueError: nothing of a word is visible, or it would hide every tag.
        """
        folded = {word: key_of(word) for word in words}
        for word, key in folded.items():
            if not key.strip(f"{ANY} "):
                raise ValueError(f"{word!r} is neither a hashtag nor a part of one")
        patterns = frozenset(key for key in folded.values() if ANY in key)
        return cls(frozenset(folded.values()) - patterns, patterns)

    @classmethod
    def from_json(cls, value: bytes) -> Self:
        """The inverse of `to_json`.

        Raises:
            ValueError: the value is not what `to_json` writes.
        """
        document: Any = json.loads(value)
        try:
            return cls(frozenset(document["keys"]), frozenset(document["patterns"]))
        except (TypeError, KeyError) as error:
            raise ValueError(f"no lists of keys and patterns: {error!r}") from None

    def to_json(self) -> bytes:
        """The cell's value."""
        document = {"keys": sorted(self.keys), "patterns": sorted(self.patterns)}
        return json.dumps(document, ensure_ascii=False).encode()

    def __or__(self, other: "HiddenTags") -> "HiddenTags":
        return HiddenTags(self.keys | other.keys, self.patterns | other.patterns)

    def __sub__(self, other: "HiddenTags") -> "HiddenTags":
        return HiddenTags(self.keys - other.keys, self.patterns - other.patterns)

    def __contains__(self, key: str) -> bool:
        return key in self.keys or (bool(self.patterns) and self._match(key) is not None)

    def among(self, keys: Sequence[str]) -> Bools:
        """Whether each key is hidden."""
        if not self.keys and not self.patterns:
            return np.zeros(len(keys), np.bool_)
        return np.array([key in self for key in keys], np.bool_)

    @cached_property
    def _match(self) -> Any:
        return re.compile("|".join(map(_regex, sorted(self.patterns))), re.DOTALL).fullmatch


def _regex(pattern: str) -> str:
    """The regular expression of a pattern.

    Anybody may write a key that nearly matches. What is between two `*` is therefore taken where it
    first occurs, and never looked for again.
    """
    first, *rest = map(re.escape, pattern.split(ANY))
    between = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return f"{first}{between}.*{rest[-1]}" if rest else first


NONE_HIDDEN = HiddenTags()
