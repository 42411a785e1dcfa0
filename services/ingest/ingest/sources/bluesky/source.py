"""Polls the Bluesky home timeline page by page, from the newest item down to the known ones.

GET app.bsky.feed.getTimeline returns the newest first, and not every server can return only what
is new: hashes of the newest items show where to stop.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ingest.fields import Context, Message
from ingest.message import Rejection, account_hash
from ingest.settings import Common
from ingest.sources.base import TIMEOUT_SECONDS, Batch, Cursor, SourceStats
from ingest.sources.bluesky.client import BlueskyApi, CursorRefusedError
from ingest.sources.bluesky.parse import is_for_signed_in, known_id, nameless_record, parse_item
from ingest.sources.bluesky.settings import BlueskyAccount, BlueskySettings
from ingest.sources.http.egress import DIRECT, Egress
from ingest.sources.page import PageResult

PAGE_SIZE = 100
PAGES = 8
# End a walk after this many pages in a row without new items: a server may send an empty page with
# more behind it, or repeat one.
MAX_EMPTY_PAGES = 4
KNOWN = 300
# The known items may be gone: deleted, or their authors unfollowed. Items that are sent again after
# an hour are counted again, so a walk ends that far back at the latest.
STALE = timedelta(hours=1)


@dataclass(frozen=True)
class _Item:
    """An item on a page: as received, what it was parsed to, and the hash of its id.

    An item without an id (not `is_named`) has the hash of its record instead. An unreadable one
    has no `time`.
    """

    given: object
    outcome: Message | Rejection
    hash: str
    is_named: bool
    is_private: bool

    @property
    def time(self) -> str | None:
        return None if isinstance(self.outcome, Rejection) else _time(self.outcome)


@dataclass(frozen=True)
class _TimelineCursor:
    """The cursor; it contains no names or ids.

    `known` holds the hashes of the newest items as of the last complete walk, newest first, and
    `since` is the latest time among all of its items. A walk in progress resumes from `at`, the
    network's own cursor; its `newest` and `newest_time` will become `known` and `since`. The very
    first walk has `left` items to go.
    """

    known: list[str] = field(default_factory=list)
    since: str | None = None
    at: str | None = None
    newest: list[str] = field(default_factory=list)
    newest_time: str | None = None
    left: int | None = None

    def end(self, items: Sequence[_Item]) -> tuple[int, bool]:
        """Return how many items of a page belong to the walk, and whether it ends with them.

        It ends with the last known item on a page: late posts appear among the known ones, and a
        server may mix up the order. Without a known item, it ends before the stale items at the
        end of a page.
        """
        known = max((n for n, item in enumerate(items, 1) if self._is_known(item)), default=0)
        if known:
            return known, True
        recent = max((n for n, item in enumerate(items, 1) if self._is_recent(item)), default=0)
        if any(item.time and not self._is_recent(item) for item in items[recent:]):
            return recent, True
        return len(items), False

    def _is_known(self, item: _Item) -> bool:
        """Whether a walk may end at this item.

        A known item with a newer time has come a second time: a repost, undone and made again.
        It is not new, but the items behind it may be.
        """
        is_newer = bool(self.since and item.time and item.time > self.since)
        return item.is_named and item.hash in self.known and not is_newer

    def _is_recent(self, item: _Item) -> bool:
        if item.time is None or self.since is None:
            return item.time is not None
        return datetime.fromisoformat(item.time) >= datetime.fromisoformat(self.since) - STALE


@dataclass
class _Page:
    """The items of a page that belong to a walk.

    `hashes` are the hashes of all of them and `new` those of the new ones, which were parsed to
    `result`. A complete page ends the walk.
    """

    hashes: list[str]
    new: list[str]
    result: PageResult
    is_complete: bool


class BlueskySource:
    """Polls every `poll_seconds`, but continues immediately while a walk is incomplete.

    The very first walk takes `first_posts` items; a long one pauses after `pages` pages.
    """

    name = "bluesky"
    former_keys: tuple[str, ...] = ()

    def __init__(
        self,
        account: BlueskyAccount,
        salt: bytes,
        *,
        egress: Egress = DIRECT,
        poll_seconds: float,
        first_posts: int,
        count_signed_in_only: bool = False,
        timeout: float = TIMEOUT_SECONDS,
        pages: int = PAGES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.stats = SourceStats()
        self._api = BlueskyApi(account, egress, self.stats, timeout, now)
        self.key = "bluesky:" + account_hash(account.handle.lower())
        self._context = Context(self.name, salt)
        self._poll_seconds, self._first_posts, self._pages = poll_seconds, first_posts, pages
        self._now, self._count_signed_in_only = now, count_signed_in_only
        self._pages_in_a_row = 0
        self._empty_pages = 0
        self._is_once_more = False
        self._last_page: tuple[str | None, list[str]] = (None, [])

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Fetch one page of a walk, or raise SourceError."""
        walk = _TimelineCursor(**(cursor or {"left": self._first_posts}))
        limit = PAGE_SIZE if walk.left is None else min(PAGE_SIZE, walk.left)
        try:
            items, at = self._api.timeline(limit, walk.at)
        except CursorRefusedError:
            # Start over from the top, and skip what this walk has already sent.
            self._is_once_more = True
            return Batch([], vars(replace(walk, at=None)), self._poll_seconds)
        page = self._take(items, walk)
        at = self._next_at(page, walk, at)
        page.is_complete |= at is None
        after = vars(self._advance(walk, page, at))
        # Oldest first. The sort is stable: posts with the same time stay in the network's order.
        page.result.messages.reverse()
        page.result.messages.sort(key=_time)
        return page.result.batch(after, self._wait(page.is_complete))

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _take(self, items: list[object], walk: _TimelineCursor) -> _Page:
        """Process a page up to the end of the walk; items beyond that are never sent."""
        now, past = self._now(), {*walk.known, *walk.newest}
        read = [self._read(item, now) for item in items]
        end, is_end = walk.end(read)
        page = _Page([], [], PageResult(self.name), is_end)
        for item in read[:end]:
            page.hashes.append(item.hash)
            if item.hash not in past:
                past.add(item.hash)
                page.new.append(item.hash)
                if item.is_private:
                    page.result.private_skipped += 1
                else:
                    page.result.add(item.outcome, nameless_record(item.given))
            if len(page.new) == walk.left:
                page.is_complete = True
                break
        return page

    def _read(self, item: object, now: datetime) -> _Item:
        name = known_id(item)
        outcome = parse_item(item, self._context, now)
        is_private = not self._count_signed_in_only and is_for_signed_in(item)
        return _Item(item, outcome, _hash(name or nameless_record(item)), bool(name), is_private)

    def _next_at(self, page: _Page, walk: _TimelineCursor, at: str | None) -> str | None:
        """Return the next page's cursor, None at the end; a repeated page does not advance it."""
        last_at, last = self._last_page
        is_repeated = bool(page.hashes) and page.hashes == last and walk.at != last_at
        if not is_repeated:
            self._last_page = (walk.at, page.hashes)
        self._empty_pages = self._empty_pages + 1 if is_repeated or not page.new else 0
        is_known = bool(page.hashes) and set(page.hashes) <= set(walk.known)
        # After a rejected cursor, the walk passes once more what it has sent already.
        most = MAX_EMPTY_PAGES
        if self._is_once_more:
            most += len(walk.newest) // max(len(page.hashes), 1)
        self._is_once_more &= not page.new
        if page.is_complete or is_known or self._empty_pages >= most:
            self._empty_pages = 0
            return None
        return walk.at if is_repeated else at

    def _advance(self, walk: _TimelineCursor, page: _Page, at: str | None) -> _TimelineCursor:
        """Return the next cursor: of the same walk or, if that is complete, of the next one."""
        parts = (walk.newest, page.new) if walk.at else (page.new, walk.newest)
        newest = [*parts[0], *parts[1]][:KNOWN]
        times = [walk.newest_time, *map(_time, page.result.messages)]
        newest_time = max((each for each in times if each), default=None)
        if not page.is_complete:
            left = walk.left and walk.left - len(page.new)
            return replace(walk, at=at, newest=newest, newest_time=newest_time, left=left)
        known = list(dict.fromkeys([*newest, *walk.known]))[:KNOWN]
        since = max((each for each in (walk.since, newest_time) if each), default=None)
        return _TimelineCursor(known, since, left=None if known else self._first_posts)

    def _wait(self, complete: bool) -> float:
        self._pages_in_a_row += 1
        if not complete and self._pages_in_a_row < self._pages:
            return 0
        self._pages_in_a_row = 0
        return self._poll_seconds


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _time(tweet: Message) -> str:
    return str(tweet["created_at"])


def make(settings: BlueskySettings, common: Common) -> BlueskySource:
    """Create the source for an account."""
    return BlueskySource(
        settings.account,
        common.salt(settings.account.app_password),
        egress=common.egress,
        poll_seconds=common.poll_seconds,
        first_posts=common.first_posts,
        count_signed_in_only=settings.count_signed_in_only,
    )
