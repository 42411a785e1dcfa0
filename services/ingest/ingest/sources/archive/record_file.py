"""A file of records, plain or gzip: what its formats have in common."""

import codecs
import gzip
import zlib
from abc import ABC, abstractmethod
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import ClassVar

GZIP_MAGIC = b"\x1f\x8b"
PACKING_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
LONGEST_RECORD_BYTES = 2_000_000

Content = BufferedReader | gzip.GzipFile

NOTHING = object()
"""What `next` returns where there is no record: for a blank line, and at the end."""


class RecordFile(ABC):
    """Reads record by record in bounded memory, and goes back to any of them.

    `number` is that of the record read last, from 1; `unpacked` counts the bytes of content read
    so far. `ended` tells that there is nothing more to read, and `damage` why, when that is not
    the file's end.
    """

    unit: ClassVar[str]
    """What a record is called."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw: BufferedReader | None = None
        self._content: Content | None = None
        self.size = path.stat().st_size
        self.number, self.unpacked = 0, 0
        self.ended, self.damage = False, ""

    @abstractmethod
    def next(self) -> object:
        """Return a record's JSON, a Rejection that says why it has none, or NOTHING.

        Raises OSError.
        """

    @abstractmethod
    def excerpt(self) -> object:
        """Return the record read last, for the quarantine: its text, or its JSON."""

    @abstractmethod
    def _begin(self, content: Content) -> None:
        """Prepare to read the content from its first byte."""

    def _pass(self) -> None:
        """Read a record that is dealt with already."""
        self.next()

    def seek(self, number: int) -> None:
        """Open the file anew and stand behind a record. Raises OSError."""
        self.close()
        self._raw, self._content = opened(self._path)
        self.number, self.unpacked = 0, 0
        self.ended, self.damage = False, ""
        self._begin(self._content)
        while self.number < number and not self.ended:
            self._pass()

    @property
    def is_open(self) -> bool:
        """Whether there is something to read without a seek."""
        return self._raw is not None

    @property
    def position(self) -> int:
        """Bytes of the file read so far, as they are packed."""
        return self._raw.tell() if self._raw else 0

    @property
    def share(self) -> float:
        """How much of the file is read, from 0 to 1."""
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
        """End here: what follows cannot be read."""
        self.ended, self.damage = True, damage
        return NOTHING


def beginning(path: Path, size: int) -> bytes:
    """The first bytes of a file's content, fewer where the packing is damaged. Raises OSError."""
    raw, content = opened(path)
    start = bytearray()
    with raw, suppress(*PACKING_ERRORS):
        while len(start) < size and (piece := content.read1(size)):
            start += piece
    return bytes(start)


def foreign_encoding(start: bytes) -> str | None:
    """The encoding of content that starts like this, where it is none of UTF-8 for sure."""
    for mark, name in (
        (codecs.BOM_UTF32_LE, "UTF-32"),
        (codecs.BOM_UTF32_BE, "UTF-32"),
        (codecs.BOM_UTF16_LE, "UTF-16"),
        (codecs.BOM_UTF16_BE, "UTF-16"),
    ):
        if start.startswith(mark):
            return name
    # Of JSON in UTF-16 every other byte is 0, as far as it is ASCII; UTF-8 has none.
    zeros = max(start[0::2].count(0), start[1::2].count(0))
    return "UTF-16" if zeros > len(start) // 4 else None


def opened(path: Path) -> tuple[BufferedReader, Content]:
    """Open a file; return it as it is, and its content. Raises OSError."""
    raw = path.open("rb")
    magic = raw.read(len(GZIP_MAGIC))
    raw.seek(0)
    return raw, gzip.GzipFile(fileobj=raw) if magic == GZIP_MAGIC else raw
