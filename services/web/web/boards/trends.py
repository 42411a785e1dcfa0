"""From what is cached to an answer: what the API and the pages have in common."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from web.boards.board import ALL, BOARDS, TWEETS, Board, etag, is_old, row_of, trends
from web.boards.cache import BoardCache
from web.http.problems import NoBoardYet
from web.settings import Settings
from web.status.document import status
from web.status.facts import NO_BOARD


@dataclass(frozen=True)
class Answer:
    """A board as it is served; its JSON is made once, whoever asks for it how often."""

    board: Board
    limit: int
    stale: bool
    poll_after_seconds: int
    mastodon_url: str

    @property
    def payload(self) -> dict[str, Any]:
        """What docs/contracts/trends.schema.json has."""
        return trends(self.board, mastodon_url=self.mastodon_url, **self._how)

    @cached_property
    def body(self) -> bytes:
        """The payload as it is sent."""
        return to_json(self.payload)

    @cached_property
    def etag(self) -> str:
        """A name for exactly this body."""
        return etag(self.board, **self._how)

    @property
    def _how(self) -> dict[str, Any]:
        poll = self.poll_after_seconds
        return {"limit": self.limit, "stale": self.stale, "poll_after_seconds": poll}


class Trends:
    """Answers for any board, ranking and limit, and on the health of each stage."""

    def __init__(self, cache: BoardCache, settings: Settings) -> None:
        self._cache, self._settings = cache, settings
        self._answers: dict[tuple[str, int], Answer] = {}

    def answer(self, board: str, limit: int, rank_by: str = TWEETS) -> Answer:
        """Return the board's first `limit` tags; raise NoBoardYet when there is none."""
        row = row_of(board, rank_by)
        view = self._cache.get(row)
        if view.board is None:
            raise NoBoardYet(view.failure or NO_BOARD)
        stale = view.failure is not None or is_old(
            view.board, datetime.now(UTC), self._settings.stale_after_seconds
        )
        answer = self._answers.get((row, limit))
        if answer is None or answer.board is not view.board or answer.stale != stale:
            poll, mastodon_url = self._settings.refresh_seconds, self._settings.mastodon_url
            answer = Answer(view.board, limit, stale, poll, mastodon_url)
            self._answers[row, limit] = answer
        return answer

    def freshness(self) -> dict[str, Any]:
        """Return what a history says of its age: as the board of all time does.

        Without a board nothing is known of that.
        """
        poll = {"poll_after_seconds": self._settings.refresh_seconds}
        try:
            board = self.answer(ALL, 1).payload
        except NoBoardYet:
            return {"as_of": None, "stale": True, "demo": False, **poll}
        return {name: board[name] for name in ("as_of", "stale", "demo")} | poll

    def status(self) -> dict[str, Any]:
        """Return what docs/contracts/status.schema.json has; never fails."""
        standing = self._cache.standing(BOARDS[0])
        return status(standing, datetime.now(UTC), self._settings.stale_after_seconds)


def to_json(payload: dict[str, Any]) -> bytes:
    """Return an answer of the API as it is sent."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
