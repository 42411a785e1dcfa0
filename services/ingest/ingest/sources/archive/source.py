"""Replays a file of posts: JSON Lines in any format that formats.py parses, or X's tweets.js."""

import logging
import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ingest.environment import SettingsError
from ingest.fields import Context, Message
from ingest.message import Rejection, quarantine
from ingest.settings import Common
from ingest.sources.archive.formats import parse_record, posts_of
from ingest.sources.archive.identify import Version, identify
from ingest.sources.archive.progress import ProgressReporter, Rate, progress_reporter
from ingest.sources.archive.record_file import NOTHING
from ingest.sources.archive.settings import ReplaySettings
from ingest.sources.base import Batch, Cursor, Progress, SourceError, SourceReplaced, SourceStats

log = logging.getLogger(__name__)

BATCH_LINES = 2000
# A batch stays in memory until Kafka has acknowledged it.
BATCH_BYTES = 8_000_000
MAX_LOGGED_REJECTED = 20
# After this many rejected records without a single post, the file is not one of posts.
HOPELESS_RECORDS = 300

Post = tuple[Message | Rejection, object]
"""A parsed post, and what the quarantine keeps of it if it was rejected."""


class ReplaySource:
    """Replays the records of a file in order: as fast as possible at `speed` 0, in real time at 1.

    Real time starts with the first post that this process reads; older posts are due at once. The
    cursor is `{"line", "sent", "rejected"}`: how many lines, or items of an archive, were read, and
    how many posts were sent and rejected; `within` is how many posts of the next line were. The key
    depends on the file's content, not on its name. `display` is the user's name for the file.
    Raises SettingsError if the file cannot be read.
    """

    name = "replay"
    former_keys: tuple[str, ...] = ()

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
        self._posts: deque[Post] = deque()
        self._within = 0
        self._pace: tuple[float, float] | None = None
        self._reporter: ProgressReporter | None = None
        self._rate = Rate(0, clock)
        self._refusal = ""
        self._version: Version = ()
        self._identify()

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Return the next 2,000 records or, if a speed is set, those of them that are due."""
        done = cursor or {"line": 0, "sent": 0, "rejected": 0}
        try:
            self._check_refused()
            if not self._file.is_open or self._place() != (done["line"], done.get("within", 0)):
                self._open(done)
            if not self._reporter:
                self._reporter = progress_reporter(self._display, self._file.number, self._clock)
                self._rate = Rate(self._file.number, self._clock)
            batch = self._batch(done)
        except OSError as error:
            self._file.close()
            raise SourceError("file", f"REPLAY_FILE {self._display}: {error.strerror}") from error
        self._report(batch, self._reporter)
        return batch

    def close(self) -> None:
        """Close the file and the progress bar; the next fetch reopens them."""
        self._file.close()
        if self._reporter:
            self._reporter.close()
            self._reporter = None

    def _identify(self) -> None:
        """Determine what the file is."""
        found = identify(self._path, self._display)
        self._found, self._file, self._notes = found, found.file, found.notes
        self.key, self.former_keys = found.key, (found.former_key,)
        # Without AUTHOR_SALT, a salt that nobody without the file can compute.
        self._context = Context(self.name, self._salt or f"author\n{found.content}".encode())

    def _check_refused(self) -> None:
        """Raise SourceError while the file is refused, SourceReplaced once it has changed."""
        if self._file.damage and not self._refusal:
            place = f"{self._file.unit} {self._file.number:,}"
            raise self._refuse(f"is damaged after {place}: {self._file.damage}")
        if self._refusal:
            if self._found.version() == self._version:
                raise self._refuse(self._refusal)
            try:
                self._identify()
            except SettingsError as error:
                raise SourceError("file", f"REPLAY_FILE {error.rule}") from error
            self._refusal = ""
            raise SourceReplaced

    def _open(self, done: Cursor) -> None:
        """Stand behind what is done."""
        self._posts.clear()
        self._pace, self._within = None, done.get("within", 0)
        self._version = self._found.version()
        self._file.seek(done["line"])
        if self._within:
            self._posts.extend(self._next()[self._within :])
            self._within = self._within if self._posts else 0

    def _place(self) -> tuple[int, int]:
        """How many records are done, and how many posts of the next one."""
        return self._file.number - bool(self._posts), self._within

    def _batch(self, done: Cursor) -> Batch:
        file = self._file
        last, full = file.number + BATCH_LINES, file.unpacked + BATCH_BYTES
        messages: list[Message] = []
        rejected: list[dict[str, str]] = []
        wait = 0.0
        while wait <= 0 and not file.ended and file.number < last and file.unpacked < full:
            self._posts = self._posts or deque(self._next())
            while self._posts:
                outcome, record = self._posts[0]
                if isinstance(outcome, Rejection):
                    origin = f"{self._display}:{file.number}"
                    rejected.append(quarantine(outcome.reason, origin, record))
                elif (wait := self._ahead_of_time(outcome)) > 0:
                    break
                else:
                    messages.append(outcome)
                self._posts.popleft()
                self._within += 1
            if not self._posts:
                self._within = 0
        if file.ended and self._found.version() != self._version:
            raise self._refuse("is still being written")
        sent, all_rejected = done["sent"] + len(messages), done["rejected"] + len(rejected)
        is_at_end = file.ended and not file.damage
        if rejected and not sent and (is_at_end or all_rejected >= HOPELESS_RECORDS):
            raise self._hopeless(all_rejected, rejected[-1]["reason"])
        number, within = self._place()
        following = {"line": number, "sent": sent, "rejected": all_rejected}
        following |= {"within": within} if within else {}
        # In a terminal the program ends with the file, however that ends.
        finished = file.ended and (not file.damage or sys.stdin.isatty())
        return Batch(messages, following, max(wait, 0.0), rejected, finished=finished)

    def _hopeless(self, records: int, reason: str) -> SourceError:
        """Reject a file of many records without a single post; nothing is quarantined."""
        text = (
            f"has no post among its first {records:,} {self._file.unit}s ({reason}): give it a "
            "tweets.js of X, or JSON Lines of posts"
        )
        return self._refuse(text)

    def _refuse(self, text: str) -> SourceError:
        """Leave the file alone until it is written or replaced."""
        self._file.close()
        self._refusal = text
        return SourceError("file", f"REPLAY_FILE {self._display} {text}")

    def _next(self) -> list[Post]:
        """Read and parse the posts of a record, or none."""
        record = self._file.next()
        if record is NOTHING:
            return []
        if isinstance(record, Rejection):
            return [(record, self._file.excerpt())]
        now = datetime.fromtimestamp(self._clock(), UTC)
        posts = [self._notes.whole(post) for post in posts_of(record)]
        parsed = [(parse_record(post, self._context, now), post) for post in posts]
        # Of a record that is one post, the quarantine keeps the record as it stands in the file.
        return [(parsed[0][0], self._file.excerpt())] if len(parsed) == 1 else parsed

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
        if batch.finished or self._file.damage:
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
            form += "; replace it with a whole file"
            log.error(form, self._display, file.unit, file.number, file.damage)
        elif not file.number:
            log.warning("event=replay_empty source=replay file=%s: it is empty", self._display)
        form = "event=replayed source=replay file=%s %ss=%d sent=%d rejected=%d %ss_per_second=%.0f"
        counts = (cursor["line"], cursor["sent"], cursor["rejected"])
        rate = self._rate.at(file.number)
        log.info(form, self._display, file.unit, *counts, file.unit, rate)


def make(settings: ReplaySettings, common: Common) -> ReplaySource:
    """Make the replay source."""
    return ReplaySource(settings.file, settings.name, settings.speed, common.author_salt.encode())
