"""Finds out what the file of a replay is: its parts, its format, and the key of its cursor."""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.environment import SettingsError
from ingest.message import account_hash
from ingest.sources.archive.archive_file import ArchiveFile
from ingest.sources.archive.line_file import LineFile
from ingest.sources.archive.notes import Notes
from ingest.sources.archive.record_file import (
    RecordFile,
    beginning,
    open_content,
    why_unreadable,
)
from ingest.sources.archive.script import PEEKED_BYTES, begins_as_script

IDENTITY_BYTES = 4096
FORMER_IDENTITY_BYTES = 65_536
# X splits the posts of a large archive into tweets.js, tweets-part1.js and so on.
_PART = re.compile(r"(tweets?)(?:-part(\d{1,4}))?(\.js(?:on)?)", re.ASCII)
NOTES = "note-tweet*.js*"

Version = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Replayed:
    """What a path names.

    `key` depends on the beginning of the content alone, so that a file that was renamed, or has
    grown, resumes where it was; the first edition's `former_key` on its size as well. `content` is
    a hash of the beginning.
    """

    paths: Sequence[Path]
    content: str
    key: str
    former_key: str
    file: RecordFile
    notes: Notes

    def version(self) -> Version:
        """Return a value that changes if a part is written or replaced. Raises OSError."""
        return version(self.paths)


def identify(path: Path, display: str) -> Replayed:
    """Look into a file. Raises SettingsError, with the user's name `display` for it."""
    try:
        if path.is_dir():
            raise _unreadable("and this is a directory: name a file in it, such as data/tweets.js")
        if path.exists() and not path.is_file():
            raise _unreadable("and this is a device or a pipe")
        paths = _parts(path)
        with path.open("rb") as file:
            former = _hash(file.read(FORMER_IDENTITY_BYTES))
        with open_content(paths)[0] as raw:
            content = _hash(raw.read(IDENTITY_BYTES))
        start = beginning(paths, PEEKED_BYTES)
        if reason := why_unreadable(start):
            raise _unreadable(f"in UTF-8, plain or gzip, and {display} is {reason}")
        is_script = begins_as_script(start)
        return Replayed(
            paths if is_script else [path],
            content,
            "replay:" + account_hash(content),
            "replay:" + account_hash(f"{path.stat().st_size}:{former}"),
            ArchiveFile(paths) if is_script else LineFile([path]),
            Notes(sorted(path.parent.glob(NOTES)) if is_script else []),
        )
    except PermissionError as error:
        needed = f"that user {os.getuid()} may read, in a folder that it may enter"
        raise _unreadable(f"{needed} ({display}: {error.strerror})") from error
    except OSError as error:
        raise _unreadable(f"({display}: {error.strerror})") from error


def version(paths: Sequence[Path]) -> Version:
    """Return a value that changes if a file is written or replaced. Raises OSError."""
    states = [path.stat() for path in paths]
    return tuple((state.st_mtime_ns, state.st_ino, state.st_size) for state in states)


def _parts(path: Path) -> list[Path]:
    """Return the file and, if it is the first part of an archive, the other parts in order."""
    named = _PART.fullmatch(path.name)
    if not named:
        return [path]
    others = ((_PART.fullmatch(each.name), each) for each in path.parent.iterdir())
    parts = sorted(
        (int(found[2] or -1), each)
        for found, each in others
        if found and (found[1], found[3]) == (named[1], named[3])
    )
    return [each for _, each in parts] if parts[0][1] == path else [path]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unreadable(reason: str) -> SettingsError:
    return SettingsError("REPLAY_FILE", f"must be a readable file {reason}")
