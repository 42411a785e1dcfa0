"""Caches the histories of hashtags."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from web.hashtags.lookup_cache import Lookup, LookupCache
from web.hashtags.row import Hashtag, columns, parse_hashtag

log = logging.getLogger(__name__)

UNREADABLE = "The stored row of this hashtag is unreadable; run make logs SERVICE=web"


class HashtagStore(Protocol):
    """Where the row of a tag comes from."""

    def read_hashtag(self, key: str, columns: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return those cells of a tag's row that there are; raise StoreError when HBase is away."""


class HashtagCache(LookupCache[HashtagStore, tuple[str, int | None], Hashtag]):
    """Tags by their key and the number of days that were read."""

    what = "hashtag"

    def get(self, key: str, days: int | None) -> Lookup[Hashtag]:
        """Return what is known of a tag with so many days, None for all of them."""
        return self.look_up((key, days))

    def _read(self, wanted: tuple[str, int | None]) -> Lookup[Hashtag]:
        key, days = wanted
        now = datetime.now(UTC)
        cells = self._store.read_hashtag(key, columns(days, now))
        try:
            return Lookup(parse_hashtag(key, cells, now))
        except ValueError as error:
            log.error("cannot read the row of hashtag %r, so it has no history: %s", key, error)
            return Lookup(None, UNREADABLE)
