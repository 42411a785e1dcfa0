"""From the HTML of a post to its plain text."""

import re
from html import unescape

# Where the standard library's parser takes minutes for 200 kB of unfinished tags, as a server that
# does not clean its HTML may hand over, this takes milliseconds: no match goes past the next `<`.
TAG = re.compile(
    r"""<(?:/?(?P<name>[a-z][a-z0-9]*+)|[!?])"""
    r"""(?:(?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[^<>]*)>""",
    re.ASCII | re.IGNORECASE,
)
BREAK = re.compile(r"blockquote|br|div|h[1-6r]|li|ol|p|pre|table|t[dhr]|ul", re.IGNORECASE)


def html_to_text(html: str) -> str:
    """Return the text as a reader sees it: no tags, no empty lines, characters for entities."""
    text = TAG.sub(_instead, " ".join(html.split()))
    lines = (" ".join(line.split()) for line in unescape(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _instead(tag: re.Match[str]) -> str:
    return "\n" if BREAK.fullmatch(tag["name"] or "") else ""
