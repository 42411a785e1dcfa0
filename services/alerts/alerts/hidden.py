"""The hashtags that `make hide` hides (docs/contracts/hbase.md, row `_hidden` of `boards`)."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

ANY = "*"


@dataclass(frozen=True)
class Hidden:
    """Keys, and patterns of keys, in which `*` stands for any characters or none."""

    keys: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()

    def __contains__(self, key: object) -> bool:
        return key in self.keys or (bool(self.patterns) and self._match(key) is not None)

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


def parse_hidden(cell: bytes) -> Hidden:
    """Parse the cell `b:tags`; raise ValueError if it breaks the contract."""
    try:
        raw = json.loads(cell)
        lists = [[str(each) for each in raw[name]] for name in ("keys", "patterns")]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return Hidden(*map(frozenset, lists))
