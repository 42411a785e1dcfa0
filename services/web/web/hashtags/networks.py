"""Finds where the networks show the posts with a hashtag."""

from collections.abc import Iterable

# A tag is appended to each of these, percent-encoded.
_X = ("X", "https://x.com/hashtag/")
_BLUESKY = ("Bluesky", "https://bsky.app/hashtag/")

# The network that a board's rows lead to is the first of these that its posts came from.
_PREFERRED = ("X", "Bluesky", "Mastodon")


def tag_pages(sources: Iterable[str], mastodon_url: str) -> list[tuple[str, str]]:
    """Return the name of each network of a board and the address of its tags' pages.

    Archives and the demo are X's kind. `mastodon_url` is the server whose timeline is read.
    """
    pages = {
        "x": _X,
        "mastodon": ("Mastodon", f"{mastodon_url.rstrip('/')}/tags/"),
        "bluesky": _BLUESKY,
    }
    known = set(sources)
    return [page for name, page in pages.items() if name in known] or ([_X] if known else [])


def tag_page(sources: Iterable[str], mastodon_url: str) -> str:
    """Return the address of the tags' pages on the one network that a board's rows lead to."""
    pages = dict(tag_pages(sources, mastodon_url))
    return next((pages[name] for name in _PREFERRED if name in pages), _X[1])
