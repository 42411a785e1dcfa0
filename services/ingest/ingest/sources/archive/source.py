"""A file of tweets: JSON Lines in any format that message.py reads, or the tweets.js of X."""

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ingest import message
from ingest.environment import SettingsError
from ingest.fields import Context, Message
from ingest.settings import Common
from ingest.sources.archive.archive_file import ArchiveFile
from ingest.sources.archive.line_file import LineFile
from ingest.sources.archive.notes import Notes
from ingest.sources.archive.progress import Rate, Teller, teller
from ingest.sources.archive.record_file import NOTHING, beginning, foreign_encoding
from ingest.sources.archive.script import PEEKED_BYTES, begins_as_script
from ingest.sources.archive.settings import ReplaySettings
from ingest.sources.base import Batch, Cursor, Progress, SourceError, Standing

log = logging.getLogger(__name__)

BATCH_LINES = 2000
# A batch is held in memory until Kafka has acknowledged it.
BATCH_BYTES = 8_000_000
TOLD_REJECTED = 20
# So many records that are no posts, and not one that is: the file is something else.
HOPELESS_RECORDS = 300
IDENTITY_BYTES = 65_536
NOTES = "note-tweet*.js"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")


class ReplaySource:
    """The records of a file in their order; `speed` 0 as fast as possible, 1 in real time.

    Real time is counted from the first tweet that this process reads; a tweet older than that is
    due at once. The cursor is `{"line", "sent", "rejected"}`: lines, or items of an archive,
    dealt with, and what became of them. Its key depends on the file's content, not on its name.
    `display` is what the user calls the file. Raises SettingsError for a file that cannot be
    read.
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
        try:
            self.key = f"replay:{_identity(path)}"
            start = beginning(path, PEEKED_BYTES)
            is_script = begins_as_script(start)
            self._file = (ArchiveFile if is_script else LineFile)(path)
            self._notes = Notes(sorted(path.parent.glob(NOTES)) if is_script else [])
        except OSError as error:
            raise _unreadable(f"({display}: {error.strerror})") from error
        if encoding := foreign_encoding(start):
            raise _unreadable(f"in UTF-8, and {display} is in {encoding}: save it as UTF-8")
        self.standing = Standing()
        self._display, self._speed, self._clock = display, speed, clock
        self._context = Context(self.name, salt)
        self._early: Message | None = None
        self._pace: tuple[float, float] | None = None
        self._teller: Teller | None = None
        self._rate = Rate(0, clock)

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return the next 2,000 records or, at a speed, those that are due."""
        done = cursor or {"line": 0, "sent": 0, "rejected": 0}
        try:
            if not self._file.is_open or self._dealt_with() != done["line"]:
                self._early, self._pace = None, None
                self._file.seek(done["line"])
            if not self._teller:
                self._teller = teller(self._display, self._file.number, self._clock)
                self._rate = Rate(self._file.number, self._clock)
            batch = self._batch(done)
        except OSError as error:
            self._file.close()
            raise SourceError("file", f"REPLAY_FILE {self._display}: {error.strerror}") from error
        self._tell(batch, self._teller)
        return batch

    def close(self) -> None:
        """Close the file and end the bar; the next fetch opens them again."""
        self._file.close()
        if self._teller:
            self._teller.close()
            self._teller = None

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
            if isinstance(outcome, message.Rejection):
                origin = f"{self._display}:{file.number}"
                rejected.append(message.quarantine(outcome.reason, origin, file.excerpt()))
            elif outcome:
                wait = self._ahead_of_time(outcome)
                if wait > 0:
                    self._early = outcome
                    break
                messages.append(outcome)
        if (
            not done["sent"] + len(messages)
            and done["rejected"] + len(rejected) >= HOPELESS_RECORDS
        ):
            raise self._hopeless(rejected)
        following = {
            "line": self._dealt_with(),
            "sent": done["sent"] + len(messages),
            "rejected": done["rejected"] + len(rejected),
        }
        return Batch(messages, following, max(wait, 0.0), rejected, finished=file.ended)

    def _hopeless(self, rejected: list[dict[str, str]]) -> SourceError:
        """What is to be said of a file of many records and not one post; nothing is set aside."""
        self._file.close()
        return SourceError(
            "file",
            f"none of the first {len(rejected)} {self._file.unit}s of REPLAY_FILE "
            f"{self._display} is a post ({rejected[0]['reason']}): give it a tweets.js of X, or "
            "JSON Lines of posts",
        )

    def _next(self, now: datetime) -> Message | message.Rejection | None:
        """Read a record and what it says; None where there is none."""
        if self._early:
            early, self._early = self._early, None
            return early
        record = self._file.next()
        if record is NOTHING:
            return None
        if isinstance(record, message.Rejection):
            return record
        return message.from_any(self._notes.whole(record), self._context, now)

    def _ahead_of_time(self, tweet: Message) -> float:
        """Seconds until a tweet is due, counted from the first one; 0 or less: now."""
        if not self._speed:
            return 0.0
        told, now = datetime.fromisoformat(tweet["created_at"]).timestamp(), self._clock()
        first_told, started = self._pace = self._pace or (told, now)
        return started + (told - first_told) / self._speed - now

    def _tell(self, batch: Batch, told: Teller) -> None:
        cursor = batch.cursor
        self.standing.progress = Progress(cursor["line"], cursor["rejected"], self._file.share)
        self._tell_rejected(batch.rejected)
        told.tell(self._file)
        if batch.finished:
            told.close()
            self._tell_end(cursor)

    def _tell_rejected(self, rejected: list[dict[str, str]]) -> None:
        """Name each, but not a whole file of them: all are in the quarantine."""
        for entry in rejected[:TOLD_REJECTED]:
            log.warning("event=rejected origin=%s reason=%s", entry["origin"], entry["reason"])
        if more := [entry["origin"].rpartition(":")[2] for entry in rejected[TOLD_REJECTED:]]:
            unit, form = (
                self._file.unit,
                "event=rejected_more file=%s records=%d first_%s=%s last_%s=%s",
            )
            log.warning(form, self._display, len(more), unit, more[0], unit, more[-1])

    def _tell_end(self, cursor: Cursor) -> None:
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


def _identity(path: Path) -> str:
    """Hash a file's size and beginning: the same file under another name goes on where it was."""
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
    return message.account_hash(f"{path.stat().st_size}:{hashlib.sha256(start).hexdigest()}")


def _unreadable(reason: str) -> SettingsError:
    return SettingsError("REPLAY_FILE", f"must be a readable file {reason}")


def make(settings: ReplaySettings, common: Common) -> ReplaySource:
    """Make the source of a file."""
    return ReplaySource(settings.file, settings.name, settings.speed, common.salt())
