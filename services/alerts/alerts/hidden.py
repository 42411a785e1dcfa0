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
        parts = ([re.escape(part) for part in each.split(ANY)] for each in sorted(self.patterns))
        return re.compile("|".join(".*".join(part) for part in parts), re.DOTALL).fullmatch


def parse_hidden(cell: bytes) -> Hidden:
    """Parse the cell `b:tags`; raise ValueError if it breaks the contract."""
    try:
        raw = json.loads(cell)
        lists = [[str(each) for each in raw[name]] for name in ("keys", "patterns")]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return Hidden(*map(frozenset, lists))
