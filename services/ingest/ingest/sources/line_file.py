"""The lines of a file, plain or gzip, with bounded memory and a way back to a line."""

import gzip
import logging
import zlib
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger(__name__)

LONGEST_LINE_BYTES = 2_000_000
GZIP_MAGIC = b"\x1f\x8b"


class LineFile:
    """Reads lines one by one; `number` is the number of the line read last, from 1."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._raw: BinaryIO | None = None
        self._lines: BinaryIO | gzip.GzipFile | None = None
        self.number = 0

    def seek(self, number: int) -> bool:
        """Stand behind a line; True when the file had to be opened for it. Raises OSError."""
        if self._lines is not None and self.number == number:
            return False
        self.close()
        self._raw = self._path.open("rb")
        magic = self._raw.read(len(GZIP_MAGIC))
        self._raw.seek(0)
        is_gzip = magic == GZIP_MAGIC
        self._lines = gzip.GzipFile(fileobj=self._raw) if is_gzip else self._raw
        self.number = 0
        while self.number < number and self.next():
            pass
        return True

    def next(self) -> bytes:
        """One line with its end, cut at 2 MB; empty at the end of the file."""
        if self._lines is None:
            raise ValueError("seek first")
        try:
            line = self._lines.readline(LONGEST_LINE_BYTES)
            rest = line
            while len(rest) == LONGEST_LINE_BYTES and not rest.endswith(b"\n"):
                rest = self._lines.readline(LONGEST_LINE_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            log.error("event=replay_damaged after_line=%d error=%s", self.number, error)
            return b""
        self.number += bool(line)
        return line

    def share(self) -> float:
        """How much of the file is read, from 0 to 1."""
        return min(self._raw.tell() / max(self._size, 1), 1.0) if self._raw else 0.0

    def close(self) -> None:
        """Close the file; seek opens it again."""
        for file in (self._lines, self._raw):
            if file is not None:
                file.close()
        self._lines = self._raw = None
