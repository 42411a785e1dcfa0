"""Finds the lists in a script: `window.YTD.tweets.part0 = [ … ]`, one or several in a row.

X writes an archive's posts as a list that is assigned to a name, and splits large ones into parts.
Other programs strip the name, put another in its place, or join the parts. Everything outside the
lists is skipped: names, comments, semicolons. What is in a list is not parsed here.
"""

import codecs
import re
from collections.abc import Callable

PEEKED_BYTES = 4096
# What stands between two lists is short.
MAX_GAP_BYTES = 1_000_000
# Comments and strings, in which brackets mean nothing, braces, and the bracket of a list of objects
# or lists. An index (`window["YTD"]`) is no list.
_OUTSIDE = re.compile(
    rb"""//[^\n]*+|/\*.*?(?:\*/|\Z)|"(?:[^"\\]|\\.)*+(?:"|\Z)|'(?:[^'\\\n]|\\.)*+(?:'|\Z)"""
    rb"""|[{}]|\[(?=\s*+[\[{\]])""",
    re.DOTALL,
)
# Within a list, and outside its strings: a bracket that only a list's end can be, and a comma too
# many.
_SUSPECT = re.compile(rb"\](?=\s*+(?:[^\s,\]}]|\Z))|,(?=\s*+\])")
# What only the next bytes can tell: brackets, commas, and the beginning of an escape.
_UNDECIDED = re.compile(rb"(?:[\],]\s*+|\\++)\Z")
_CUT_NAME = re.compile(rb"=\s*\Z")


def begins_as_script(start: bytes) -> bool:
    """Whether content that starts like this is a list, assigned to a name or not.

    X's own name counts even if no list follows: that is a damaged one.
    """
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    return text.startswith(b"window.YTD.") or (
        not text.startswith(b"{") and _list_start(text) is not None
    )


class Lists:
    """Splits content into its lists, each a stream of bytes that ends after its bracket.

    `read_some(size)` returns the next bytes of the content, and none at its end.
    """

    def __init__(self, read_some: Callable[[int], bytes]) -> None:
        self._read_some = read_some
        self._held = b""
        self._is_over = self._is_inside = self._is_in_string = False

    def next_list(self) -> bool:
        """Move to the next list, if there is one; the one before has to be read to its end."""
        while (start := _list_start(self._held)) is None:
            if self._is_over or len(self._held) > MAX_GAP_BYTES:
                return False
            self._fill(PEEKED_BYTES)
        self._held = self._held[start:]
        self._is_inside, self._is_in_string = True, False
        return True

    @property
    def is_cut(self) -> bool:
        """Whether the content ends, or becomes something else, where a list should begin."""
        return not self._is_over or _CUT_NAME.search(self._held) is not None

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of this list, and none after its end."""
        if not self._is_inside or not size:  # the parser probes the type with read(0)
            return b""
        piece = b""
        while not piece and self._is_inside and (self._held or not self._is_over):
            self._fill(max(size, PEEKED_BYTES))
            piece = self._release()
        return piece

    def _fill(self, size: int) -> None:
        more = self._read_some(size)
        self._held += more
        self._is_over = not more

    def _release(self) -> bytes:
        """Return what certainly belongs to this list, without commas before its brackets."""
        undecided = None if self._is_over else _UNDECIDED.search(self._held)
        end = undecided.start() if undecided else len(self._held)
        pieces, start = [], 0
        for suspect in _SUSPECT.finditer(self._held):
            at = suspect.start()
            if at >= end:
                break
            self._follow(self._held[start:at])
            if self._is_in_string:
                pieces.append(self._held[start:at])
                start = at
                continue
            is_bracket = suspect[0] == b"]"
            pieces.append(self._held[start : at + is_bracket])
            start = at + 1
            if is_bracket:
                self._is_inside = False
                self._held = self._held[start:]
                return b"".join(pieces)
        self._follow(self._held[start:end])
        pieces.append(self._held[start:end])
        self._held = self._held[end:]
        return b"".join(pieces)

    def _follow(self, piece: bytes) -> None:
        """Keep track of whether a string is open."""
        quotes = piece.replace(rb"\\", b"").replace(rb"\"", b"").count(b'"')
        self._is_in_string ^= bool(quotes % 2)


def _list_start(text: bytes) -> int | None:
    """Where the first list begins that is not within an object."""
    depth = 0
    for found in _OUTSIDE.finditer(text):
        if found[0] == b"[" and not depth:
            return found.start()
        depth += (found[0] == b"{") - (found[0] == b"}")
    return None
