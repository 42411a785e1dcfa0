"""Reads and writes the parameters of the page `/`, which hold all that a visitor has chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from web.boards.board import (
    BOARDS,
    DEFAULT_LIMIT,
    MAX_LIMIT,
    NOW,
    PEOPLE,
    RANKINGS,
    TWEETS,
    WINDOWS,
)
from web.boards.titles import board_title
from web.embed.board_settings import Embed, dashboard
from web.hashtags.key import key_of
from web.status.facts import join_words

RANGES = {
    "3h": "3 hours",
    "24h": "24 hours",
    "7d": "7 days",
    "30d": "30 days",
    "90d": "90 days",
    "1y": "1 year",
}
"""The spans of time that a chart can show; static/explorer.js knows what each asks the API for."""

DEFAULT_RANGE = "24h"
MAX_TAGS = 4


@dataclass(frozen=True)
class PageQuery:
    """What a visitor asks for; a wrong value counts as absent, and is named in `mistakes`.

    `shown` is the board. `rank_by` is the visitor's choice, also for boards that have none.
    `tags` are those of the chart, the first one with its card; `tz` is for the browser to check.
    """

    shown: Embed
    rank_by: str
    tags: tuple[str, ...]
    range: str
    tz: str
    mistakes: tuple[str, ...]

    @property
    def board_title(self) -> str:
        """The name of the board, as a heading and in the title of the page."""
        return board_title(self.shown.board, self.shown.rank_by)

    @property
    def title(self) -> str:
        """What the page shows, without the name of the product."""
        return f"{self.compared}, {RANGES[self.range]}" if self.tags else self.board_title

    @property
    def description(self) -> str:
        """A sentence on what the page shows."""
        if self.tags:
            return f"Posts with {self.compared}, counted exactly: {RANGES[self.range]}."
        return f"{self.board_title}: the hashtags of a timeline, counted exactly."

    @property
    def compared(self) -> str:
        """The tags of the chart, as a person would say them."""
        return join_words(f"#{tag}" for tag in self.tags)

    @property
    def canonical(self) -> str:
        """The parameters of what the title names: the same however it was reached, or spelled."""
        shown = self.shown
        query = [] if shown.board == NOW else board_query(shown.board, shown.rank_by)
        query += [("tag", key_of(tag)) for tag in self.tags]
        if self.tags and self.range != DEFAULT_RANGE:
            query.append(("range", self.range))
        return urlencode(query)

    def link(self, board: str | None = None, rank_by: str | None = None) -> str:
        """Return the parameters for another board or ranking, with everything else as it is."""
        board = board or self.shown.board
        return urlencode([*board_query(board, rank_by or self.rank_by), *self._settings()])

    def _settings(self) -> Iterator[tuple[str, str]]:
        if self.shown.limit != DEFAULT_LIMIT:
            yield "limit", str(self.shown.limit)
        yield from self.chart_settings()

    def chart_settings(self) -> Iterator[tuple[str, str]]:
        """Return the parameters of the chart."""
        yield from (("tag", tag) for tag in self.tags)
        if self.range != DEFAULT_RANGE:
            yield "range", self.range
        if self.tz:
            yield "tz", self.tz


def board_query(board: str, rank_by: str) -> list[tuple[str, str]]:
    """Return the parameters for a board; only some leave a choice of ranking."""
    by_people = board in WINDOWS and rank_by == PEOPLE
    return [("board", board), *([("rank_by", PEOPLE)] if by_people else [])]


def read_query(given: MultiDict[str, str]) -> PageQuery:
    """Read the parameters of `/`."""
    shown = dashboard(given)
    asked = [tag.strip().lstrip("#＃") for tag in given.getlist("tag")]
    tags: dict[str, str] = {}
    for tag in asked:
        # Two spellings of one tag are one line of the chart.
        if key := key_of(tag):
            tags.setdefault(key, tag)
    span = given.get("range", DEFAULT_RANGE)
    return PageQuery(
        shown=shown,
        rank_by=shown.settings.get("rank_by", TWEETS),
        tags=tuple(tags.values())[:MAX_TAGS],
        range=span if span in RANGES else DEFAULT_RANGE,
        tz=given.get("tz", ""),
        mistakes=tuple(_mistakes(given, shown, asked)),
    )


def _mistakes(given: MultiDict[str, str], shown: Embed, asked: list[str]) -> Iterator[str]:
    if given.get("board", NOW) not in BOARDS:
        title = board_title(shown.board, shown.rank_by)
        yield f"There is no board “{given['board']}”. Showing {title}."
    if given.get("rank_by", TWEETS) not in RANKINGS:
        yield f"A board cannot be ranked by “{given['rank_by']}”. Showing it by posts."
    if "limit" in given and "limit" not in shown.settings:
        yield (
            f"A board cannot have “{given['limit']}” hashtags, only 1 to {MAX_LIMIT}. "
            f"Showing {DEFAULT_LIMIT}."
        )
    if given.get("range", DEFAULT_RANGE) not in RANGES:
        yield f"There is no time range “{given['range']}”. Showing {RANGES[DEFAULT_RANGE]}."
    if not all(key_of(tag) for tag in asked):
        yield "An empty hashtag was left out."
    if len({key_of(tag) for tag in asked} - {""}) > MAX_TAGS:
        yield f"At most {MAX_TAGS} hashtags can be compared. Showing the first {MAX_TAGS}."
