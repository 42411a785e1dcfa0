"""An archive of tweets in three formats is counted exactly, while the rest goes on serving."""

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.checks import assert_exact, assert_few_restarts, assert_history, report
from support.oracle import Oracle
from support.orders import shuffled, start
from support.stack import START_SECONDS, Json, Stack
from support.waiting import eventually

LINES = 3000
MALFORMED = (
    b"",  # an empty line is none at all
    b"not json",
    b'{"id": "1", "text": "cut of',
    b"[1, 2, 3]",
    b'{"id": 5.5, "text": "no id", "created_at": "2026-11-01T00:00:00Z"}',
    b'{"id": "6", "text": "no time"}',
    b'{"id": "7", "created_at": "yesterday", "text": "no time either"}',
    b'{"id": "8", "created_at": "2026-11-01T00:00:00Z", "text": null}',
    b"\xff\xfe not UTF-8",
    b'{"id": "9", "text": "\\ud800 #half", "created_at": "2026-11-01T00:00:00Z"}',
)


class Archive:
    """A generated file, and apart from it what has to become of it."""

    def __init__(self, seed: int) -> None:
        self.lines: list[bytes] = []
        self.messages: list[Json] = []
        self.malformed: list[int] = []
        self._edits: dict[str, Json] = {}
        self._rng = random.Random(seed)
        self._newest = datetime.now(UTC).replace(microsecond=0)

    def fill(self, size: int) -> None:
        formats = (self._v2, self._long, self._edited, self._v1, self._contract)
        while len(self.lines) < size:
            choice = self._rng.random()
            if choice < 0.05 and self.lines:
                self._repeat()
            elif choice < 0.06:
                self._malformed()
            else:
                line, message = self._rng.choice(formats)(len(self.lines))
                self.lines.append(json.dumps(line, ensure_ascii=self._rng.random() < 0.5).encode())
                self.messages.append(message)

    def write(self, path: Path) -> None:
        path.write_bytes(gzip.compress(b"\n".join(self.lines) + b"\n"))
        path.chmod(0o644)
        path.parent.chmod(0o755)

    def _repeat(self) -> None:
        """A tweet that the archive has twice."""
        line = self._rng.choice(self.lines)
        if line in MALFORMED:
            return
        self.lines.append(line)
        # The second one is never counted, so any message with the id will do; read it is.
        self.messages.append(self.messages[0])

    def _malformed(self) -> None:
        line = self._rng.choice(MALFORMED)
        self.lines.append(line)
        if line:
            self.malformed.append(len(self.lines))

    def _message(self, number: int) -> Json:
        """A tweet of the last two weeks."""
        tags = ["Archive", "ARCHIVE", "東京", "Ünïcode", *(f"Tag{i}" for i in range(150))]
        chosen = [f"#{self._rng.choice(tags)}" for _ in range(self._rng.choice([0, 0, 1, 2, 3]))]
        minutes = self._rng.choice([1, 20, 200, 2_000, 20_000])
        # Nothing within a minute of a window's edge but what the oracle sees there too.
        created = self._newest - timedelta(seconds=60 * minutes + number % 60)
        return {
            "id": str(10**18 + number),
            "source": "replay",
            "created_at": created.isoformat(),
            "text": " ".join(["Rhyme & reason", *chosen]),
        }

    def _v2(self, number: int) -> tuple[Json, Json]:
        message = self._message(number) | {"author": "12"}
        line = {
            "id": message["id"],
            "created_at": message["created_at"].replace("+00:00", ".000Z"),
            "text": message["text"].replace("&", "&amp;"),
            "author_id": "12",
            "edit_history_tweet_ids": [message["id"]],
        }
        return line, message

    def _long(self, number: int) -> tuple[Json, Json]:
        """The field `text` of a long post is cut off."""
        line, message = self._v2(number)
        return line | {"text": "cut #off", "note_tweet": {"text": line["text"]}}, message

    def _edited(self, number: int) -> tuple[Json, Json]:
        """A version of a tweet that is named by its first one; the words change, the tags not."""
        first = str(2 * 10**18 + number // 8)
        line, message = self._v2(number)
        message = self._edits.setdefault(first, message | {"id": first})
        line |= {"created_at": message["created_at"], "text": f"Version {number} {message['text']}"}
        return line | {"edit_history_tweet_ids": [first, line["id"]]}, message

    def _v1(self, number: int) -> tuple[Json, Json]:
        message = self._message(number) | {"author": "34"}
        created = datetime.fromisoformat(message["created_at"])
        line = {
            "id": int(message["id"]),
            "id_str": message["id"],
            "created_at": created.strftime("%a %b %d %H:%M:%S +0000 %Y"),
            "full_text": message["text"].replace("&", "&amp;"),
            "user": {"id_str": "34"},
        }
        return line, message

    def _contract(self, number: int) -> tuple[Json, Json]:
        message = self._message(number) | {"hashtags": self._rng.choice([None, ["Handed", "over"]])}
        line = message | {"source": "mastodon", "author": None, "lang": "en", "repost": False}
        return line, message


def test_an_archive_is_counted(no_stack: Stack, tmp_path: Path) -> None:
    stack, path = no_stack, tmp_path / "archive.jsonl.gz"
    archive = Archive(seed=3)
    archive.fill(LINES)
    archive.write(path)
    oracle = Oracle(archive.messages)
    assert archive.malformed and len(oracle.counts) > 100
    assert oracle.read > len({message["id"] for message in archive.messages})

    stack.configure({"SOURCE": "replay", "REPLAY_FILE": str(path)})
    start(stack, shuffled(stack, "an archive", first="web"))
    assert_waiting_page(stack)
    eventually(lambda: stack.board()["tweets_read"] >= oracle.read, within=START_SECONDS)
    assert len(stack.settled()) == oracle.read
    assert_exact(stack, oracle)
    board = stack.board()
    assert (board["demo"], board["source"]) == (False, ["replay"])
    for key in ("archive", "東京", "tag0"):
        assert_history(stack, oracle, key)
    report(lines=LINES, tweets=oracle.read, malformed=len(archive.malformed))

    aside = [json.loads(value) for value in stack.records("tweets.quarantine")]
    assert [entry["origin"] for entry in aside] == [f"{path.name}:{n}" for n in archive.malformed]
    assert {entry["stage"] for entry in aside} == {"ingest"}

    # The source has come to its end, its container has not: nothing starts it again and again.
    assert "event=finished source=replay" in stack.logs("ingest")
    ingest = stack.container("ingest")
    assert (ingest["State"]["Health"]["Status"], ingest["RestartCount"]) == ("healthy", 0)
    assert stack.later_board()["tweets_read"] == oracle.read
    assert_few_restarts(stack, {})


def assert_waiting_page(stack: Stack) -> None:
    """Before the first board people are told what it waits for, and programs to come again."""
    page = stack.api("/")
    assert page.status_code == 200
    assert "Getting your first board" in page.text
    for path in ("/api/v1/trends", "/readyz"):
        response = stack.api(path)
        assert response.status_code == 503
        assert response.json()["waiting_for"]
        assert int(response.headers["Retry-After"]) > 0
