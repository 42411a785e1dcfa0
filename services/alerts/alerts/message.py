"""Writes the text of a message: which hashtags entered the board, why, and where to look."""

from collections.abc import Sequence
from urllib.parse import quote

from alerts.board import RISING, Board, Entry
from alerts.memory import Rule

# More are only counted: many services limit a message to 2,000 characters or fewer.
MOST_LINES = 10

# A tag's page on the first of these networks that the posts came from, as on the boards.
_PAGES = {
    "x": "https://x.com/hashtag/",
    "bluesky": "https://bsky.app/hashtag/",
    "mastodon": "https://mastodon.social/tags/",
}
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

TEST = (
    "Test message from Tweet Trends",
    "Alerts work: you get a message like this one when a hashtag enters the board.",
)


def compose(board: Board, rule: Rule, entries: Sequence[Entry], public_url: str) -> tuple[str, str]:
    """Return the title and the body of a message about the entries of a board."""
    parts = [
        f"{_name(each)}: {_reason(board, each)}\n{_link(board, each, public_url)}"
        for each in entries[:MOST_LINES]
    ]
    more = len(entries) - MOST_LINES
    if more > 0:
        parts.append(f"And {more} more.")
    demo = "Demo data: " if board.demo else ""
    return demo + _title(board, rule, entries), "\n\n".join(parts)


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


def _link(board: Board, entry: Entry, public_url: str) -> str:
    tag = quote(entry.tag, safe="")
    if public_url:
        return f"{public_url}/?board={board.name}&tag={tag}"
    page = next((url for name, url in _PAGES.items() if name in board.source), _PAGES["x"])
    return page + tag
