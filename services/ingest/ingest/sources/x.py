"""The home timeline on X, polled page by page without a gap.

GET /2/users/{id}/timelines/reverse_chronological answers the newest first, `since_id` and
`until_id` are exclusive, pages may be shorter than asked, every returned post is billed.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ingest import message
from ingest.fields import Context, Message, is_digits
from ingest.settings import X_API_URL, Credentials
from ingest.sources import Batch, Cursor
from ingest.sources.x_api import XApi
from ingest.sources.x_gateway import TIMEOUT_SECONDS, GatewaySession
from ingest.x_objects import included_posts

log = logging.getLogger(__name__)

PAGE_SIZE = 100
PAGES = 8


@dataclass(frozen=True)
class _Progress:
    """The cursor: all posts up to `since` are forwarded, and those from `until` to `newest`.

    `until` is set while a gap that is longer than one poll's pages is filled from its new end;
    only then `since` moves to `newest`, so a stop in between loses nothing.
    """

    since: str | None = None
    until: str | None = None
    newest: str | None = None


@dataclass
class _Haul:
    """What the pages of one poll gave: (post id, message), entries for the quarantine, all ids."""

    tweets: list[tuple[int, Message]] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)


class XSource:
    """Polls every `poll_seconds`.

    The first poll of all takes `first_posts`, a later one up to `pages` pages; what is left then
    comes with the next polls.
    """

    name = "x"

    def __init__(
        self,
        credentials: Credentials,
        salt: bytes,
        *,
        api_url: str = X_API_URL,
        poll_seconds: float = 60,
        first_posts: int = 200,
        pages: int = PAGES,
        timeout: float = TIMEOUT_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if api_url != X_API_URL:
            log.warning("event=x_api_url url=%s: calls go there and not to X", api_url)
        self._api = XApi(credentials, GatewaySession(api_url, timeout))
        self.key = "x:" + message.account_hash(self._api.account)
        self._context = Context(self.name, salt)
        self._poll_seconds, self._first_posts, self._pages = poll_seconds, first_posts, pages
        self._now = now

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Get all pages of one poll or, by SourceError, none of them."""
        before = _Progress(**(cursor or {}))
        haul, complete = self._collect(before)
        haul.tweets.sort(key=lambda tweet: tweet[0])
        return Batch(
            [tweet for _, tweet in haul.tweets],
            vars(_advance(before, haul.ids, complete)),
            self._poll_seconds,
            haul.rejected,
        )

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _collect(self, progress: _Progress) -> tuple[_Haul, bool]:
        """Get pages until the end of what is new; False when that is more than one poll takes."""
        haul, token = _Haul(), None
        is_first_poll = progress.since is None
        floor = int(progress.since or 0)
        lowest = int(progress.until) if progress.until else None
        for number in range(self._pages):
            wanted = self._first_posts - len(haul.ids) if is_first_poll else PAGE_SIZE
            answer = self._api.home_timeline(
                max_results=min(PAGE_SIZE, wanted),
                since_id=progress.since,
                until_id=progress.until,
                pagination_token=token,
            )
            ids = self._take(answer, haul)
            token = answer["meta"].get("next_token")
            enough = is_first_poll and len(haul.ids) >= self._first_posts
            if not isinstance(token, str) or enough or min(ids, default=floor + 1) <= floor:
                return haul, True
            if ids and lowest is not None and min(ids) >= lowest:
                # The same page again. From `until` on the next poll gets past it, unless the
                # server ignores `until` and would hold up what is new for ever.
                return haul, is_first_poll or number == 0
            lowest = min(ids, default=lowest)
        return haul, is_first_poll or not haul.ids

    def _take(self, answer: dict[str, Any], haul: _Haul) -> list[int]:
        """Turn a page into messages at once: the parsed page takes far more memory."""
        included, now = included_posts(answer), self._now()
        ids = []
        for post in answer["data"]:
            outcome = message.from_x(post, self._context, now, included)
            post_id = int(post["id"]) if isinstance(post, dict) and is_digits(post.get("id")) else 0
            if post_id:
                ids.append(post_id)
            if isinstance(outcome, message.Rejection):
                haul.rejected.append(message.quarantine(outcome.reason, self.name, post))
            else:
                haul.tweets.append((post_id, outcome))
        haul.ids += ids
        return ids


def _advance(before: _Progress, ids: list[int], complete: bool) -> _Progress:
    known = [int(known) for known in (before.newest, before.since) if known]
    newest = str(max([*ids, *known])) if ids or known else None
    if complete:
        return _Progress(since=newest)
    until = str(min(ids)) if ids else before.until
    return replace(before, until=until, newest=newest)
