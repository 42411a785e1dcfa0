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
MAGICS = {
    b"PK\x03\x04": "a zip file",
    b"PK\x05\x06": "a zip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"(\xb5/\xfd": "a zstd file",
    b"7z\xbc\xaf": "a 7z file",
}
TAR_PLACE, TAR_MAGIC = 257, b"ustar"
# The longer ones first: UTF-32's begins like UTF-16's.
MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
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


def beginning(paths: Sequence[Path], size: int) -> bytes:
    """Return the first bytes of the content, fewer if gzip data is damaged. Raises OSError."""
    raw, content = open_content(paths)
    start = bytearray()
    with raw, suppress(*PACKING_ERRORS):
        while len(start) < size and (piece := content.read1(size)):
            start += piece
    return bytes(start)


def why_unreadable(start: bytes) -> str | None:
    """Say what content that starts like this is, if it is no text in UTF-8."""
    for magic, kind in MAGICS.items():
        if start.startswith(magic):
            return f"{kind}: unpack it and name the file in it, such as data/tweets.js"
    if start[TAR_PLACE : TAR_PLACE + len(TAR_MAGIC)] == TAR_MAGIC:
        return "a tar file: unpack it and name the file in it, such as data/tweets.js"
    for mark, encoding in MARKS.items():
        if start.startswith(mark):
            return f"in {encoding}: save it as UTF-8"
    # Text in UTF-8 has no zeros.
    if 0 not in start:
        return None
    whole = start[: len(start) // 4 * 4]
    for encoding in ("UTF-32-LE", "UTF-32-BE", "UTF-16-LE", "UTF-16-BE"):
        if whole.decode(encoding, "ignore").lstrip().startswith(("{", "[", "window.", '"')):
            return f"in {encoding[:6]}: save it as UTF-8"
    return "no text" if start.count(0) > len(start) // 20 else None


def open_content(paths: Sequence[Path]) -> tuple[BufferedReader, Content]:
    """Open files as if they were one; return the raw stream and the decompressed content.

    A gzip file has to be the only one. Raises OSError.
    """
    raw: BufferedReader = BufferedReader(_Joined(paths))
    is_packed = raw.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
    return raw, gzip.GzipFile(fileobj=raw) if is_packed else raw


class _Joined(io.RawIOBase):
    """Reads several files as one, with a line feed between them.

    Raises OSError right away if any of them cannot be opened.
    """

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
            if 0 < self._current < len(self._files):
                buffer[:1] = b"\n"
                return 1
        return 0

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()
