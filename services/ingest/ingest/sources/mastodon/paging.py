"""How far a home timeline on Mastodon is read: the cursor, and what it means for the next page.

Ids are strings in which the longer, then the greater in the order of ASCII, is the newer one: so
it is with the numbers of Mastodon and with the letters of GoToSocial and Pleroma.

By the API, `min_id` gives the posts next above a post. Some servers give the newest ones instead,
as for `since_id`, and leave a gap. So a page has to overlap with what is known; where it does not,
the way from it down to what is known is walked by `max_id`. That also finds the posts of a server
that was made anew and whose ids begin again, lower.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ingest.sources.base import Cursor

PAGE_SIZE = 40
# An id tells when a post was written: one of another server may arrive after newer ones, so every
# poll starts again below this many posts that are known.
LATE_POSTS = 20


class Seen(NamedTuple):
    """A post of a page: its id, and its time (RFC 3339, UTC, milliseconds), empty if unreadable."""

    id: str
    time: str


class Step(NamedTuple):
    """What a page leads to: the ids that are to be forwarded, and the next stage.

    `is_lost` tells that posts were there which can no longer be had.
    """

    new: list[str]
    stage: "Stage"
    is_lost: bool = False


class Stage(Protocol):
    """What is forwarded so far."""

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Return what to ask for: `afresh` at the start of a poll, or for the poll's next page."""

    def take(self, page: Sequence[Seen]) -> Step:
        """Go on by a page."""

    def cursor(self) -> Cursor:
        """Return the stage as JSON."""


@dataclass(frozen=True)
class GoingBack:
    """The first posts: all down to `until` are forwarded, and `left` are to come.

    `top` are the newest of them, and `time` is the latest time.
    """

    left: int
    until: str | None = None
    top: tuple[str, ...] = ()
    time: str = ""

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Ask for what is next below `until`."""
        return {"max_id": self.until, "limit": min(PAGE_SIZE, self.left)}

    def take(self, page: Sequence[Seen]) -> Step:
        """Go on below the oldest post; from the end on, catch up above the newest one."""
        new = [each.id for each in page if self.until is None or age(each.id) < age(self.until)]
        top, time = newest((*self.top, *new)), max(self.time, latest(page, new))
        left = self.left - len(new)
        if top and (left <= 0 or not new):
            return Step(new, catching_up(top, time))
        return Step(new, GoingBack(left, min(new, key=age, default=None), top, time))

    def cursor(self) -> Cursor:
        """Write all fields; `since` tells that it is this stage."""
        return {"since": None, **vars(self), "top": list(self.top)}


@dataclass(frozen=True)
class CatchingUp:
    """All posts up to `since` are forwarded, and the `recent` ones, the oldest first.

    `recent` are neighbours, most of them above `since`. `time` is the latest time of them all.
    """

    since: str
    recent: tuple[str, ...] = ()
    time: str = ""

    def query(self, *, afresh: bool) -> dict[str, Any]:
        """Ask for what is next above the oldest known post or, in the same poll, above all but one.

        Either way a page begins with a post that is known.
        """
        lowest = min((self.since, *self.recent[:1]), key=age)
        above = sorted((self.since, *self.recent), key=age)[-2:][0]
        return {"min_id": lowest if afresh else above, "limit": PAGE_SIZE}

    def take(self, page: Sequence[Seen]) -> Step:
        """Forward what is new, and let `since` follow; or look for what is missing below it."""
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
        """Write all fields."""
        return {"since": self.since, "recent": list(self.recent), "time": self.time}


@dataclass(frozen=True)
class Descending:
    """The way down from a page that did not overlap with what is known.

    All up to `since` is forwarded, and from `until` on, of which `above` are the newest; without
    `until` the newest page comes first. `time` is the latest time of them. Where the server's ids
    begin again, what is known is told by its time instead, which is `again`.
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
        """Go on down, until a page has posts that are known, or none."""
        below = [each for each in page if not self.until or age(each.id) < age(self.until)]
        again = self.again or self._again(below)
        new = [each.id for each in below if self._is_new(each, again)]
        ids = [each.id for each in below]
        above = newest((*self.above, *new))
        time = max(self.time, latest(page, new))
        if below and len(new) == len(below):
            return Step(new, Descending(self.since, above, time, min(ids, key=age), again))
        # What lies below shows where the known posts begin, but was dealt with long ago.
        floor = "" if again else self.since
        stage = catching_up((*ids, *above) or (self.since,), time, floor)
        return Step(new, stage, is_lost=bool(self.until) and not below)

    def _again(self, below: Sequence[Seen]) -> str:
        """The time that tells known posts, where one of the newest has a lower id than `since`."""
        is_again = self.until is None and any(
            age(each.id) <= age(self.since) and each.time > self.time for each in below
        )
        return self.time if is_again else ""

    def _is_new(self, post: Seen, again: str) -> bool:
        if again:
            return post.time > again and post.id not in self.above
        return age(post.id) > age(self.since) and post.id not in self.above

    def cursor(self) -> Cursor:
        """Write all fields; `above` tells that it is this stage."""
        return {**vars(self), "above": list(self.above)}


def catching_up(known: Collection[str], time: str, floor: str = "") -> CatchingUp:
    """Keep the newest of the known posts in mind; all up to the lowest, or `floor`, is done."""
    lowest, *recent = newest(known)
    if age(lowest) < age(floor):
        return CatchingUp(floor, (lowest, *recent), time)
    return CatchingUp(lowest, tuple(recent), time)


def stage_of(cursor: Cursor | None, first_posts: int) -> Stage:
    """Read a cursor; None, or one of a timeline that was empty, goes back `first_posts`."""
    known = cursor or {"since": None, "left": first_posts}
    time = known.get("time", "")
    if known["since"] is None:
        # The first edition kept the newest post alone.
        top = known.get("top") or [each for each in [known.get("newest")] if each]
        return GoingBack(known["left"], known.get("until"), tuple(top), time)
    if "above" in known:
        return Descending(**{**known, "above": tuple(known["above"])})
    return CatchingUp(known["since"], tuple(known["recent"]), time)


def newest(posts: Collection[str]) -> tuple[str, ...]:
    """As many of the newest posts as are kept in mind, the oldest first."""
    return tuple(sorted({*posts}, key=age)[-LATE_POSTS - 1 :])


def latest(page: Sequence[Seen], ids: Collection[str]) -> str:
    """The latest time of those posts of a page, empty without any."""
    return max((each.time for each in page if each.id in ids), default="")


def age(post: str) -> tuple[int, str]:
    """Return what ids are sorted by, the oldest first."""
    return len(post), post
