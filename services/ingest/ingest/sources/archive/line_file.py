"""Reads JSON Lines: one record per line."""

import json

from ingest.message import QUARANTINE_CHARACTERS, Rejection
from ingest.sources.archive.record_file import (
    LONGEST_RECORD_BYTES,
    NOTHING,
    PACKING_ERRORS,
    Content,
    RecordFile,
)

BYTE_ORDER_MARK = "\ufeff"


class LineFile(RecordFile):
    """Lines that end with a line feed; a blank line is not a record, but is numbered."""

    unit = "line"

    def _begin(self, content: Content) -> None:
        self._readline = content.readline
        self._line = b""

    def next(self) -> object:
        """Return a line's JSON, a Rejection, or NOTHING for a blank line or the end."""
        try:
            self._pass()
        except PACKING_ERRORS as error:
            return self._break_off(str(error))
        return self._parsed(self._line) if self._line.strip() else NOTHING

    def excerpt(self) -> str:
        """Return the beginning of the last line, with invalid UTF-8 replaced."""
        return self._line[: 4 * QUARANTINE_CHARACTERS].decode("utf-8", "replace")

    def _pass(self) -> None:
        """Read a whole line, but keep only its first 2 MB."""
        self._line = part = self._readline(LONGEST_RECORD_BYTES)
        while len(part) == LONGEST_RECORD_BYTES and not part.endswith(b"\n"):
            part = self._readline(LONGEST_RECORD_BYTES)
        self.number += bool(self._line)
        self.unpacked += len(self._line)
        self.ended = not self._line

    def _parsed(self, line: bytes) -> object:
        if len(line) >= LONGEST_RECORD_BYTES:
            return Rejection(f"the line is longer than {LONGEST_RECORD_BYTES} bytes")
        try:
            text = line.decode("utf-8")
            # RFC 8259, section 8.1, allows ignoring the mark, which editors put first in a file; it
            # comes again where files were joined.
            return json.loads(text.removeprefix(BYTE_ORDER_MARK))
        except UnicodeDecodeError:
            return Rejection("the line is not UTF-8")
        except (ValueError, RecursionError) as error:
            return Rejection(f"the line is not JSON: {error}"[:200])
