"""The way down the home timeline on X: what to ask for next, and how far that has come.

A pagination token belongs to the query that gave it: it is sent with all other parameters
unchanged, or not at all. https://docs.x.com/x-api/fundamentals/pagination
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# Pages without anything new that end a walk: a server may send empty ones, or the same again.
BARREN_PAGES = 4

Query = Mapping[str, Any]


@dataclass(frozen=True)
class Progress:
    """The cursor: all posts up to `since` are forwarded, and those from `until` to `newest`.

    The latter two are set as long as the posts between `since` and `until` are still to come.
    `left` is what the very first poll may still take of them. `read` posts are billed for the
    UTC day `day`, and `month` for the whole of its month.
    """

    since: str | None = None
    until: str | None = None
    newest: str | None = None
    left: int | None = None
    day: str | None = None
    read: int = 0
    month: int = 0

    def on(self, day: str) -> "Progress":
        """The same progress, with the counts of a day (YYYY-MM-DD) and its month."""
        if self.day == day:
            return self
        # The first edition did not count the month.
        is_same_month = (self.day or "")[:7] == day[:7]
        return replace(self, day=day, read=0, month=self.month if is_same_month else 0)

    def billed(self, posts: int) -> "Progress":
        """The same progress, with so many more posts billed."""
        return replace(self, read=self.read + posts, month=self.month + posts)


@dataclass(frozen=True)
class Walk:
    """The way down a gap, as far as it need not survive a restart.

    `token` leads to the next page of `query`, and behind the post `until`. So many `pages` were
    got in a row, and the last `barren` of them had nothing new; 0 pages: the walk begins.
    """

    query: Query = field(default_factory=dict)
    token: str | None = None
    until: str | None = None
    pages: int = 0
    barren: int = 0

    def next_query(self, progress: Progress, most: int) -> Query:
        """The parameters that ask for the next page, of `most` posts at most.

        Without a token, or where the cursor or `most` are not those of the walk, a new query
        begins below the last post that was got.
        """
        asked = self.query.get("max_results"), self.query.get("since_id"), self.until
        if self.token and asked == (most, progress.since, progress.until):
            return {**self.query, "pagination_token": self.token}
        return {"max_results": most, "since_id": progress.since, "until_id": progress.until}

    def without_token(self) -> "Walk":
        """The walk after a failure: it may be the token that is wrong."""
        return replace(self, token=None)

    def after(
        self, before: Progress, query: Query, ids: Collection[int], token: object, left: int | None
    ) -> tuple["Walk", Progress]:
        """The walk and the cursor behind a page.

        The page answered `query` with the posts `ids` and `token`, and `left` posts may still be
        taken if it is the first poll of all.
        """
        since, until = int(before.since or 0), int(before.until or 0)
        known = [int(each) for each in (before.newest, before.since) if each]
        newest = str(max([*ids, *known])) if ids or known else None
        lowest = min(ids, default=0)
        is_new = bool(ids) and (not until or lowest < until)
        barren = 0 if is_new else self.barren + 1
        is_end = not isinstance(token, str) or (bool(ids) and lowest <= since)
        if is_end or barren >= BARREN_PAGES or (left is not None and left <= 0):
            return Walk(), replace(before, since=newest, until=None, newest=None, left=None)
        until_now = str(lowest) if is_new else before.until
        # A page that repeats what was there gives its token no credit: a new query gets past it.
        trusted = token if is_new or not ids else None
        parameters = {name: value for name, value in query.items() if name != "pagination_token"}
        walk = Walk(
            parameters, str(trusted) if trusted else None, until_now, self.pages + 1, barren
        )
        return walk, replace(before, until=until_now, newest=newest, left=left)
