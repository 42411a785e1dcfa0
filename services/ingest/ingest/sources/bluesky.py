"""The home timeline on Bluesky, walked page by page from the newest item to what is known.

GET app.bsky.feed.getTimeline answers the newest first, and not every server can be asked for
what is new alone: hashes of the newest items tell where to stop.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ingest import message
from ingest.bluesky_objects import known_id, nameless_record
from ingest.fields import Context, Message
from ingest.settings import BlueskyAccount
from ingest.sources import TIMEOUT_SECONDS, Batch, Cursor, Standing
from ingest.sources.bluesky_api import BlueskyApi, CursorRefusedError

PAGE_SIZE = 100
PAGES = 8
KNOWN = 300
# The known items may be gone: deleted, or their authors no longer followed. What is sent again
# after an hour is counted again, so a walk ends there at the latest.
STALE = timedelta(hours=1)


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

    def ends_at(self, digest: str, time: str | None) -> bool:
        """Whether an item is one where the walk ends; an unreadable one has no `time`.

        A known item with a newer time has come a second time: a repost, taken back and made
        again. It is no news, but those behind it may be.
        """
        if self.since is None or time is None:
            return digest in self.known
        if time <= self.since and digest in self.known:
            return True
        return datetime.fromisoformat(time) < datetime.fromisoformat(self.since) - STALE


@dataclass
class _Haul:
    """What a page has: all its items as hashes, and what is new; `complete` ends the walk."""

    digests: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
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
        timeout: float = TIMEOUT_SECONDS,
        pages: int = PAGES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = BlueskyApi(account, timeout, now)
        self.key = "bluesky:" + message.account_hash(account.handle.lower())
        self.standing = Standing()
        self._context = Context(self.name, salt)
        self._poll_seconds, self._first_posts, self._pages = poll_seconds, first_posts, pages
        self._now = now
        self._pages_in_a_row = 0
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
        haul.complete |= at is None or at == walk.at or self._is_idle(haul, walk)
        after = vars(self._advance(walk, haul, at))
        # Posts of the same moment come as the network orders them.
        haul.messages.reverse()
        messages = sorted(haul.messages, key=_time)
        return Batch(messages, after, self._wait(haul.complete), haul.rejected)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _take(self, items: list[object], walk: _Walk) -> _Haul:
        """Go through a page; what lies behind the end of the walk is never sent."""
        haul, now, past = _Haul(), self._now(), {*walk.known, *walk.newest}
        for item in items:
            outcome = message.from_bluesky(item, self._context, now)
            time = None if isinstance(outcome, message.Rejection) else _time(outcome)
            name = known_id(item)
            digest = _digest(name or nameless_record(item))
            if name and walk.ends_at(digest, time):
                haul.complete = True
                break
            haul.digests.append(digest)
            if digest not in past:
                past.add(digest)
                haul.new.append(digest)
                self._keep(item, outcome, haul)
            if len(haul.new) == walk.left:
                haul.complete = True
                break
        return haul

    def _keep(self, item: object, outcome: Message | message.Rejection, haul: _Haul) -> None:
        if isinstance(outcome, message.Rejection):
            record = nameless_record(item)
            haul.rejected.append(message.quarantine(outcome.reason, self.name, record))
        else:
            haul.messages.append(outcome)

    def _is_idle(self, haul: _Haul, walk: _Walk) -> bool:
        """Whether a page is empty, all known, or the same again under another cursor."""
        last_at, last = self._last_page
        self._last_page = (walk.at, haul.digests)
        is_same = last == haul.digests and last_at != walk.at
        return is_same or set(haul.digests) <= set(walk.known)

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
