"""Writes the text of a message: which hashtags entered which boards, why, and where to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from alerts.board import RISING, Board, Entry
from alerts.memory import PARAGRAPH

# More are only counted: many services limit a message to 2,000 characters or fewer.
MOST_LINES = 10

_X = "https://x.com/hashtag/"
_BLUESKY = "https://bsky.app/hashtag/"
_MASTODON = "https://mastodon.social"
_WINDOWS = {
    "1h": "the last hour",
    "2h": "the last 2 hours",
    "5h": "the last 5 hours",
    "12h": "the last 12 hours",
    "24h": "the last 24 hours",
    "48h": "the last 48 hours",
    "7d": "the last 7 days",
}
# Some networks allow any text as a tag. Full-width forms look the same, but neither mention
# everybody in a chat nor make a link there.
_HARMLESS = {
    **{ord(each): chr(ord(each) + 0xFEE0) for each in "@<>[]()*`|\\"},
    **dict.fromkeys(range(0x20), " "),
}


@dataclass(frozen=True)
class Links:
    """Where a tag's link leads: to the `page`, or without one to the network.

    `mastodon` is the server whose timeline is read. Both may be empty.
    """

    page: str = ""
    mastodon: str = ""


class Place(NamedTuple):
    """A hashtag's place on a board that it entered, of which the first `top` places count."""

    board: Board
    entry: Entry
    top: int


class Text(NamedTuple):
    """The text of a message; the body has a paragraph for each of the keys in `about`."""

    title: str
    body: str
    about: tuple[str, ...] = ()


TEST = Text(
    "Test message from Tweet Trends",
    "Alerts work: you get a message like this one when a hashtag enters a board.",
)


def compose(tags: Sequence[Sequence[Place]], links: Links) -> Text:
    """Write a message about hashtags, each with the places of the boards that it entered."""
    told = tags[:MOST_LINES]
    # The title names the board, unless some have entered another one, or several.
    is_named = len(_boards(tags)) > 1
    parts = [_paragraph(places, links, is_named) for places in told]
    if len(tags) > len(told):
        parts.append(f"And {len(tags) - len(told)} more.")
    demo = "Demo data: " if any(place.board.demo for places in tags for place in places) else ""
    about = tuple(places[0].entry.key for places in told)
    return Text(demo + _title(tags), PARAGRAPH.join(parts), about)


def _boards(tags: Sequence[Sequence[Place]]) -> dict[str, Place]:
    """Return a place on each of the boards, by the board's name."""
    return {place.board.name: place for places in tags for place in places}


def _title(tags: Sequence[Sequence[Place]]) -> str:
    everywhere = all(len(places) == len(_boards(tags)) for places in tags)
    where = _join([_where(each) for each in _boards(tags).values()], "and" if everywhere else "or")
    if len(tags) == 1:
        return f"{_name(tags[0][0].entry)} is {where}"
    return f"{len(tags)} hashtags are {where}"


def _paragraph(places: Sequence[Place], links: Links, is_named: bool) -> str:
    reasons = [
        f"{_name(each.entry)}{f' is {_where(each)}' if is_named else ''}: "
        f"{_reason(each.board, each.entry)}"
        for each in places
    ]
    return "\n".join([*reasons, _link(places[0].board, places[0].entry, links)])


def _where(place: Place) -> str:
    """Say what is true of a hashtag on this board, after "is" or "are"."""
    if place.board.name == RISING:
        return "rising"
    if place.board.name == "now":
        return "trending now"
    return f"in the top {place.top} of {_WINDOWS.get(place.board.name, 'all time')}"


def _join(texts: Sequence[str], last: str) -> str:
    """Join texts as in a sentence: a, b and c."""
    *first, end = texts
    return f"{', '.join(first)} {last} {end}" if first else end


def _reason(board: Board, entry: Entry) -> str:
    if rise := entry.rise:
        return f"{_people(rise.observed)} in {_window(rise.window)}, {_usual(rise.expected)}"
    if board.name == "now":
        people = _people(entry.people or 0)
        return f"{people} in {_window(board.window or '')}, number {entry.rank}"
    posts = f"{entry.count:,} post{'s' if entry.count != 1 else ''}"
    by = "" if entry.people is None else f" by {_people(entry.people)}"
    return f"{posts}{by}, number {entry.rank}"


def _usual(expected: float) -> str:
    return f"usually {expected:,.10g}" if expected >= 0.01 else "usually under 0.01"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def _window(name: str) -> str:
    return _WINDOWS.get(name, name)


def _name(entry: Entry) -> str:
    return f"#{entry.tag.translate(_HARMLESS)}"


def _link(board: Board, entry: Entry, links: Links) -> str:
    tag = quote(entry.tag, safe="")
    if links.page:
        return f"{links.page}/?board={board.name}&tag={tag}"
    # The first of these networks that the posts came from, as on the boards.
    pages = {"x": _X, "bluesky": _BLUESKY, "mastodon": f"{links.mastodon or _MASTODON}/tags/"}
    return next((url for name, url in pages.items() if name in board.source), _X) + tag
