"""Full texts of the long posts in an archive downloaded from X.

tweets.js has only their beginnings; the full texts are in note-tweet.js beside it. Nothing there
names the post, so a note is matched to the post with the same beginning and time.
"""

import logging
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

from ingest.sources.archive.archive_file import ArchiveFile
from ingest.sources.x.hashtags import before_cut
from ingest.sources.x.parse import v1_time

log = logging.getLogger(__name__)

SAME_TIME = timedelta(seconds=60)
# A shorter beginning may be that of many posts.
LEAST_CHARACTERS = 20
MOST_CHARACTERS = 100_000_000
A_LINK = "\ufffc"
LINK = re.compile(r"https?://\S+")
MENTIONS = re.compile(r"\A(?:@\w+\s+)+", re.ASCII)


@dataclass(eq=False)
class _Note:
    """A note's time, its text as the file has it, and the text that is compared.

    `owner` is the id of the post that it was found to belong to.
    """

    time: datetime
    text: str
    compared: str
    owner: object = None


class Notes:
    """The notes of one or more files."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._by_minute: defaultdict[int, list[_Note]] = defaultdict(list)
        left = MOST_CHARACTERS
        for note in (note for path in paths for note in _read(path)):
            left -= len(note.text)
            if left < 0:
                log.warning(
                    "event=notes_left_out: note-tweet.js is longer than 100 MB; "
                    "posts whose full text comes later in it are read in short"
                )
                break
            self._by_minute[_minute(note.time)].append(note)

    def whole(self, item: object) -> object:
        """Return an item of tweets.js, with the full text if it is a long post."""
        tweet = item.get("tweet") if isinstance(item, dict) else None
        text = tweet.get("full_text") if isinstance(tweet, dict) else None
        beginning = before_cut(text) if self._by_minute and isinstance(text, str) else None
        if beginning is None or not isinstance(tweet, dict):
            return item
        note = self._find(beginning, tweet.get("created_at"), tweet.get("id_str"))
        if note is None:
            return item
        note.owner = tweet.get("id_str")
        return {"tweet": tweet | {"extended_tweet": {"full_text": note.text}}}

    def _find(self, beginning: str, created_at: object, post_id: object) -> _Note | None:
        """The nearest note of the same time that begins so, and belongs to no other post.

        If none does, it may have written a link in another way: then the text before it decides.
        """
        try:
            time = v1_time(created_at)
        except (ValueError, OverflowError):
            return None
        if time is None:
            return None
        compared = _comparable(beginning)
        minute = _minute(time)
        near = [note for each in range(minute - 1, minute + 2) for note in self._by_minute[each]]
        near.sort(key=lambda note: abs(note.time - time))
        free = [
            note
            for note in near
            if abs(note.time - time) <= SAME_TIME and note.owner in (None, post_id)
        ]
        for start in (compared, compared.partition(A_LINK)[0]):
            for note in free:
                if len(start) >= LEAST_CHARACTERS and note.compared.startswith(start):
                    return note
        return None


def _read(path: Path) -> Iterator[_Note]:
    """Yield each note in a file; skip notes that lack their text or time."""
    with closing(ArchiveFile([path])) as file:
        file.seek(0)
        while not file.ended:
            record = file.next()
            note = record.get("noteTweet") if isinstance(record, dict) else None
            core = note.get("core") if isinstance(note, dict) else None
            text = core.get("text") if isinstance(core, dict) else None
            time = _time(note.get("createdAt")) if isinstance(note, dict) else None
            if time and isinstance(text, str):
                yield _Note(time, text, _comparable(text))
        if file.damage:
            form = "event=notes_damaged file=%s after_item=%d: %s; later posts are read in short"
            log.warning(form, path.name, file.number, file.damage)


def _comparable(text: str) -> str:
    """A text without what the two files write differently: escapes, links, blanks, mentions."""
    with suppress(ValueError):  # a number that is too large to be a character
        text = unescape(text)
    text = unicodedata.normalize("NFC", LINK.sub(A_LINK, text)).lstrip()
    return " ".join(MENTIONS.sub("", text, count=1).split())


def _time(value: object) -> datetime | None:
    """Read an ISO 8601 time, UTC unless it says otherwise; None for anything else."""
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _minute(time: datetime) -> int:
    return int(time.timestamp()) // 60
