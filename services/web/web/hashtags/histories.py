"""Looks up the history of a hashtag."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from web.hashtags.hidden import HiddenTags
from web.hashtags.history import days_to_read, history
from web.hashtags.history_cache import HashtagCache
from web.hashtags.key import MAX_KEY_CHARACTERS, key_of
from web.http.problems import BadParameter, NoAnswerNow, NotSeen


class Hashtags:
    """Histories of all tags but the hidden ones, which seem never to have been used."""

    def __init__(self, cache: HashtagCache, hidden: Callable[[], HiddenTags]) -> None:
        self._cache, self._hidden = cache, hidden

    def history(self, tag: str, step: str, hours: int) -> dict[str, Any]:
        """Return the history that docs/contracts/hashtag.schema.json describes.

        Raises:
            BadParameter: Nothing of the tag can be seen but its sign.
            NotSeen: No post with the tag has been counted, or the tag is hidden.
            NoAnswerNow: HBase cannot be read.
        """
        key = key_of(tag)
        if not key:
            raise BadParameter("tag", "a hashtag, with or without its sign")
        if len(key) > MAX_KEY_CHARACTERS or key in self._hidden():
            raise NotSeen(key)
        found = self._cache.get(key, days_to_read(step, hours))
        if found.failure is not None:
            raise NoAnswerNow(found.failure)
        if found.value is None:
            raise NotSeen(key)
        return history(found.value, step=step, hours=hours, now=datetime.now(UTC))
