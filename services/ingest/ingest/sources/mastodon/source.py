"""Polls the Mastodon home timeline page by page.

GET /api/v1/timelines/home returns the newest first; `min_id` and `max_id` are exclusive, and pages
may be shorter than requested. https://docs.joinmastodon.org/methods/timelines/#home
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from ingest.fields import Context, InvalidError, iso_time_field
from ingest.message import Rejection, account_hash
from ingest.settings import Common
from ingest.sources.base import TIMEOUT_SECONDS, Batch, Cursor, SourceStats
from ingest.sources.http.egress import DIRECT, Egress
from ingest.sources.http.session import LimitedSession
from ingest.sources.mastodon.client import MastodonApi
from ingest.sources.mastodon.paging import (
    CatchingUp,
    Descending,
    GoingBack,
    Seen,
    Step,
    age,
    stage_of,
)
from ingest.sources.mastodon.parse import excerpt, is_public, parse_status, status_id
from ingest.sources.mastodon.settings import MastodonAccount
from ingest.sources.page import PageResult

# These hold more than the 800 posts that a server keeps of a timeline: beyond that, it may loop.
PAGES_IN_A_ROW = 25
# Polls without news until one looks further.
PROBE_POLLS = 5


class MastodonSource:
    """Polls every `poll_seconds`, and again immediately after a page with new posts.

    The very first polls go back `first_posts` posts in total.
    """

    name = "mastodon"
    former_keys: tuple[str, ...] = ()

    def __init__(
        self,
        account: MastodonAccount,
        salt: bytes,
        *,
        egress: Egress = DIRECT,
        poll_seconds: float = 60,
        first_posts: int = 200,
        timeout: float = TIMEOUT_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        # No token hash in the key: with a new token everything would be read and counted again.
        # Ids are the same for all of a server's accounts, so another one can resume from here.
        self.key = "mastodon:" + account_hash(account.url)
        self.stats = SourceStats()
        self._api = MastodonApi(account, LimitedSession(egress, timeout), self.stats, now)
        self._context = Context(self.name, salt)
        self._poll_seconds, self._first_posts, self._now = poll_seconds, first_posts, now
        self._pages_in_a_row = 0
        self._is_repeated = False
        self._quiet_polls = 0
        self._nameless: list[dict[str, str]] = []

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Fetch one page, or raise SourceError."""
        stage = stage_of(cursor, self._first_posts)
        page = self._api.home_timeline(**stage.query(afresh=self._pages_in_a_row == 0))
        named = {name: status for status in page if (name := status_id(status))}
        step = stage.take([Seen(name, self._time(status)) for name, status in named.items()])
        # A page without new posts ends the first read, but it may just be a repeat: ask once more.
        is_known = isinstance(stage, GoingBack) and bool(named) and not step.new
        self._is_repeated = is_known and not self._is_repeated
        if self._is_repeated:
            return Batch([], stage.cursor(), 0)
        if step.is_lost:
            self.stats.gaps += 1
        result = self._parse(named[name] for name in sorted(step.new, key=age))
        result.rejected += self._new_nameless(page)
        is_going_down = isinstance(stage, Descending) and stage.until is not None
        is_on_its_way = bool(step.new) or is_going_down or isinstance(step.stage, Descending)
        is_on_its_way |= isinstance(stage, CatchingUp) and self._is_probe_due(step, len(page))
        return result.batch(step.stage.cursor(), self._wait(is_on_its_way))

    def _is_probe_due(self, step: Step, size: int) -> bool:
        """Whether to ask above the known posts at once, although the page had nothing new.

        If a server's pages hold no more than the posts that each poll begins with, it never has.
        """
        if step.new or not size or self._pages_in_a_row:
            return False
        self._quiet_polls += 1
        return self._quiet_polls % PROBE_POLLS == 0

    def _time(self, status: object) -> str:
        """Return the time of a status in message format, empty if it is missing or invalid."""
        try:
            return iso_time_field(status, self._now()) if isinstance(status, dict) else ""
        except InvalidError:
            return ""

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _wait(self, found: bool) -> float:
        self._pages_in_a_row = (self._pages_in_a_row + 1) % PAGES_IN_A_ROW if found else 0
        return 0 if self._pages_in_a_row else self._poll_seconds

    def _parse(self, statuses: Iterable[object]) -> PageResult:
        result, now = PageResult(self.name), self._now()
        for status in statuses:
            try:
                if is_public(status):
                    result.add(parse_status(status, self._context, now), excerpt(status))
                else:
                    result.private_skipped += 1
            except InvalidError as invalid:
                # Quarantine it without its content, which may be private.
                result.add(Rejection(str(invalid)), "")
        return result

    def _new_nameless(self, page: list[object]) -> list[dict[str, str]]:
        """Quarantine statuses without an id, but only once: they return with every page."""
        entries = self._parse(each for each in page if not status_id(each)).rejected
        known, self._nameless = self._nameless, entries or self._nameless
        return [entry for entry in entries if entry not in known]


def make(account: MastodonAccount, common: Common) -> MastodonSource:
    """Create the source for an account."""
    return MastodonSource(
        account,
        common.salt(account.access_token),
        egress=common.egress,
        poll_seconds=common.poll_seconds,
        first_posts=common.first_posts,
    )
