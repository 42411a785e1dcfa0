"""Converts the HTML of a post to plain text."""

import re
from html import unescape

# A server that does not sanitize its HTML may send 200 kB of unfinished tags. The parser of the
# standard library takes minutes for that; this takes milliseconds, because no match goes past the
# next `<`.
TAG = re.compile(
    r"""<(?:/?(?P<name>[a-z][a-z0-9]*+)|[!?])"""
    r"""(?:(?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[^<>]*)>""",
    re.ASCII | re.IGNORECASE,
)
BREAK = re.compile(r"blockquote|br|div|h[1-6r]|li|ol|p|pre|table|t[dhr]|ul", re.IGNORECASE)


def html_to_text(html: str) -> str:
    """Return the text as a reader sees it: no tags, no empty lines, entities decoded."""
    text = TAG.sub(_instead, " ".join(html.split()))
    lines = (" ".join(line.split()) for line in unescape(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _instead(tag: re.Match[str]) -> str:
    return "\n" if BREAK.fullmatch(tag["name"] or "") else ""
