"""Reads the tweets.js of an archive downloaded from X, and other lists of posts.

It can be hundreds of megabytes and is not one record per line, so it is parsed event by event.
"""

from collections.abc import Iterator

import ijson

from ingest.message import Rejection
from ingest.sources.archive.record_file import (
    LONGEST_RECORD_BYTES,
    NOTHING,
    PACKING_ERRORS,
    Content,
    RecordFile,
)
from ingest.sources.archive.script import Lists

# X's own objects have fewer than ten levels.
MOST_LEVELS = 100
# The parser holds a value in memory until it is complete.
LONGEST_HELD_BYTES = 10_000_000
LEVELS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}

Events = Iterator[tuple[str, object]]


class _DamagedError(Exception):
    """The content is not the list it should be; the exception's text says why."""


# The parser raises UnicodeDecodeError for invalid UTF-8 in a string with escapes.
DAMAGES = (*PACKING_ERRORS, ijson.JSONError, UnicodeDecodeError, _DamagedError)


class ArchiveFile(RecordFile):
    """Reads the items of the list unchanged: `{"tweet": {...}}`."""

    unit = "item"

    def _begin(self, content: Content) -> None:
        self._items = self._each(content)
        self._item: object = None

    def next(self) -> object:
        """Return an item, a Rejection that says why there is none, or NOTHING at the end."""
        try:
            found = next(self._items, NOTHING)
        except DAMAGES as error:
            return self._break_off(_first_line(error))
        self.ended = found is NOTHING
        self.number += not self.ended
        return found

    def excerpt(self) -> object:
        """Return the last item, as far as it was read."""
        return self._item

    def _read_some(self, size: int) -> bytes:
        """Return the next piece of content; raise _DamagedError if the parser holds too much."""
        if self.unpacked - self._item_start > LONGEST_HELD_BYTES:
            raise _DamagedError(f"an item is longer than {LONGEST_HELD_BYTES} bytes")
        # Not `read`, which loses what could still be decompressed if the file is damaged.
        piece = self._content.read1(size) if self._content else b""
        self.unpacked += len(piece)
        return piece

    def _each(self, content: Content) -> Iterator[object]:
        self._item_start = 0
        lists, count = Lists(self._read_some), 0
        while lists.next_list():
            count += 1
            # Without use_float, the parser returns a null pointer for a number of 5,000 digits.
            # With it, a number over 64 bits counts as damage; X writes ids as strings.
            events: Events = ijson.basic_parse(lists, use_float=True)
            next(events)
            for event, value in events:
                # After the list's own end come no events; the parser raises if it finds text there.
                if event != "end_array":
                    yield self._whole(event, value, events)
                    self._item_start = self.unpacked
        if not count or lists.is_cut:
            raise _DamagedError("it has no list of posts" if not count else "a list is missing")

    def _whole(self, event: str, value: object, events: Events) -> object:
        """Build an item; skip one that is too large or nested too deep, and reject it."""
        builder, level = ijson.ObjectBuilder(), 0
        while True:
            builder.event(event, value)
            self._item = builder.value
            level += LEVELS.get(event, 0)
            if self.unpacked - self._item_start > LONGEST_RECORD_BYTES:
                reason = f"the item is longer than {LONGEST_RECORD_BYTES} bytes"
                break
            if level > MOST_LEVELS:
                reason = f"the item is nested over {MOST_LEVELS} levels deep"
                break
            if not level:
                return builder.value
            event, value = next(events)
        while level:
            level += LEVELS.get(next(events)[0], 0)
        return Rejection(reason)


def _first_line(error: Exception) -> str:
    """Strip the excerpt of the content that the parser appends; the text may be bytes."""
    first = error.args[0] if error.args else ""
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
    return text.partition("\n")[0]
