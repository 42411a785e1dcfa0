"""How far a home timeline on Mastodon is read: the cursor, and what it means for the next page.

Ids are strings in which the longer, then the greater in the order of ASCII, is the newer one: so
it is with the numbers of Mastodon and with the letters of GoToSocial and Pleroma.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from ingest.sources.base import Cursor

PAGE_SIZE = 40
# An id tells when a post was written: one of another server may arrive after newer ones, so every
# poll starts again below this many posts that are known.
LATE_POSTS = 20


class Stage(Protocol):
    """What is forwarded so far."""

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Return what to ask for: `afresh` at the start of a poll, or for the poll's next page."""

    def is_new(self, post: str) -> bool:
        """Whether the post of this id is yet to be forwarded."""

    def after(self, posts: Collection[str]) -> "Stage":
        """Return the next stage, these new posts of one page, or none, being forwarded."""

    def cursor(self) -> Cursor:
        """Return the stage as JSON."""


@dataclass(frozen=True)
class GoingBack:
    """The first posts: those from `newest` down to `until` are forwarded, `left` are to come."""

    left: int
    until: str | None = None
    newest: str | None = None

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Ask for what is next below `until`."""
        return {"max_id": self.until, "limit": min(PAGE_SIZE, self.left)}

    def is_new(self, post: str) -> bool:
        """Whether a post is below `until`."""
        return self.until is None or age(post) < age(self.until)

    def after(self, posts: Collection[str]) -> Stage:
        """Go on below the oldest one; from the end on, catch up above the newest one."""
        newest = self.newest or max(posts, key=age, default=None)
        left = self.left - len(posts)
        if newest and (left <= 0 or not posts):
            return CatchingUp(newest)
        return GoingBack(left, min(posts, key=age, default=None), newest)

    def cursor(self) -> Cursor:
        """Write all fields; `since` tells that it is this stage."""
        return {"since": None, "until": self.until, "newest": self.newest, "left": self.left}


@dataclass(frozen=True)
class CatchingUp:
    """All posts up to `since` are forwarded, and the `recent` ones above it, the oldest first."""

    since: str
    recent: tuple[str, ...] = ()

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Ask for what is next above `since` or, in the same poll, above all that is known."""
        newest = (self.since, *self.recent)[-1]
        return {"min_id": self.since if afresh else newest, "limit": PAGE_SIZE}

    def is_new(self, post: str) -> bool:
        """Whether a post is above `since` and not one of the recent ones."""
        return age(post) > age(self.since) and post not in self.recent

    def after(self, posts: Collection[str]) -> Stage:
        """Keep the newest posts in mind, and let `since` follow them."""
        known = (self.since, *sorted((*self.recent, *posts), key=age))[-LATE_POSTS - 1 :]
        return CatchingUp(known[0], known[1:])

    def cursor(self) -> Cursor:
        """Write all fields."""
        return {"since": self.since, "recent": list(self.recent)}


def stage_of(cursor: Cursor | None, first_posts: int) -> Stage:
    """Read a cursor; None, or one of a timeline that was empty, goes back `first_posts`."""
    known = cursor or {"since": None, "left": first_posts}
    if known["since"] is None:
        return GoingBack(known["left"], known.get("until"), known.get("newest"))
    return CatchingUp(known["since"], tuple(known["recent"]))


def age(post: str) -> tuple[int, str]:
    """Return what ids are sorted by, the oldest first."""
    return len(post), post
