"""From a cached board to an answer: what the API and the pages have in common."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from web.board import etag, is_old, trends
from web.cache import BoardCache
from web.problems import NoBoardYet
from web.settings import Settings


@dataclass(frozen=True)
class Answer:
    """The JSON of a board, and its entity tag."""

    payload: dict[str, Any]
    etag: str


class Trends:
    """Answers for any board and limit."""

    def __init__(self, cache: BoardCache, settings: Settings) -> None:
        self._cache, self._settings = cache, settings

    def answer(self, board: str, limit: int) -> Answer:
        """Return the board's first `limit` tags; raise NoBoardYet when there is none."""
        view = self._cache.get(board)
        if view.board is None:
            raise NoBoardYet(view.failure or "the first board")
        stale = view.failure is not None or is_old(
            view.board, datetime.now(UTC), self._settings.stale_after_seconds
        )
        poll = self._settings.refresh_seconds
        return Answer(
            trends(view.board, limit=limit, stale=stale, poll_after_seconds=poll),
            etag(view.board, limit=limit, stale=stale, poll_after_seconds=poll),
        )
