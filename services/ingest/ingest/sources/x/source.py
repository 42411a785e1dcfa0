"""Polls the X home timeline page by page, without gaps.

GET /2/users/{id}/timelines/reverse_chronological returns the newest posts first, `since_id` and
`until_id` are exclusive, pages may be shorter than requested, and every returned post is billed.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.fields import Context, is_digits
from ingest.message import account_hash
from ingest.settings import Common
from ingest.sources.base import TIMEOUT_SECONDS, Batch, Budget, Cursor, SourceError, SourceStats
from ingest.sources.http.egress import DIRECT, Egress
from ingest.sources.page import PageResult
from ingest.sources.x.client import XApi, XSession
from ingest.sources.x.paging import Progress, Query, Walk
from ingest.sources.x.parse import included_posts, parse_v2
from ingest.sources.x.settings import API_URL, POST_PRICE, Credentials, XSettings

log = logging.getLogger(__name__)

PAGE_SIZE = 100
# Pages in a row before a pause: a timeline without an end must not use up the rate limit.
PAGES = 8


class XSource:
    """Polls every `poll_seconds`, and reads at most `daily_posts` posts per UTC day.

    The very first poll goes back `first_posts` posts. `full_reposts` requests the full text of
    reposts, which X otherwise cuts at 140 characters.
    """

    name = "x"
    former_keys: tuple[str, ...] = ()

    def __init__(
        self,
        credentials: Credentials,
        salt: bytes,
        *,
        egress: Egress = DIRECT,
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
            log.warning("event=x_api_url url=%s: calls go to this address, not to X", api_url)
        self.stats = SourceStats()
        session = XSession(api_url, egress, timeout)
        self._api = XApi(credentials, session, self.stats, now, full_reposts=full_reposts)
        self.key = "x:" + account_hash(self._api.account)
        self._context = Context(self.name, salt)
        self._poll_seconds, self._first_posts = poll_seconds, first_posts
        self._daily_posts, self._post_price, self._now = daily_posts, post_price, now
        self._full_reposts = full_reposts
        self._walk = Walk()

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Fetch one page, oldest post first; `wait` is 0 while more pages follow."""
        before = Progress(**(cursor or {})).on(self._now().date().isoformat())
        self._check_budget(before)
        query = self._walk.next_query(before, self._most(before))
        answer = self._page(query)
        ids = [post_id for post in answer["data"] if (post_id := _id(post))]
        left = self._left(before) - len(ids) if before.since is None else None
        token = answer["meta"].get("next_token")
        self._walk, after = self._walk.after(before, query, ids, token, left)
        after = after.billed(len(answer["data"]) + len(included_posts(answer)))
        self._publish_budget(after)
        wait = self._poll_seconds if self._walk.pages % PAGES == 0 else 0
        return self._parse(answer).batch(asdict(after), wait)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _check_budget(self, progress: Progress) -> None:
        """Raise SourceError, without calling X, if today's budget is used up."""
        self._publish_budget(progress)
        if progress.read < self._daily_posts:
            return
        now = self._now()
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        raise SourceError(
            "budget",
            f"daily limit of {self._daily_posts:,} posts reached: reading resumes at 00:00 UTC, "
            "or raise X_DAILY_POSTS",
            exactly=(midnight - now).total_seconds(),
        )

    def _publish_budget(self, progress: Progress) -> None:
        left = max(0, self._daily_posts - progress.read)
        costs = [round(read * self._post_price, 2) for read in (progress.read, progress.month)]
        self.stats.budget = Budget(self._daily_posts, left, progress.month, *costs)

    def _page(self, query: Query) -> dict[str, Any]:
        try:
            return self._api.home_timeline(**query)
        except SourceError:
            self._walk = self._walk.without_token()
            raise

    def _most(self, progress: Progress) -> int:
        """Return the maximum number of posts to request for the next page."""
        affordable = self._daily_posts - progress.read
        if self._full_reposts:
            # The original of each repost is billed as well.
            affordable = max(1, affordable // 2)
        most = min(PAGE_SIZE, affordable)
        return most if progress.since is not None else min(most, self._left(progress))

    def _left(self, progress: Progress) -> int:
        """Return how many posts the very first poll may still take."""
        return self._first_posts if progress.left is None else progress.left

    def _parse(self, answer: dict[str, Any]) -> PageResult:
        """Parse a page, oldest post first."""
        result, included, now = PageResult(self.name), included_posts(answer), self._now()
        for post in sorted(answer["data"], key=_id):
            result.add(parse_v2(post, self._context, now, included), post)
        return result


def _id(post: object) -> int:
    """Return the id of a post, 0 if it has none."""
    value = str(post.get("id")) if isinstance(post, dict) else ""
    return int(value) if is_digits(value) else 0


def make(settings: XSettings, common: Common) -> XSource:
    """Create the source for an account."""
    keys = settings.credentials
    return XSource(
        keys,
        common.salt(keys.consumer_secret, keys.access_secret),
        api_url=settings.api_url,
        egress=common.egress,
        poll_seconds=common.poll_seconds,
        first_posts=common.first_posts,
        daily_posts=settings.daily_posts,
        post_price=settings.post_price,
        full_reposts=settings.full_reposts,
    )
