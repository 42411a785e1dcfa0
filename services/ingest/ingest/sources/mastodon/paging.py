"""Pages through a Mastodon home timeline: the cursor, and the query for the next page.

Ids are strings. The longer id is the newer one; of two that are equally long, the one that sorts
later in ASCII. This holds for Mastodon's numbers and for the letters of GoToSocial and Pleroma.

According to the API, `min_id` returns the posts right above a post. Some servers return the newest
ones instead, as for `since_id`, which leaves a gap. So each page has to overlap with the known
posts; if it does not, we walk from it down to the known posts by `max_id`. This also finds the
posts of a server that was rebuilt and whose ids restart at lower values.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ingest.sources.base import Cursor

PAGE_SIZE = 40
# Ids are in the order of writing, but a post from another server may arrive after newer ones. So
# every poll starts this many known posts back.
LATE_POSTS = 20


class Seen(NamedTuple):
    """A post on a page: its id, and its time (RFC 3339, UTC, milliseconds), empty if unreadable."""

    id: str
    time: str


class Step(NamedTuple):
    """The result of a page: the ids to forward, and the next stage.

    `is_lost` means that there were posts which can no longer be fetched.
    """

    new: list[str]
    stage: "Stage"
    is_lost: bool = False


class Stage(Protocol):
    """A stage of reading the timeline, with what has been forwarded so far."""

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Return the query for the next page; `afresh` if that is the first one of a poll."""

    def take(self, page: Sequence[Seen]) -> Step:
        """Process a page; return what to forward and the next stage."""

    def cursor(self) -> Cursor:
        """Return the stage as a JSON object."""


@dataclass(frozen=True)
class GoingBack:
    """The first read: all posts down to `until` have been forwarded, and `left` are to come.

    `top` holds the newest forwarded posts, and `time` is the latest time.
    """

    left: int
    until: str | None = None
    top: tuple[str, ...] = ()
    time: str = ""

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Ask for what is next below `until`."""
        return {"max_id": self.until, "limit": min(PAGE_SIZE, self.left)}

    def take(self, page: Sequence[Seen]) -> Step:
        """Continue below the oldest post; at the end, switch to catching up above the newest."""
        new = [each.id for each in page if self.until is None or age(each.id) < age(self.until)]
        top, time = newest((*self.top, *new)), max(self.time, latest(page, new))
        left = self.left - len(new)
        if top and (left <= 0 or not new):
            return Step(new, catching_up(top, time))
        return Step(new, GoingBack(left, min(new, key=age, default=None), top, time))

    def cursor(self) -> Cursor:
        """Return all fields; a `since` of None identifies this stage."""
        return {"since": None, **vars(self), "top": list(self.top)}


@dataclass(frozen=True)
class CatchingUp:
    """All posts up to `since` have been forwarded, and so have the `recent` ones.

    `recent` is in order, oldest first, and has no gaps; most of it is above `since`. `time` is the
    latest time of all these posts.
    """

    since: str
    recent: tuple[str, ...] = ()
    time: str = ""

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Ask for the posts above the oldest known one or, later in a poll, the second newest.

        Either way the page begins with a known post.
        """
        lowest = min((self.since, *self.recent[:1]), key=age)
        above = sorted((self.since, *self.recent), key=age)[-2:][0]
        return {"min_id": lowest if afresh else above, "limit": PAGE_SIZE}

    def take(self, page: Sequence[Seen]) -> Step:
        """Forward the new posts and advance `since`; without overlap, descend to fill the gap."""
        known = (self.since, *self.recent)
        new = [each.id for each in page if age(each.id) > age(self.since) and each.id not in known]
        time = max(self.time, latest(page, new))
        overlaps = any(each.id in known for each in page)
        if overlaps or (not self.recent and len(page) < PAGE_SIZE):
            return Step(new, catching_up((*known, *new), time, self.since))
        return Step(
            new, Descending(max(known, key=age), newest(new), time, min(new, key=age, default=None))
        )

    def cursor(self) -> Cursor:
        """Return all fields."""
        return {"since": self.since, "recent": list(self.recent), "time": self.time}


@dataclass(frozen=True)
class Descending:
    """The walk down from a page that did not overlap with the known posts.

    All posts up to `since` have been forwarded, and so have those from `until` up, the newest of
    which are in `above`; without `until`, the newest page comes first. `time` is the latest time
    of all these posts. If the server's ids have restarted, `again` is set, and posts up to that
    time are the known ones.
    """

    since: str
    above: tuple[str, ...]
    time: str
    until: str | None
    again: str = ""

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Ask for what is next below `until`."""
        return {"max_id": self.until, "limit": PAGE_SIZE}

    def take(self, page: Sequence[Seen]) -> Step:
        """Continue downwards until a page has known posts, or none at all."""
        below = [each for each in page if not self.until or age(each.id) < age(self.until)]
        again = self.again or self._again(below)
        new = [each.id for each in below if self._is_new(each, again)]
        ids = [each.id for each in below]
        above = newest((*self.above, *new))
        time = max(self.time, latest(page, new))
        if below and len(new) == len(below):
            return Step(new, Descending(self.since, above, time, min(ids, key=age), again))
        # Posts below `floor` show where the known posts begin, but were handled long ago.
        floor = "" if again else self.since
        stage = catching_up((*ids, *above) or (self.since,), time, floor)
        return Step(new, stage, is_lost=bool(self.until) and not below)

    def _again(self, below: Sequence[Seen]) -> str:
        """Return the time up to which posts are known if the ids have restarted, otherwise empty.

        They have if one of the newest posts is later than all known ones, but its id is not above
        `since`.
        """
        is_again = self.until is None and any(
            age(each.id) <= age(self.since) and each.time > self.time for each in below
        )
        return self.time if is_again else ""

    def _is_new(self, post: Seen, again: str) -> bool:
        if again:
            return post.time > again and post.id not in self.above
        return age(post.id) > age(self.since) and post.id not in self.above

    def cursor(self) -> Cursor:
        """Return all fields; `above` identifies this stage."""
        return {**vars(self), "above": list(self.above)}


def catching_up(known: Collection[str], time: str, floor: str = "") -> CatchingUp:
    """Create the stage that keeps the newest of the known posts.

    All posts up to the lowest of these, or up to `floor` if that is higher, have been forwarded.
    """
    lowest, *recent = newest(known)
    if age(lowest) < age(floor):
        return CatchingUp(floor, (lowest, *recent), time)
    return CatchingUp(lowest, tuple(recent), time)


def stage_of(cursor: Cursor | None, first_posts: int) -> Stage:
    """Restore the stage; without a cursor, or if the timeline was empty, go back `first_posts`."""
    known = cursor or {"since": None, "left": first_posts}
    time = known.get("time", "")
    if known["since"] is None:
        # Cursors written by the first version have only the newest post.
        top = known.get("top") or [each for each in [known.get("newest")] if each]
        return GoingBack(known["left"], known.get("until"), tuple(top), time)
    if "above" in known:
        return Descending(**{**known, "above": tuple(known["above"])})
    return CatchingUp(known["since"], tuple(known["recent"]), time)


def newest(posts: Collection[str]) -> tuple[str, ...]:
    """Return the newest posts, as many as the cursor keeps, oldest first."""
    return tuple(sorted({*posts}, key=age)[-LATE_POSTS - 1 :])


def latest(page: Sequence[Seen], ids: Collection[str]) -> str:
    """Return the latest time of these posts on the page, empty if there are none."""
    return max((each.time for each in page if each.id in ids), default="")


def age(post: str) -> tuple[int, str]:
    """Return the sort key of an id, oldest first."""
    return len(post), post
