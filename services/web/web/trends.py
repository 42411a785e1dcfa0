"""From what is cached to an answer: what the API and the pages have in common."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from web.board import BOARDS, TWEETS, etag, is_old, row_of, trends
from web.cache import BoardCache
from web.problems import NoBoardYet
from web.settings import Settings
from web.status import status


@dataclass(frozen=True)
class Answer:
    """The JSON of a board, and its entity tag."""

    payload: dict[str, Any]
    etag: str


class Trends:
    """Answers for any board, ranking and limit, and on how all is going."""

    def __init__(self, cache: BoardCache, settings: Settings) -> None:
        self._cache, self._settings = cache, settings

    def answer(self, board: str, limit: int, rank_by: str = TWEETS) -> Answer:
        """Return the board's first `limit` tags; raise NoBoardYet when there is none."""
        view = self._cache.get(row_of(board, rank_by))
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

    def status(self) -> dict[str, Any]:
        """Return what docs/contracts/status.schema.json has; never fails."""
        standing = self._cache.standing(BOARDS[0])
        return status(standing, datetime.now(UTC), self._settings.stale_after_seconds)
