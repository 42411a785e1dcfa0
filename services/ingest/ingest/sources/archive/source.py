"""Replays a file of posts: JSON Lines in any format that formats.py parses, or X's tweets.js."""

import hashlib
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ingest.environment import SettingsError
from ingest.fields import Context, Message
from ingest.message import Rejection, account_hash, quarantine
from ingest.settings import Common
from ingest.sources.archive.archive_file import ArchiveFile
from ingest.sources.archive.formats import parse_record
from ingest.sources.archive.line_file import LineFile
from ingest.sources.archive.notes import Notes
from ingest.sources.archive.progress import ProgressReporter, Rate, progress_reporter
from ingest.sources.archive.record_file import NOTHING, beginning, foreign_encoding
from ingest.sources.archive.script import PEEKED_BYTES, begins_as_script
from ingest.sources.archive.settings import ReplaySettings
from ingest.sources.base import Batch, Cursor, Progress, SourceError, SourceReplaced, SourceStats

log = logging.getLogger(__name__)

BATCH_LINES = 2000
# A batch stays in memory until Kafka has acknowledged it.
BATCH_BYTES = 8_000_000
MAX_LOGGED_REJECTED = 20
# After this many rejected records without a single post, the file is not one of posts.
HOPELESS_RECORDS = 300
IDENTITY_BYTES = 65_536
NOTES = "note-tweet*.js"
# X splits the posts of a large archive into tweets.js, tweets-part1.js and so on.
FIRST_PARTS = ("tweets.js", "tweet.js")
_PART = re.compile(r"tweets?-part(\d{1,4})\.js").fullmatch
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")


class ReplaySource:
    """Replays the records of a file in order: as fast as possible at `speed` 0, in real time at 1.

    Real time starts with the first post that this process reads; older posts are due at once. The
    cursor is `{"line", "sent", "rejected"}`: how many lines, or items of an archive, were read, and
    how many of them were sent and rejected. The key depends on the file's content, not on its name.
    `display` is the user's name for the file. Raises SettingsError if the file cannot be read.
    """

    name = "replay"

    def __init__(
        self,
        path: Path,
        display: str,
        speed: float,
        salt: bytes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.stats = SourceStats()
        self._path, self._display, self._speed, self._clock = path, display, speed, clock
        self._salt = salt
        self._early: Message | None = None
        self._pace: tuple[float, float] | None = None
        self._reporter: ProgressReporter | None = None
        self._rate = Rate(0, clock)
        self._refused: tuple[int, int] | None = None
        self._identify()

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return the next 2,000 records or, if a speed is set, those of them that are due."""
        done = cursor or {"line": 0, "sent": 0, "rejected": 0}
        try:
            self._look_for_another()
            if not self._file.is_open or self._dealt_with() != done["line"]:
                self._early, self._pace = None, None
                self._file.seek(done["line"])
            if not self._reporter:
                self._reporter = progress_reporter(self._display, self._file.number, self._clock)
                self._rate = Rate(self._file.number, self._clock)
            batch = self._batch(done)
        except OSError as error:
            self._file.close()
            raise SourceError("file", f"REPLAY_FILE {self._display}: {error.strerror}") from error
        self._report(batch, self._reporter)
        return batch

    def _identify(self) -> None:
        """Determine the file's key, its format and its notes."""
        try:
            size, content = _identity(self._path)
            self.key = "replay:" + account_hash(f"{size}:{content}")
            # Without AUTHOR_SALT, a salt that nobody without the file can compute.
            self._context = Context(self.name, self._salt or f"author\n{content}".encode())
            start = beginning(self._path, PEEKED_BYTES)
            is_script = begins_as_script(start)
            kind = ArchiveFile if is_script else LineFile
            self._file = kind(_parts(self._path) if is_script else [self._path])
            self._notes = Notes(sorted(self._path.parent.glob(NOTES)) if is_script else [])
        except OSError as error:
            raise _unreadable(f"({self._display}: {error.strerror})") from error
        if encoding := foreign_encoding(start):
            raise _unreadable(f"in UTF-8, and {self._display} is in {encoding}: save it as UTF-8")

    def _look_for_another(self) -> None:
        """Raise SourceReplaced if a file that was rejected has been replaced."""
        if self._refused and self._refused != _version(self._path):
            try:
                self._identify()
            except SettingsError as error:
                raise SourceError("file", f"REPLAY_FILE {error.rule}") from error
            self._refused = None
            raise SourceReplaced

    def close(self) -> None:
        """Close the file and the progress bar; the next fetch reopens them."""
        self._file.close()
        if self._reporter:
            self._reporter.close()
            self._reporter = None

    def _dealt_with(self) -> int:
        return self._file.number - bool(self._early)

    def _batch(self, done: Cursor) -> Batch:
        file, now = self._file, datetime.fromtimestamp(self._clock(), UTC)
        last, full = file.number + BATCH_LINES, file.unpacked + BATCH_BYTES
        messages: list[Message] = []
        rejected: list[dict[str, str]] = []
        wait = 0.0
        while not file.ended and file.number < last and file.unpacked < full:
            outcome = self._next(now)
            if isinstance(outcome, Rejection):
                origin = f"{self._display}:{file.number}"
                rejected.append(quarantine(outcome.reason, origin, file.excerpt()))
            elif outcome:
                wait = self._ahead_of_time(outcome)
                if wait > 0:
                    self._early = outcome
                    break
                messages.append(outcome)
        sent, all_rejected = done["sent"] + len(messages), done["rejected"] + len(rejected)
        if rejected and not sent and all_rejected >= HOPELESS_RECORDS:
            raise self._hopeless(all_rejected, rejected[-1]["reason"])
        following = {"line": self._dealt_with(), "sent": sent, "rejected": all_rejected}
        return Batch(messages, following, max(wait, 0.0), rejected, finished=file.ended)

    def _hopeless(self, records: int, reason: str) -> SourceError:
        """Reject a file of many records without a single post; nothing is quarantined."""
        self._file.close()
        self._refused = _version(self._path)
        return SourceError(
            "file",
            f"none of the first {records:,} {self._file.unit}s of REPLAY_FILE {self._display} is a "
            f"post ({reason}): give it a tweets.js of X, or JSON Lines of posts",
        )

    def _next(self, now: datetime) -> Message | Rejection | None:
        """Read and parse a record; return None if there is none."""
        if self._early:
            early, self._early = self._early, None
            return early
        record = self._file.next()
        if record is NOTHING:
            return None
        if isinstance(record, Rejection):
            return record
        return parse_record(self._notes.whole(record), self._context, now)

    def _ahead_of_time(self, tweet: Message) -> float:
        """Return the seconds until a post is due, relative to the first one; 0 or less: now."""
        if not self._speed:
            return 0.0
        written, now = datetime.fromisoformat(tweet["created_at"]).timestamp(), self._clock()
        first_written, started = self._pace = self._pace or (written, now)
        return started + (written - first_written) / self._speed - now

    def _report(self, batch: Batch, reporter: ProgressReporter) -> None:
        cursor = batch.cursor
        self.stats.progress = Progress(cursor["line"], cursor["rejected"], self._file.share)
        self._log_rejected(batch.rejected)
        reporter.report(self._file)
        if batch.finished:
            reporter.close()
            self._log_end(cursor)

    def _log_rejected(self, rejected: list[dict[str, str]]) -> None:
        """Log each one up to a limit, then a summary; the quarantine has them all."""
        for entry in rejected[:MAX_LOGGED_REJECTED]:
            log.warning("event=rejected origin=%s reason=%s", entry["origin"], entry["reason"])
        if more := [entry["origin"].rpartition(":")[2] for entry in rejected[MAX_LOGGED_REJECTED:]]:
            unit, form = (
                self._file.unit,
                "event=rejected_more file=%s records=%d first_%s=%s last_%s=%s",
            )
            log.warning(form, self._display, len(more), unit, more[0], unit, more[-1])

    def _log_end(self, cursor: Cursor) -> None:
        file = self._file
        if file.damage:
            form = "event=replay_damaged source=replay file=%s after_%s=%d: %s"
            log.error(form, self._display, file.unit, file.number, file.damage)
        elif not file.number:
            log.warning("event=replay_empty source=replay file=%s: it is empty", self._display)
        form = "event=replayed source=replay file=%s %ss=%d sent=%d rejected=%d %ss_per_second=%.0f"
        counts = (cursor["line"], cursor["sent"], cursor["rejected"])
        rate = self._rate.at(file.number)
        log.info(form, self._display, file.unit, *counts, file.unit, rate)


def _identity(path: Path) -> tuple[int, str]:
    """The size of a file and a hash of its beginning: a renamed file resumes where it was."""
    if path.is_dir():
        raise _unreadable("and this is a directory: give it a file in it, such as data/tweets.js")
    if path.exists() and not path.is_file():
        raise _unreadable("and this is a device or a pipe")
    with path.open("rb") as file:
        start = file.read(IDENTITY_BYTES)
    if start.startswith(ZIP_MAGICS):
        raise _unreadable(
            "and this is a zip file: unpack it and give REPLAY_FILE the data/tweets.js in it"
        )
    return path.stat().st_size, hashlib.sha256(start).hexdigest()


def _parts(path: Path) -> list[Path]:
    """Return the file and, if it is the first part of an archive, the other parts in order."""
    if path.name not in FIRST_PARTS:
        return [path]
    found = {int(match[1]): each for each in path.parent.iterdir() if (match := _PART(each.name))}
    return [path, *(found[number] for number in sorted(found))]


def _version(path: Path) -> tuple[int, int]:
    """Return a value that changes if the file is written or replaced. Raises OSError."""
    status = path.stat()
    return status.st_mtime_ns, status.st_ino


def _unreadable(reason: str) -> SettingsError:
    return SettingsError("REPLAY_FILE", f"must be a readable file {reason}")


def make(settings: ReplaySettings, common: Common) -> ReplaySource:
    """Make the replay source."""
    return ReplaySource(settings.file, settings.name, settings.speed, common.author_salt.encode())
