"""The home timeline on X, polled page by page without a gap.

GET /2/users/{id}/timelines/reverse_chronological answers the newest first, `since_id` and
`until_id` are exclusive, pages may be shorter than asked, every returned post is billed.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest import message
from ingest.fields import Context, Message, is_digits
from ingest.settings import X_API_URL, Credentials
from ingest.sources.base import TIMEOUT_SECONDS, Batch, Budget, Cursor, SourceError, Standing
from ingest.sources.http.failures import is_soon
from ingest.sources.x.client import X, XApi, XSession
from ingest.sources.x.parse import included_posts

log = logging.getLogger(__name__)

PAGE_SIZE = 100
# Pages in a row, before others have their turn: the next poll goes on where this one stopped.
PAGES = 8
# Pages without anything new that end a walk: a server may send empty ones, or the same again.
BARREN_PAGES = 4


@dataclass(frozen=True)
class _Progress:
    """The cursor: all posts up to `since` are forwarded, and those from `until` to `newest`.

    The latter two are set as long as the posts between `since` and `until` are still to come.
    `left` is what the very first poll may still take of them. `read` posts are billed for the
    UTC day `day`.
    """

    since: str | None = None
    until: str | None = None
    newest: str | None = None
    left: int | None = None
    day: str | None = None
    read: int = 0


class XSource:
    """Polls every `poll_seconds`, `daily_posts` posts in a UTC day at most.

    The first poll of all goes `first_posts` posts back. With `full_reposts` the whole text of a
    repost is asked for; by default it is cut at 140 characters.
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
        daily_posts: int = 5000,
        full_reposts: bool = False,
        timeout: float = TIMEOUT_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if api_url != X_API_URL:
            log.warning("event=x_api_url url=%s: calls go there and not to X", api_url)
        self._api = XApi(credentials, XSession(api_url, timeout), full_reposts=full_reposts)
        self.key = "x:" + message.account_hash(self._api.account)
        self.standing = Standing()
        self._context = Context(self.name, salt)
        self._poll_seconds, self._first_posts = poll_seconds, first_posts
        self._daily_posts, self._now = daily_posts, now
        self._walk = _Walk()

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return one page, the oldest post first; `wait` is 0 while more pages are to come."""
        before = self._today(_Progress(**(cursor or {})))
        self._check_budget(before)
        self._check_rate_limit()
        answer = self._page(before)
        tweets, rejected, ids = self._read(answer)
        billed = before.read + len(answer["data"]) + len(included_posts(answer))
        after = self._advanced(replace(before, read=billed), ids, answer["meta"])
        self._tell_budget(after)
        tweets.sort(key=lambda tweet: tweet[0])
        wait = self._poll_seconds if self._walk.pages % PAGES == 0 else 0
        return Batch([tweet for _, tweet in tweets], asdict(after), wait, rejected)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _today(self, progress: _Progress) -> _Progress:
        """Begin a new count on a new UTC day."""
        day = self._now().date().isoformat()
        return progress if progress.day == day else replace(progress, day=day, read=0)

    def _check_budget(self, progress: _Progress) -> None:
        """Raise SourceError, without any call, when nothing more may be read today."""
        self._tell_budget(progress)
        if progress.read < self._daily_posts:
            return
        now = self._now()
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        raise SourceError(
            "budget",
            f"the {self._daily_posts} posts of this UTC day are read: raise X_DAILY_POSTS, or wait",
            exactly=(midnight - now).total_seconds(),
        )

    def _tell_budget(self, progress: _Progress) -> None:
        left = max(0, self._daily_posts - progress.read)
        self.standing.budget = Budget(self._daily_posts, left)

    def _check_rate_limit(self) -> None:
        """Raise SourceError, without any call, when X said that none is left until the reset."""
        limit, now = self._api.rate_limit, time.time()
        if limit and limit.remaining == 0 and is_soon(limit.reset, now):
            raise X.limited(limit.reset, now)

    def _page(self, progress: _Progress) -> dict[str, Any]:
        wanted = min(PAGE_SIZE, self._daily_posts - progress.read)
        if progress.since is None:
            wanted = min(wanted, self._left(progress))
        try:
            return self._api.home_timeline(
                max_results=wanted,
                since_id=progress.since,
                until_id=progress.until,
                pagination_token=self._walk.token_behind(progress.until),
            )
        except SourceError:
            # It may be the token that is wrong, and `until_id` leads to the same page.
            self._walk = replace(self._walk, token=None)
            raise
        finally:
            self.standing.rate_limit = self._api.rate_limit

    def _left(self, progress: _Progress) -> int:
        """How many posts the first poll of all may still take."""
        return self._first_posts if progress.left is None else progress.left

    def _read(
        self, answer: dict[str, Any]
    ) -> tuple[list[tuple[int, Message]], list[dict[str, str]], list[int]]:
        """Turn a page into (post id, message), entries for the quarantine, and all ids."""
        included, now = included_posts(answer), self._now()
        tweets, rejected, ids = [], [], []
        for post in answer["data"]:
            outcome = message.from_x(post, self._context, now, included)
            post_id = int(post["id"]) if isinstance(post, dict) and is_digits(post.get("id")) else 0
            if post_id:
                ids.append(post_id)
            if isinstance(outcome, message.Rejection):
                rejected.append(message.quarantine(outcome.reason, self.name, post))
            else:
                tweets.append((post_id, outcome))
        return tweets, rejected, ids

    def _advanced(self, before: _Progress, ids: list[int], meta: dict[str, Any]) -> _Progress:
        """Return the cursor behind a page, and take note of how to ask for the one below it."""
        token, since = meta.get("next_token"), int(before.since or 0)
        known = [int(known) for known in (before.newest, before.since) if known]
        newest = str(max([*ids, *known])) if ids or known else None
        left = self._left(before) - len(ids) if before.since is None else None
        lowest, until = min(ids, default=0), int(before.until or 0)
        is_new = bool(ids) and (not until or lowest < until)
        barren = self._walk.barren + 1 if not is_new else 0
        is_end = not isinstance(token, str) or (bool(ids) and lowest <= since)
        if is_end or barren >= BARREN_PAGES or (left is not None and left <= 0):
            self._walk = _Walk()
            return replace(before, since=newest, until=None, newest=None, left=None)
        until_now = str(lowest) if is_new else before.until
        # A page that repeats what was there gives its token no credit: `until_id` gets past it.
        trusted = token if is_new or not ids else None
        self._walk = _Walk(until_now, trusted, self._walk.pages + 1, barren)
        return replace(before, until=until_now, newest=newest, left=left)


@dataclass(frozen=True)
class _Walk:
    """The way down a gap, as far as it need not survive a restart.

    `token` leads to the page behind the post `until`. So many `pages` were got in a row, and the
    last `barren` of them had nothing new; 0 pages: the walk begins.
    """

    until: str | None = None
    token: str | None = None
    pages: int = 0
    barren: int = 0

    def token_behind(self, until: str | None) -> str | None:
        """Return the token, unless the cursor stands elsewhere than the walk."""
        return self.token if until == self.until else None
