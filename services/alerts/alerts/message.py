"""Writes the text of a message: which hashtags entered the board, why, and where to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from alerts.board import RISING, Board, Entry
from alerts.memory import PARAGRAPH, Rule

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


class Text(NamedTuple):
    """The text of a message; the body has a paragraph for each of the keys in `about`."""

    title: str
    body: str
    about: tuple[str, ...] = ()


TEST = Text(
    "Test message from Tweet Trends",
    "Alerts work: you get a message like this one when a hashtag enters the board.",
)


def compose(board: Board, rule: Rule, entries: Sequence[Entry], links: Links) -> Text:
    """Write a message about the entries of a board."""
    parts = [
        f"{_name(each)}: {_reason(board, each)}\n{_link(board, each, links)}"
        for each in entries[:MOST_LINES]
    ]
    more = len(entries) - MOST_LINES
    if more > 0:
        parts.append(f"And {more} more.")
    demo = "Demo data: " if board.demo else ""
    about = tuple(each.key for each in entries[:MOST_LINES])
    return Text(demo + _title(board, rule, entries), PARAGRAPH.join(parts), about)


def _title(board: Board, rule: Rule, entries: Sequence[Entry]) -> str:
    if len(entries) == 1:
        who, verb = _name(entries[0]), "is"
    else:
        who, verb = f"{len(entries)} hashtags", "are"
    if board.name == RISING:
        return f"{who} {verb} rising"
    if board.name == "now":
        return f"{who} {verb} trending now"
    return f"{who} {verb} in the top {rule.top} of {_WINDOWS.get(board.name, 'all time')}"


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
