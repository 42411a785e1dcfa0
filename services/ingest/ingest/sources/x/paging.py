"""Pages through an X home timeline: the cursor, and the query for the next page.

A pagination token is valid only for the query that returned it: send it with all other parameters
unchanged, or not at all. https://docs.x.com/x-api/fundamentals/pagination
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# End a walk after this many pages in a row without new posts: a server may send empty pages or
# repeat one.
BARREN_PAGES = 4

Query = Mapping[str, Any]


@dataclass(frozen=True)
class Progress:
    """The cursor: posts up to `since` and those from `until` to `newest` have been forwarded.

    `until` and `newest` are set while the posts between `since` and `until` are still to come.
    `left` is how many of these the very first poll may still take. `read` is the number of posts
    billed on the UTC day `day`, and `month` the number billed in its whole month.
    """

    since: str | None = None
    until: str | None = None
    newest: str | None = None
    left: int | None = None
    day: str | None = None
    read: int = 0
    month: int = 0

    def on(self, day: str) -> "Progress":
        """Return this progress as of `day` (YYYY-MM-DD): a new day or month starts at 0."""
        if self.day == day:
            return self
        # Cursors written by the first version have no `month`.
        is_same_month = (self.day or "")[:7] == day[:7]
        return replace(self, day=day, read=0, month=self.month if is_same_month else 0)

    def billed(self, posts: int) -> "Progress":
        """Return this progress with `posts` more posts billed."""
        return replace(self, read=self.read + posts, month=self.month + posts)


@dataclass(frozen=True)
class Walk:
    """The state of a walk down a gap that does not need to survive a restart.

    `token` fetches the next page of `query`, which starts below the post `until`. `pages` counts
    the pages fetched in a row (0: the walk has not started), and `barren` how many of the last
    ones had nothing new.
    """

    query: Query = field(default_factory=dict)
    token: str | None = None
    until: str | None = None
    pages: int = 0
    barren: int = 0

    def next_query(self, progress: Progress, most: int) -> Query:
        """Return the parameters that request the next page, of at most `most` posts.

        Without a token, or if the cursor or `most` differs from the walk's, this is a new query
        that starts below the last post fetched.
        """
        asked = self.query.get("max_results"), self.query.get("since_id"), self.until
        if self.token and asked == (most, progress.since, progress.until):
            return {**self.query, "pagination_token": self.token}
        return {"max_results": most, "since_id": progress.since, "until_id": progress.until}

    def without_token(self) -> "Walk":
        """Return the walk without its token: after a failure, the token may be the cause."""
        return replace(self, token=None)

    def after(
        self, before: Progress, query: Query, ids: Collection[int], token: object, left: int | None
    ) -> tuple["Walk", Progress]:
        """Return the walk and the cursor after a page.

        `ids` and `token` are X's response to `query`. `left` is how many posts the very first
        poll may still take, None for later polls.
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
        # Do not trust the token of a page that only repeats posts: a new query gets past them.
        trusted = token if is_new or not ids else None
        parameters = {name: value for name, value in query.items() if name != "pagination_token"}
        walk = Walk(
            parameters, str(trusted) if trusted else None, until_now, self.pages + 1, barren
        )
        return walk, replace(before, until=until_now, newest=newest, left=left)
