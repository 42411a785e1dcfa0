"""Caches which hashtags are hidden, so that `make hide` takes effect without a restart."""

import logging
from collections.abc import Set
from typing import Any, Protocol

from web.boards.cache import NO_ANSWER
from web.hashtags.hidden import HiddenTags, parse_hidden
from web.hashtags.lookup_cache import Lookup, LookupCache
from web.http.problems import NoAnswerNow

log = logging.getLogger(__name__)


class HiddenStore(Protocol):
    """Where the tags hidden by `make hide` come from."""

    def read_hidden(self) -> bytes | None:
        """Return the stored list, None if there is none; raise StoreError when HBase is away."""


class HiddenCache(LookupCache[HiddenStore, None, HiddenTags]):
    """The hidden tags, as HBase had them at most `kept` seconds ago.

    While HBase cannot be read, or what it has makes no sense, the last known ones stay.
    """

    what = "hidden"

    def __init__(self, store: HiddenStore, always: Set[str] = frozenset(), **how: Any) -> None:
        super().__init__(store, **how)
        self._always = HiddenTags(frozenset(always))
        self._cell: bytes | None = None
        self._last: HiddenTags | None = None

    def get(self) -> HiddenTags:
        """Return the hidden tags, the `always` hidden ones among them.

        Raises:
            NoAnswerNow: HBase has not been read yet. Nothing is shown of any tag before.
        """
        failure = self.look_up(None).failure
        if self._last is None:
            raise NoAnswerNow(failure or NO_ANSWER)
        return self._last

    def _read(self, wanted: None) -> Lookup[HiddenTags]:
        cell = self._store.read_hidden()
        if self._last is None or cell != self._cell:
            self._cell, self._last = cell, self._parse(cell)
        return Lookup(self._last)

    def _parse(self, cell: bytes | None) -> HiddenTags:
        if cell is None:
            return self._always
        try:
            return self._always | parse_hidden(cell)
        except (ValueError, RecursionError) as error:
            form = "cannot read the hidden hashtags, keeping the last readable list: %s: %.200r"
            log.error(form, error, cell)
            return self._last or self._always
