"""Base for reading files of records, plain or gzip."""

import codecs
import gzip
import io
import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, ClassVar

GZIP_MAGIC = b"\x1f\x8b"
PACKING_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
LONGEST_RECORD_BYTES = 2_000_000

Content = BufferedReader | gzip.GzipFile

NOTHING = object()
"""What `next` returns if there is no record: for a blank line, and at the end."""


class RecordFile(ABC):
    """Reads records one by one in bounded memory, and can seek to any of them.

    `number` is that of the last record read, starting at 1; `unpacked` counts the decompressed
    bytes read so far. `ended` means that there is nothing more to read, and `damage` says why if
    that is not the end of the file.
    """

    unit: ClassVar[str]
    """What the log calls a record: `line` or `item`."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._raw: BufferedReader | None = None
        self._content: Content | None = None
        self.size = sum(path.stat().st_size for path in paths)
        self.number, self.unpacked = 0, 0
        self.ended, self.damage = False, ""

    @abstractmethod
    def next(self) -> object:
        """Return the next record's JSON, a Rejection that says why it has none, or NOTHING.

        Raises OSError.
        """

    @abstractmethod
    def excerpt(self) -> object:
        """Return the last record for the quarantine, as text or JSON."""

    @abstractmethod
    def _begin(self, content: Content) -> None:
        """Prepare to read the content from its first byte."""

    def _pass(self) -> None:
        """Skip a record that has already been processed."""
        self.next()

    def seek(self, number: int) -> None:
        """Reopen the file and skip its first `number` records. Raises OSError."""
        self.close()
        self._raw, self._content = open_content(self._paths)
        self.number, self.unpacked = 0, 0
        self.ended, self.damage = False, ""
        self._begin(self._content)
        while self.number < number and not self.ended:
            self._pass()

    @property
    def is_open(self) -> bool:
        """Whether the file can be read without a seek first."""
        return self._raw is not None

    @property
    def position(self) -> int:
        """Bytes of the file read so far, before decompression."""
        return self._raw.tell() if self._raw else 0

    @property
    def share(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        if self.ended and not self.damage:
            return 1.0
        return min(self.position / max(self.size, 1), 1.0)

    def close(self) -> None:
        """Close the file; seek opens it again."""
        for file in (self._content, self._raw):
            if file is not None:
                file.close()
        self._content = self._raw = None

    def _break_off(self, damage: str) -> object:
        """Stop here, because the rest cannot be read."""
        self.ended, self.damage = True, damage
        return NOTHING


def beginning(path: Path, size: int) -> bytes:
    """Return the first bytes of the content, fewer if gzip data is damaged. Raises OSError."""
    raw, content = open_content([path])
    start = bytearray()
    with raw, suppress(*PACKING_ERRORS):
        while len(start) < size and (piece := content.read1(size)):
            start += piece
    return bytes(start)


def foreign_encoding(start: bytes) -> str | None:
    """Return the encoding of content that starts like this, if it is certainly not UTF-8."""
    for mark, name in (
        (codecs.BOM_UTF32_LE, "UTF-32"),
        (codecs.BOM_UTF32_BE, "UTF-32"),
        (codecs.BOM_UTF16_LE, "UTF-16"),
        (codecs.BOM_UTF16_BE, "UTF-16"),
    ):
        if start.startswith(mark):
            return name
    # ASCII in UTF-16 has a zero as every other byte; JSON in UTF-8 has no zeros.
    zeros = max(start[0::2].count(0), start[1::2].count(0))
    return "UTF-16" if zeros > len(start) // 4 else None


def open_content(paths: Sequence[Path]) -> tuple[BufferedReader, Content]:
    """Open files as if they were one; return the raw stream and the decompressed content.

    A gzip file has to be the only one. Raises OSError.
    """
    raw: BufferedReader = BufferedReader(_Joined(paths))
    is_packed = raw.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
    return raw, gzip.GzipFile(fileobj=raw) if is_packed else raw


class _Joined(io.RawIOBase):
    """Reads several files as one. Raises OSError right away if any of them cannot be opened."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = [path.open("rb", buffering=0) for path in paths]
        self._current = 0
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._current < len(self._files):
            if count := self._files[self._current].readinto(buffer):
                self._position += count
                return count
            self._current += 1
        return 0

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()
