"""The replay source: formats, damaged lines, resuming, pace."""

import gzip
import json

import pytest

from ingest.settings import SettingsError
from ingest.sources import SourceError
from ingest.sources.line_file import LONGEST_LINE_BYTES
from ingest.sources.replay import BATCH_LINES, ReplaySource

TIME = "2026-11-22T10:00:00.000Z"


class Clock:
    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


def tweet(number, time=TIME):
    return json.dumps({"id": str(number), "text": f"tweet {number}", "created_at": time})


def written(path, lines, packed=False):
    raw = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    path.write_bytes(gzip.compress(raw) if packed else raw)
    return path


@pytest.fixture
def replay():
    """Makes sources and closes them in the end."""
    made = []

    def make(path, speed=0.0, clock=None):
        source = ReplaySource(path, "tweets.jsonl", speed, b"salt", clock or Clock())
        made.append(source)
        return source

    yield make
    for source in made:
        source.close()


def drained(source, cursor=None):
    """All batches from a cursor on."""
    batches = []
    while True:
        batches.append(source.fetch(cursor))
        cursor = json.loads(json.dumps(batches[-1].cursor))
        if batches[-1].finished:
            return batches


def ids(batches):
    return [int(message["id"]) for batch in batches for message in batch.messages]


@pytest.mark.parametrize("packed", [False, True])
def test_every_line_once_in_order_whatever_the_packing(tmp_path, replay, packed):
    count = BATCH_LINES + 500
    path = written(tmp_path / "no-suffix", map(tweet, range(count)), packed)
    batches = drained(replay(path))
    assert ids(batches) == list(range(count))
    assert len(batches[0].messages) == BATCH_LINES
    assert batches[-1].cursor == {"line": count, "sent": count, "rejected": 0}
    assert {message["source"] for message in batches[0].messages} == {"replay"}


def test_the_three_formats_may_be_mixed(tmp_path, replay):
    v1 = {"id_str": "2", "full_text": "v1", "created_at": "Sun Nov 22 10:00:00 +0000 2026"}
    contract = {"id": "demo:1:3", "text": "c", "created_at": TIME, "hashtags": ["a"]}
    stream = {"data": {"id": "4", "text": "s", "created_at": TIME}}
    path = written(
        tmp_path / "f", [tweet(1), json.dumps(v1), json.dumps(contract), json.dumps(stream)]
    )
    (batch,) = drained(replay(path))
    assert [message["id"] for message in batch.messages] == ["1", "2", "demo:1:3", "4"]
    assert [message["text"] for message in batch.messages] == ["tweet 1", "v1", "c", "s"]


def test_damaged_lines_are_set_aside_with_their_numbers(tmp_path, replay):
    bad = {
        1: b"\xef\xbb\xbf" + tweet(1).encode(),  # ignored at the start of the file
        2: tweet(2)[:20],
        3: b"\xff\xfe",
        4: '{"id": "4", "text": 5, "created_at": "' + TIME + '"}',
        5: "",
        6: "[" * 100_000,
        7: '{"id": "7", "text": "\\ud800", "created_at": "' + TIME + '"}',
        8: '"' + "x" * (LONGEST_LINE_BYTES * 2 + 5) + '"',
        9: b"\xef\xbb\xbf" + tweet(9).encode(),
        10: tweet(10),
        11: "9" * 5000,
    }
    batches = drained(replay(written(tmp_path / "f", bad.values())))
    rejected = [entry for batch in batches for entry in batch.rejected]
    assert ids(batches) == [1, 10]
    assert [entry["origin"] for entry in rejected] == [
        f"tweets.jsonl:{number}" for number in (2, 3, 4, 6, 7, 8, 9, 11)
    ]
    assert all(len(entry["record"]) <= 1024 for entry in rejected)
    assert batches[-1].cursor == {"line": 11, "sent": 2, "rejected": 8}


@pytest.mark.parametrize("packed", [False, True])
def test_a_new_process_goes_on_behind_the_cursor(tmp_path, replay, packed):
    path = written(tmp_path / "a", map(tweet, range(BATCH_LINES + 10)), packed)
    before = replay(path)
    cursor = before.fetch(None).cursor
    renamed = path.rename(tmp_path / "b")
    after = replay(renamed)
    assert after.key == before.key
    assert ids(drained(after, cursor)) == list(range(BATCH_LINES, BATCH_LINES + 10))


def test_a_finished_file_is_not_read_again(tmp_path, replay):
    path = written(tmp_path / "a", map(tweet, range(10)))
    (batch,) = drained(replay(path))
    (again,) = drained(replay(path), batch.cursor)
    assert (again.messages, again.cursor) == ([], batch.cursor)


def test_another_file_has_another_cursor(tmp_path, replay):
    one, other = (written(tmp_path / str(n), [tweet(n)]) for n in (1, 2))
    assert replay(one).key != replay(other).key


def test_a_truncated_gzip_file_ends_where_it_breaks(tmp_path, replay, caplog):
    path = written(tmp_path / "f", map(tweet, range(5000)), packed=True)
    path.write_bytes(path.read_bytes()[:-20])
    found = ids(drained(replay(path)))
    assert found == list(range(len(found)))
    assert len(found) > 1000
    assert "replay_damaged" in caplog.text


@pytest.mark.parametrize("speed", [1.0, 10.0])
def test_in_real_time_each_tweet_comes_when_it_is_due(tmp_path, replay, speed):
    times = [f"2026-11-22T10:00:{second:02}Z" for second in (0, 10, 10, 30)]
    path = written(tmp_path / "f", [tweet(n, time) for n, time in enumerate(times)])
    clock, cursor, seen = Clock(), None, []
    source, start = replay(path, speed, clock), clock.now
    while True:
        batch = source.fetch(cursor)
        seen += [(int(each["id"]), (clock.now - start) * speed) for each in batch.messages]
        cursor = batch.cursor
        if batch.finished:
            break
        clock.now += batch.wait
    assert [number for number, _ in seen] == [0, 1, 2, 3]
    assert [when for _, when in seen] == pytest.approx([0, 10, 10, 30], abs=0.001)


def test_a_stop_while_waiting_for_a_tweet_does_not_lose_it(tmp_path, replay):
    times = ["2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"]
    path = written(tmp_path / "f", [tweet(n, time) for n, time in enumerate(times)])
    batch = replay(path, 1.0).fetch(None)
    assert (ids([batch]), batch.cursor["line"], batch.wait) == ([0], 1, 3600)
    assert ids(drained(replay(path, 1.0), batch.cursor)) == [1]


def test_progress_is_told_every_few_seconds(tmp_path, replay, caplog):
    caplog.set_level("INFO", "ingest")
    clock = Clock()
    source = replay(written(tmp_path / "f", map(tweet, range(BATCH_LINES * 2))), clock=clock)
    cursor = source.fetch(None).cursor
    assert "event=progress" not in caplog.text
    clock.now += 10
    source.fetch(cursor)
    assert "event=progress source=replay file=tweets.jsonl lines=4000" in caplog.text


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_is_a_wrong_setting(tmp_path, name):
    with pytest.raises(SettingsError, match="REPLAY_FILE must be a readable file"):
        ReplaySource(tmp_path / name, "f", 0, b"")


def test_a_file_that_vanishes_is_tried_again(tmp_path, replay):
    path = written(tmp_path / "f", [tweet(1)])
    source = replay(path)
    path.unlink()
    with pytest.raises(SourceError, match="REPLAY_FILE"):
        source.fetch(None)
    written(path, [tweet(1)])
    assert ids([source.fetch(None)]) == [1]
