"""The home timeline on Bluesky, walked page by page from the newest item to what is known.

GET app.bsky.feed.getTimeline answers the newest first, and not every server can be asked for
what is new alone: hashes of the newest items tell where to stop.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ingest import message
from ingest.fields import Context, Message
from ingest.settings import Common
from ingest.sources.base import TIMEOUT_SECONDS, Batch, Cursor, Standing
from ingest.sources.bluesky.client import BlueskyApi, CursorRefusedError
from ingest.sources.bluesky.parse import is_for_signed_in, known_id, nameless_record
from ingest.sources.bluesky.settings import BlueskyAccount, BlueskySettings

PAGE_SIZE = 100
PAGES = 8
# Pages in a row without anything new that end a walk: a server may send an empty one that has
# more behind it, or the same one again.
BARREN_PAGES = 4
KNOWN = 300
# The known items may be gone: deleted, or their authors no longer followed. What is sent again
# after an hour is counted again, so a walk ends there at the latest.
STALE = timedelta(hours=1)


@dataclass(frozen=True)
class _Item:
    """An item of a page: as it came, what became of it, and the hash of its name.

    One without a name has the hash of its record. An unreadable one has no `time`.
    """

    given: object
    outcome: Message | message.Rejection
    digest: str
    is_named: bool
    is_withheld: bool

    @property
    def time(self) -> str | None:
        """The time of the message."""
        return None if isinstance(self.outcome, message.Rejection) else _time(self.outcome)


@dataclass(frozen=True)
class _Walk:
    """The cursor; it holds no name and no id.

    `known` are hashes of the newest items as of the last complete walk, the newest first, and
    `since` is the latest time among all of its items. A walk under way goes on from `at`, the
    network's own cursor; its `newest` and `newest_time` are going to be `known` and `since`.
    The first walk of all has `left` items to go.
    """

    known: list[str] = field(default_factory=list)
    since: str | None = None
    at: str | None = None
    newest: list[str] = field(default_factory=list)
    newest_time: str | None = None
    left: int | None = None

    def end(self, items: Sequence[_Item]) -> tuple[int, bool]:
        """Return how many items of a page belong to the walk, and whether it ends with them.

        It ends in a page with known items, with the last of them: a post that comes late stands
        among them, and a server may mix up the order. Where none of them is left, it ends before
        the stale items that a page ends with.
        """
        known = max((n for n, item in enumerate(items, 1) if self._is_known(item)), default=0)
        if known:
            return known, True
        recent = max((n for n, item in enumerate(items, 1) if self._is_recent(item)), default=0)
        if any(item.time and not self._is_recent(item) for item in items[recent:]):
            return recent, True
        return len(items), False

    def _is_known(self, item: _Item) -> bool:
        """Whether a walk ends here.

        A known item with a newer time has come a second time: a repost, taken back and made
        again. It is no news, but those behind it may be.
        """
        is_newer = bool(self.since and item.time and item.time > self.since)
        return item.is_named and item.digest in self.known and not is_newer

    def _is_recent(self, item: _Item) -> bool:
        if item.time is None or self.since is None:
            return item.time is not None
        return datetime.fromisoformat(item.time) >= datetime.fromisoformat(self.since) - STALE


@dataclass
class _Haul:
    """What a page has: all its items as hashes, and what is new; `complete` ends the walk."""

    digests: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    withheld: int = 0
    complete: bool = False


class BlueskySource:
    """Polls every `poll_seconds`, but goes on at once as long as a walk is not complete.

    The first walk of all takes `first_posts` items; a long one pauses after `pages` pages.
    """

    name = "bluesky"

    def __init__(
        self,
        account: BlueskyAccount,
        salt: bytes,
        *,
        poll_seconds: float,
        first_posts: int,
        count_signed_in_only: bool = False,
        timeout: float = TIMEOUT_SECONDS,
        pages: int = PAGES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = BlueskyApi(account, timeout, now)
        self.key = "bluesky:" + message.account_hash(account.handle.lower())
        self.standing = Standing()
        self._context = Context(self.name, salt)
        self._poll_seconds, self._first_posts, self._pages = poll_seconds, first_posts, pages
        self._now, self._count_signed_in_only = now, count_signed_in_only
        self._pages_in_a_row = 0
        self._barren = 0
        self._last_page: tuple[str | None, list[str]] = (None, [])

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Get one page of a walk, or raise SourceError."""
        walk = _Walk(**(cursor or {"left": self._first_posts}))
        limit = PAGE_SIZE if walk.left is None else min(PAGE_SIZE, walk.left)
        try:
            items, at = self._api.timeline(limit, walk.at)
        except CursorRefusedError:
            # Once more from the top, past what this walk has sent.
            return Batch([], vars(replace(walk, at=None)), self._poll_seconds)
        finally:
            self.standing.rate_limit = self._api.rate_limit
        haul = self._take(items, walk)
        at = self._onward(haul, walk, at)
        haul.complete |= at is None
        after = vars(self._advance(walk, haul, at))
        # Posts of the same moment come as the network orders them.
        haul.messages.reverse()
        messages = sorted(haul.messages, key=_time)
        return Batch(messages, after, self._wait(haul.complete), haul.rejected, haul.withheld)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _take(self, items: list[object], walk: _Walk) -> _Haul:
        """Go through a page; what lies behind the end of the walk is never sent."""
        now, past = self._now(), {*walk.known, *walk.newest}
        page = [self._read(item, now) for item in items]
        end, is_end = walk.end(page)
        haul = _Haul(complete=is_end)
        for item in page[:end]:
            haul.digests.append(item.digest)
            if item.digest not in past:
                past.add(item.digest)
                haul.new.append(item.digest)
                self._keep(item, haul)
            if len(haul.new) == walk.left:
                haul.complete = True
                break
        return haul

    def _read(self, item: object, now: datetime) -> _Item:
        name = known_id(item)
        outcome = message.from_bluesky(item, self._context, now)
        is_withheld = not self._count_signed_in_only and is_for_signed_in(item)
        return _Item(item, outcome, _digest(name or nameless_record(item)), bool(name), is_withheld)

    def _keep(self, item: _Item, haul: _Haul) -> None:
        if item.is_withheld:
            haul.withheld += 1
        elif isinstance(item.outcome, message.Rejection):
            record = nameless_record(item.given)
            haul.rejected.append(message.quarantine(item.outcome.reason, self.name, record))
        else:
            haul.messages.append(item.outcome)

    def _onward(self, haul: _Haul, walk: _Walk, at: str | None) -> str | None:
        """Return the cursor to go on from, None at the end; a page that came before is no step."""
        last_at, last = self._last_page
        is_repeated = bool(haul.digests) and haul.digests == last and walk.at != last_at
        if not is_repeated:
            self._last_page = (walk.at, haul.digests)
        self._barren = self._barren + 1 if is_repeated or not haul.new else 0
        is_known = bool(haul.digests) and set(haul.digests) <= set(walk.known)
        if haul.complete or is_known or self._barren >= BARREN_PAGES:
            self._barren = 0
            return None
        return walk.at if is_repeated else at

    def _advance(self, walk: _Walk, haul: _Haul, at: str | None) -> _Walk:
        """Return the next cursor: of the same walk, or of one to come."""
        parts = (walk.newest, haul.new) if walk.at else (haul.new, walk.newest)
        newest = [*parts[0], *parts[1]][:KNOWN]
        times = [walk.newest_time, *map(_time, haul.messages)]
        newest_time = max((each for each in times if each), default=None)
        if not haul.complete:
            left = walk.left and walk.left - len(haul.new)
            return replace(walk, at=at, newest=newest, newest_time=newest_time, left=left)
        known = list(dict.fromkeys([*newest, *walk.known]))[:KNOWN]
        since = max((each for each in (walk.since, newest_time) if each), default=None)
        return _Walk(known, since, left=None if known else self._first_posts)

    def _wait(self, complete: bool) -> float:
        self._pages_in_a_row += 1
        if not complete and self._pages_in_a_row < self._pages:
            return 0
        self._pages_in_a_row = 0
        return self._poll_seconds


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _time(tweet: Message) -> str:
    return str(tweet["created_at"])


def make(settings: BlueskySettings, common: Common) -> BlueskySource:
    """Make the source of an account."""
    return BlueskySource(
        settings.account,
        common.salt(settings.account.app_password),
        poll_seconds=common.poll_seconds,
        first_posts=common.first_posts,
        count_signed_in_only=settings.count_signed_in_only,
    )
