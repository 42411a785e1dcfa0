"""The home timeline on X, polled page by page without a gap.

GET /2/users/{id}/timelines/reverse_chronological answers the newest first, `since_id` and
`until_id` are exclusive, pages may be shorter than asked, every returned post is billed.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest import message
from ingest.fields import Context, Message, is_digits
from ingest.settings import Common
from ingest.sources.base import TIMEOUT_SECONDS, Batch, Budget, Cursor, SourceError, Standing
from ingest.sources.http.failures import is_soon
from ingest.sources.x.client import X, XApi, XSession
from ingest.sources.x.paging import Progress, Query, Walk
from ingest.sources.x.parse import included_posts
from ingest.sources.x.settings import API_URL, POST_PRICE, Credentials, XSettings

log = logging.getLogger(__name__)

PAGE_SIZE = 100
# Pages in a row, before others have their turn: the next poll goes on where this one stopped.
PAGES = 8


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
        api_url: str = API_URL,
        poll_seconds: float = 60,
        first_posts: int = 200,
        daily_posts: int = 5000,
        post_price: float = POST_PRICE,
        full_reposts: bool = False,
        timeout: float = TIMEOUT_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if api_url != API_URL:
            log.warning("event=x_api_url url=%s: calls go there and not to X", api_url)
        self._api = XApi(credentials, XSession(api_url, timeout), full_reposts=full_reposts)
        self.key = "x:" + message.account_hash(self._api.account)
        self.standing = Standing()
        self._context = Context(self.name, salt)
        self._poll_seconds, self._first_posts = poll_seconds, first_posts
        self._daily_posts, self._post_price, self._now = daily_posts, post_price, now
        self._walk = Walk()

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return one page, the oldest post first; `wait` is 0 while more pages are to come."""
        before = Progress(**(cursor or {})).on(self._now().date().isoformat())
        self._check_budget(before)
        self._check_rate_limit()
        query = self._walk.next_query(before, self._most(before))
        answer = self._page(query)
        tweets, rejected, ids = self._read(answer)
        left = self._left(before) - len(ids) if before.since is None else None
        token = answer["meta"].get("next_token")
        self._walk, after = self._walk.after(before, query, ids, token, left)
        after = after.billed(len(answer["data"]) + len(included_posts(answer)))
        self._tell_budget(after)
        tweets.sort(key=lambda tweet: tweet[0])
        wait = self._poll_seconds if self._walk.pages % PAGES == 0 else 0
        return Batch([tweet for _, tweet in tweets], asdict(after), wait, rejected)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _check_budget(self, progress: Progress) -> None:
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

    def _tell_budget(self, progress: Progress) -> None:
        left = max(0, self._daily_posts - progress.read)
        costs = [round(read * self._post_price, 2) for read in (progress.read, progress.month)]
        self.standing.budget = Budget(self._daily_posts, left, progress.month, *costs)

    def _check_rate_limit(self) -> None:
        """Raise SourceError, without any call, when X said that none is left until the reset."""
        limit, now = self._api.rate_limit, time.time()
        if limit and limit.remaining == 0 and is_soon(limit.reset, now):
            raise X.limited(limit.reset, now)

    def _page(self, query: Query) -> dict[str, Any]:
        try:
            return self._api.home_timeline(**query)
        except SourceError:
            self._walk = self._walk.without_token()
            raise
        finally:
            self.standing.rate_limit = self._api.rate_limit

    def _most(self, progress: Progress) -> int:
        """How many posts the next page may have."""
        most = min(PAGE_SIZE, self._daily_posts - progress.read)
        return most if progress.since is not None else min(most, self._left(progress))

    def _left(self, progress: Progress) -> int:
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


def make(settings: XSettings, common: Common) -> XSource:
    """Make the source of an account."""
    keys = settings.credentials
    return XSource(
        keys,
        common.salt(keys.consumer_secret, keys.access_secret),
        api_url=settings.api_url,
        poll_seconds=common.poll_seconds,
        first_posts=common.first_posts,
        daily_posts=settings.daily_posts,
        post_price=settings.post_price,
        full_reposts=settings.full_reposts,
    )
