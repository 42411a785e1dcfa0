"""A file of tweets: JSON Lines, plain or gzip, in any of the formats that message.py reads."""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ingest import message
from ingest.fields import Context, Message
from ingest.settings import SettingsError
from ingest.sources import Batch, Cursor, SourceError
from ingest.sources.line_file import LONGEST_LINE_BYTES, LineFile

log = logging.getLogger(__name__)

BATCH_LINES = 2000
# A batch is held in memory until Kafka has acknowledged it.
BATCH_BYTES = 8_000_000
IDENTITY_BYTES = 65_536
PROGRESS_SECONDS = 5.0
BYTE_ORDER_MARK = "\ufeff"


class ReplaySource:
    """The lines of a file in their order; `speed` 0 as fast as possible, 1 in real time.

    The cursor is `{"line", "sent", "rejected"}`: lines dealt with, and what became of them. Its
    key depends on the file's content, not on its name. `display` is what the user calls the
    file. Raises SettingsError for a file that cannot be read.
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
        self.key = f"replay:{_identity(path)}"
        self._display, self._speed, self._clock = display, speed, clock
        self._context = Context(self.name, salt)
        self._file = LineFile(path)
        self._early: Message | None = None
        self._pace: tuple[float, float] | None = None
        self._said = (clock(), 0)

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return the next 2,000 lines or, at a speed, those that are due."""
        done = cursor or {"line": 0, "sent": 0, "rejected": 0}
        try:
            if self._file.seek(done["line"] + bool(self._early)):
                self._early, self._pace = None, None
                self._said = (self._clock(), self._file.number)
            return self._batch(done)
        except OSError as error:
            self.close()
            raise SourceError("file", f"REPLAY_FILE {self._display}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file; the next fetch opens it again."""
        self._file.close()

    def _batch(self, done: Cursor) -> Batch:
        messages: list[Message] = []
        rejected: list[dict[str, str]] = []
        wait, size, finished = 0.0, 0, False
        while len(messages) + len(rejected) < BATCH_LINES and size < BATCH_BYTES:
            raw, outcome = self._next()
            size += len(raw)
            if outcome is None:
                finished = True
                break
            if isinstance(outcome, message.Rejection):
                rejected.append(self._quarantined(outcome.reason, raw))
                continue
            wait = self._ahead_of_time(outcome)
            if wait > 0:
                self._early = outcome
                break
            messages.append(outcome)
        self._progress()
        following = {
            "line": self._file.number - bool(self._early),
            "sent": done["sent"] + len(messages),
            "rejected": done["rejected"] + len(rejected),
        }
        return Batch(messages, following, max(wait, 0.0), rejected, finished)

    def _next(self) -> tuple[bytes, Message | message.Rejection | None]:
        """Read a line that is not empty and what it says; None at the end of the file."""
        if self._early:
            early, self._early = self._early, None
            return b"", early
        while raw := self._file.next():
            if raw.strip():
                return raw, self._read(raw)
        return b"", None

    def _read(self, raw: bytes) -> Message | message.Rejection:
        if len(raw) >= LONGEST_LINE_BYTES:
            return message.Rejection(f"the line is longer than {LONGEST_LINE_BYTES} bytes")
        try:
            text = raw.decode("utf-8")
            # RFC 8259, section 8.1: a mark may be ignored; editors put it at a file's start.
            text = text.removeprefix(BYTE_ORDER_MARK) if self._file.number == 1 else text
            record = json.loads(text)
        except UnicodeDecodeError:
            return message.Rejection("the line is not UTF-8")
        except (ValueError, RecursionError) as error:
            return message.Rejection(f"the line is not JSON: {error}"[:200])
        return message.from_any(record, self._context, datetime.fromtimestamp(self._clock(), UTC))

    def _quarantined(self, reason: str, raw: bytes) -> dict[str, str]:
        record = raw[: 4 * message.QUARANTINE_CHARACTERS].decode("utf-8", "replace")
        origin = f"{self._display}:{self._file.number}"
        log.warning("event=rejected origin=%s reason=%s", origin, reason)
        return message.quarantine(reason, origin, record)

    def _ahead_of_time(self, tweet: Message) -> float:
        """Seconds until a tweet is due, counted from the first one; 0 or less: now."""
        if not self._speed:
            return 0.0
        told, now = datetime.fromisoformat(tweet["created_at"]).timestamp(), self._clock()
        first_told, started = self._pace = self._pace or (told, now)
        return started + (told - first_told) / self._speed - now

    def _progress(self) -> None:
        now, line = self._clock(), self._file.number
        said_at, said_line = self._said
        if now < said_at + PROGRESS_SECONDS:
            return
        rate, share = (line - said_line) / (now - said_at), 100 * self._file.share()
        form = "event=progress source=replay file=%s lines=%d lines_per_second=%.0f read=%.0f%%"
        log.info(form, self._display, line, rate, share)
        self._said = (now, line)


def _identity(path: Path) -> str:
    """Hash a file's size and beginning: the same file under another name goes on where it was."""
    try:
        with path.open("rb") as file:
            start = hashlib.sha256(file.read(IDENTITY_BYTES)).hexdigest()
        return message.account_hash(f"{path.stat().st_size}:{start}")
    except OSError as error:
        reason = f"{path.name}: {error.strerror}"
        raise SettingsError(f"REPLAY_FILE must be a readable file ({reason})") from error
