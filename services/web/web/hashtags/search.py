"""Searches hashtags by the beginning of their key."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any, NamedTuple, Protocol

from web.hashtags.hidden import HiddenTags
from web.hashtags.key import MAX_KEY_CHARACTERS, key_of
from web.hashtags.lookup_cache import Lookup, LookupCache
from web.hashtags.row import (
    SPELLING_COLUMNS,
    SUMMARY_COLUMNS,
    Summary,
    leading_spelling,
    parse_summary,
)
from web.http.problems import BadParameter, NoAnswerNow

log = logging.getLogger(__name__)

MAX_SCANNED = 300
"""How many tags of a prefix are compared: their first in the order of keys."""

MAX_LEADING = 100
"""How many tags of the boards are compared with these."""

Rows = Mapping[str, Mapping[bytes, bytes]]


class SearchStore(Protocol):
    """Where the rows of tags come from; each method raises StoreError when HBase is away."""

    def scan_hashtags(self, prefix: str, columns: Sequence[bytes], limit: int) -> Rows:
        """Return the first `limit` rows, by key, of the tags whose key begins with `prefix`."""

    def read_hashtags(self, keys: Sequence[str], columns: Sequence[bytes]) -> Rows:
        """Return those rows among `keys` that there are."""


class Query(NamedTuple):
    """What to search for; `leading` are tags of the boards, `hidden` those not to be found."""

    prefix: str
    limit: int
    leading: tuple[str, ...]
    hidden: HiddenTags


class Matches(NamedTuple):
    """Tags with their spelling, the best first; `complete` if each one was compared."""

    tags: tuple[tuple[str, Summary], ...]
    complete: bool


class SearchCache(LookupCache[SearchStore, Query, Matches]):
    """Searches by what was asked for."""

    what = "search"

    def _read(self, wanted: Query) -> Lookup[Matches]:
        rows = dict(self._store.scan_hashtags(wanted.prefix, SUMMARY_COLUMNS, MAX_SCANNED))
        complete = len(rows) < MAX_SCANNED
        missed = [key for key in wanted.leading if key not in rows]
        if missed and not complete:
            rows |= self._store.read_hashtags(missed, SUMMARY_COLUMNS)
        shown = [each for each in _summaries(rows) if each.key not in wanted.hidden]
        best = sorted(shown, key=lambda each: _rank(each, wanted.prefix))[: wanted.limit]
        return Lookup(Matches(self._spelled(best), complete))

    def _spelled(self, found: Sequence[Summary]) -> tuple[tuple[str, Summary], ...]:
        """Look up the leading spelling of the tags that have several."""
        several = [each.key for each in found if each.spelling is None]
        rows = self._store.read_hashtags(several, SPELLING_COLUMNS) if several else {}
        return tuple(
            (each.spelling or leading_spelling(rows.get(each.key, {})) or each.key, each)
            for each in found
        )


class Search:
    """Finds tags, but for the hidden ones, by how their name begins."""

    def __init__(
        self,
        cache: SearchCache,
        leading: Callable[[], tuple[str, ...]],
        hidden: Callable[[], HiddenTags],
    ) -> None:
        self._cache, self._leading, self._hidden = cache, leading, hidden

    def find(self, text: str, limit: int) -> dict[str, Any]:
        """Return the answer that docs/contracts/search.schema.json describes.

        Raises:
            BadParameter: Nothing of the text can be seen but a sign.
            NoAnswerNow: HBase cannot be read.
        """
        prefix = key_of(text)
        if not prefix:
            raise BadParameter("prefix", "the beginning of a hashtag, with or without its sign")
        if len(prefix) > MAX_KEY_CHARACTERS:
            return _answer(prefix, (), complete=True)
        leading = [key for key in self._leading() if key.startswith(prefix)]
        query = Query(prefix, limit, tuple(leading[:MAX_LEADING]), self._hidden())
        found = self._cache.look_up(query)
        if found.value is None:
            raise NoAnswerNow(found.failure or "")
        return _answer(prefix, found.value.tags, complete=found.value.complete)


def _summaries(rows: Rows) -> list[Summary]:
    """Parse the rows; one that breaks the contract is left out, and logged."""
    found = []
    for key, cells in rows.items():
        try:
            found.append(parse_summary(key, cells))
        except ValueError as error:
            log.error("cannot read the row of hashtag %r, leaving it out: %s", key, error)
    return found


def _rank(found: Summary, prefix: str) -> tuple[bool, int, str]:
    return found.key != prefix, -found.count, found.key


def _answer(
    prefix: str, tags: tuple[tuple[str, Summary], ...], *, complete: bool
) -> dict[str, Any]:
    return {
        "prefix": prefix,
        "complete": complete,
        "hashtags": [
            {
                "tag": tag,
                "key": found.key,
                "count": found.count,
                "last_seen": found.last.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for tag, found in tags
        ],
    }
