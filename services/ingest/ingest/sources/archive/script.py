"""Extracts the lists from a script: `window.YTD.tweets.part0 = [ … ]`, one or several in a row.

X writes an archive's posts as a list that is assigned to a name, and splits large ones into parts.
Other programs strip the name, or put `module.exports` in its place. Everything before a list, and
between two lists, is skipped. The content of a list is not parsed here; the only assumption is that
JSON strings contain no raw line feeds.
"""

import codecs
import re
from collections.abc import Callable

PEEKED_BYTES = 4096
_WORD = rb"[\w$]{1,100}+"
_NAME = rb"(?:(?:var|let|const)\s++)?+" + _WORD + rb"(?:\." + _WORD + rb"){0,9}+"
_ASSIGNED = rb"(?:export\s++default\s++|" + _NAME + rb"\s*+=\s*+)"
_MARK = rb"(?:\xef\xbb\xbf)?+"
_BEGINNING = re.compile(_MARK + rb"\s*+" + _ASSIGNED + rb"?+\[")
_GAP = rb"[\s;]{0,300}+"
_BETWEEN = re.compile(rb"\](" + _GAP + rb")" + _MARK + rb"(" + _ASSIGNED + rb")?+(?=\[)")
# What may turn out to be a gap between two lists once more has been read.
_OPEN = re.compile(rb"\]" + _GAP + _MARK + rb"[\w$.\s]{0,300}+(?:=\s{0,300}+)?+\Z")
_END = re.compile(rb"\][\s;]*+\Z")


def begins_as_script(start: bytes) -> bool:
    """Whether content that starts like this is a list, assigned to a name or not.

    X's own name counts even if no list follows: that is a damaged one.
    """
    is_x_s = start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"window.YTD.")
    return is_x_s or _BEGINNING.match(start) is not None


class Lists:
    """Splits content into its lists, each a stream of bytes that ends after its bracket.

    `read_some(size)` returns the next bytes of the content, and none at its end.
    """

    def __init__(self, read_some: Callable[[int], bytes]) -> None:
        self._read_some = read_some
        self._held = b""
        self._is_over = False

    def next_list(self) -> bool:
        """Move to the next list, if there is one; the one before has to be read to its end."""
        while not self._is_over and len(self._held) < PEEKED_BYTES:
            self._fill(PEEKED_BYTES)
        found = _BEGINNING.match(self._held)
        self._held = self._held[found.end() - 1 :] if found else self._held
        self._is_inside = found is not None
        return self._is_inside

    @property
    def rest(self) -> bytes:
        """What follows the last list, as far as it has been read."""
        return self._held

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of this list, and none after its end."""
        if not self._is_inside or not size:  # the parser probes the type with read(0)
            return b""
        piece = b""
        while not piece and (self._held or not self._is_over):
            self._fill(max(size, PEEKED_BYTES))
            piece = self._release()
        return piece

    def _fill(self, size: int) -> None:
        more = self._read_some(size)
        self._held += more
        self._is_over = not more

    def _release(self) -> bytes:
        """Return what certainly belongs to this list."""
        for between in filter(_is_end, _BETWEEN.finditer(self._held)):
            self._is_inside = False
            return self._take(between.start() + 1, between.end())
        if self._is_over:
            end = _END.search(self._held)
            return self._take(end.start() + 1 if end else len(self._held), len(self._held))
        undecided = _OPEN.search(self._held)
        end_at = undecided.start() if undecided else len(self._held)
        return self._take(end_at, end_at)

    def _take(self, end: int, following: int) -> bytes:
        piece, self._held = self._held[:end], self._held[following:]
        return piece


def _is_end(between: re.Match[bytes]) -> bool:
    """Whether a list ends here: a match without a line feed may be inside a string."""
    gap, assigned = between.groups()
    return b"\n" in gap or (assigned or b"").startswith(b"window.YTD.")
