"""From a tag that is asked for to the answer."""

from collections.abc import Set
from datetime import UTC, datetime
from typing import Any

from web.hashtag import MAX_KEY_CHARACTERS, days_to_read, history, key_of
from web.hashtag_cache import HashtagCache
from web.problems import BadParameter, NoAnswerNow, NotSeen


class Hashtags:
    """Answers on any tag but the hidden ones, which are as if they had never been seen."""

    def __init__(self, cache: HashtagCache, hidden: Set[str]) -> None:
        self._cache, self._hidden = cache, hidden

    def history(self, tag: str, step: str, hours: int) -> dict[str, Any]:
        """Return what docs/contracts/hashtag.schema.json has.

        Raises:
            BadParameter: Nothing is left of the tag without its sign.
            NotSeen: No tweet with the tag has been counted, or it is not to be shown.
            NoAnswerNow: HBase cannot be asked.
        """
        key = key_of(tag)
        if not key:
            raise BadParameter("tag", "a hashtag, with or without its sign")
        if key in self._hidden or len(key) > MAX_KEY_CHARACTERS:
            raise NotSeen(key)
        found = self._cache.get(key, days_to_read(step, hours))
        if found.failure is not None:
            raise NoAnswerNow(found.failure)
        if found.hashtag is None:
            raise NotSeen(key)
        return history(found.hashtag, step=step, hours=hours, now=datetime.now(UTC))
