"""The tweets.js of an archive downloaded from X, and other lists of posts.

It may have hundreds of megabytes and is printed over many lines, so it is parsed event by event.
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

# X's own objects have fewer than ten.
MOST_LEVELS = 100
# The parser holds a value until it is whole.
LONGEST_HELD_BYTES = 10_000_000
LEVELS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}

Events = Iterator[tuple[str, object]]


class _DamagedError(Exception):
    """The content is not the list it should be; the text says why."""


# A value that is not UTF-8 shows as UnicodeDecodeError where it was escaped.
DAMAGES = (*PACKING_ERRORS, ijson.JSONError, UnicodeDecodeError, _DamagedError)


class ArchiveFile(RecordFile):
    """The items of the list, as they are: `{"tweet": {...}}`."""

    unit = "item"

    def _begin(self, content: Content) -> None:
        self._items = self._each(content)
        self._item: object = None

    def next(self) -> object:
        """Return an item, why it is none, or NOTHING at the end."""
        try:
            found = next(self._items, NOTHING)
        except DAMAGES as error:
            return self._break_off(_first_line(error))
        self.ended = found is NOTHING
        self.number += not self.ended
        return found

    def excerpt(self) -> object:
        """Return the item read last, as far as it was read."""
        return self._item

    def _read_some(self, size: int) -> bytes:
        """The next piece of the content, unless the parser holds too much already."""
        if self.unpacked - self._item_start > LONGEST_HELD_BYTES:
            raise _DamagedError(f"an item is longer than {LONGEST_HELD_BYTES} bytes")
        # Not `read`: where the packing is damaged, that loses what could still be unpacked.
        piece = self._content.read1(size) if self._content else b""
        self.unpacked += len(piece)
        return piece

    def _each(self, content: Content) -> Iterator[object]:
        self._item_start = 0
        lists = Lists(self._read_some)
        while lists.next_list():
            # Without use_float the parser hands out a null pointer for a number of 5,000 digits.
            # With it a number over 64 bits is damage; X writes ids as strings.
            events: Events = ijson.basic_parse(lists, use_float=True)
            next(events)
            for event, value in events:
                # Behind the list's own end there are no events, or the parser finds text there.
                if event != "end_array":
                    yield self._whole(event, value, events)
                    self._item_start = self.unpacked
        if lists.rest.strip():
            raise _DamagedError("no list follows its name")

    def _whole(self, event: str, value: object, events: Events) -> object:
        """Put an item together; one that is too large is passed over."""
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
    """Cut off the excerpt of the content that the parser adds; it may be bytes, too."""
    first = error.args[0] if error.args else ""
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
    return text.partition("\n")[0]
