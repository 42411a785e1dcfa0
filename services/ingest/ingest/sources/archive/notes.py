"""Full texts of the long posts in an archive downloaded from X.

tweets.js has only their beginnings; the full texts are in note-tweet.js beside it. Nothing there
names the post, so a note is matched to the post with the same beginning and time.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

from ingest.sources.archive.archive_file import ArchiveFile
from ingest.sources.x.hashtags import before_cut
from ingest.sources.x.parse import v1_time

log = logging.getLogger(__name__)

# Well within the 280 characters that a long post is cut to. The two files write links differently,
# so the comparison stops at the first one.
KEY_CHARACTERS = 40
SAME_TIME_SECONDS = 60
MOST_CHARACTERS = 100_000_000


class Notes:
    """The notes of one or more files."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._notes: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
        left = MOST_CHARACTERS
        for time, text in (note for path in paths for note in _read(path)):
            left -= len(text)
            if left < 0:
                log.warning("event=notes_left_out: note-tweet.js is longer than 100 MB")
                break
            self._notes[_key(unescape(text))].append((time, text))

    def whole(self, item: object) -> object:
        """Return an item of tweets.js, with the full text if it is a long post.

        That drops its `entities`, which only cover the beginning.
        """
        tweet = item.get("tweet") if isinstance(item, dict) else None
        text = tweet.get("full_text") if isinstance(tweet, dict) else None
        beginning = before_cut(text) if self._notes and isinstance(text, str) else None
        if beginning is None or not isinstance(tweet, dict):
            return item
        note = self._find(unescape(beginning), tweet.get("created_at"))
        if note is None:
            return item
        others = {name: value for name, value in tweet.items() if name != "entities"}
        return {"tweet": others | {"full_text": note}}

    def _find(self, beginning: str, created_at: object) -> str | None:
        try:
            time = v1_time(created_at)
        except (ValueError, OverflowError):
            return None
        compared = beginning.partition("http")[0]
        if not compared.strip():
            return None
        for noted, text in self._notes.get(_key(beginning), []):
            is_near = time is not None and abs((noted - time).total_seconds()) <= SAME_TIME_SECONDS
            if is_near and unescape(text).startswith(compared):
                return text
        return None


def _read(path: Path) -> Iterator[tuple[datetime, str]]:
    """Yield the time and text of each note in a file; skip notes that lack one of them."""
    with closing(ArchiveFile([path])) as file:
        file.seek(0)
        while not file.ended:
            record = file.next()
            note = record.get("noteTweet") if isinstance(record, dict) else None
            core = note.get("core") if isinstance(note, dict) else None
            text = core.get("text") if isinstance(core, dict) else None
            time = _time(note.get("createdAt")) if isinstance(note, dict) else None
            if time and isinstance(text, str):
                yield time, text


def _time(value: object) -> datetime | None:
    """Read an ISO 8601 time, UTC unless it says otherwise; None for anything else."""
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _key(text: str) -> str:
    return text[:KEY_CHARACTERS].partition("http")[0]
