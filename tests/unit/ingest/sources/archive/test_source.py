"""The replay source on JSON Lines: formats, damaged lines, resuming, pace, progress."""

import gzip
import hashlib
import io
import json
import logging
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.environment import SettingsError
from ingest.sources.archive.formats import posts_of
from ingest.sources.archive.line_file import LineFile
from ingest.sources.archive.record_file import (
    GZIP_MAGIC,
    LONGEST_RECORD_BYTES,
    why_unreadable,
)
from ingest.sources.archive.script import begins_as_script
from ingest.sources.archive.source import (
    BATCH_LINES,
    HOPELESS_RECORDS,
    MAX_LOGGED_REJECTED,
    ReplaySource,
)
from ingest.sources.base import Progress, SourceError, SourceReplaced

TIME = "2026-11-22T10:00:00.000Z"
TWEET = json.dumps({"id": "7", "text": "v2", "created_at": TIME})
V1 = json.dumps({"id_str": "7", "full_text": "v1", "created_at": "Sun Nov 22 10:00:00 +0000 2026"})


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
    """All batches from a cursor on, to the end of the file or to a damage."""
    batches = []
    while True:
        try:
            batches.append(source.fetch(cursor))
        except SourceError as error:
            if "is damaged after" not in str(error):
                raise
            return batches
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


def test_the_formats_may_be_mixed(tmp_path, replay):
    v1 = {"id_str": "2", "full_text": "v1", "created_at": "Sun Nov 22 10:00:00 +0000 2026"}
    contract = {"id": "demo:1:3", "text": "c", "created_at": TIME, "hashtags": ["a"]}
    stream = {"data": {"id": "4", "text": "s", "created_at": TIME}}
    archived = {"tweet": v1 | {"id_str": "5", "full_text": "RT @a: a"}}
    lines = [tweet(1), *map(json.dumps, (v1, contract, stream, archived))]
    (batch,) = drained(replay(written(tmp_path / "f", lines)))
    assert [message["id"] for message in batch.messages] == ["1", "2", "demo:1:3", "4", "5"]
    assert [message["text"] for message in batch.messages] == [
        "tweet 1",
        "v1",
        "c",
        "s",
        "RT @a: a",
    ]
    assert [message["repost"] for message in batch.messages] == [False] * 4 + [True]


def test_damaged_lines_are_set_aside_with_their_numbers(tmp_path, replay):
    bad = {
        1: b"\xef\xbb\xbf" + tweet(1).encode(),  # a mark is ignored
        2: tweet(2)[:20],
        3: b"\xff\xfe",
        4: '{"id": "4", "text": 5, "created_at": "' + TIME + '"}',
        5: "",
        6: "[" * 100_000,
        7: '{"id": "7", "text": "\\ud800", "created_at": "' + TIME + '"}',
        8: '"' + "x" * (LONGEST_RECORD_BYTES * 2 + 5) + '"',
        9: b"\xef\xbb\xbf" + tweet(9).encode(),
        10: tweet(10),
        11: "9" * 5000,
        12: "null",
    }
    batches = drained(replay(written(tmp_path / "f", bad.values())))
    rejected = [entry for batch in batches for entry in batch.rejected]
    assert ids(batches) == [1, 9, 10]
    assert [entry["origin"] for entry in rejected] == [
        f"tweets.jsonl:{number}" for number in (2, 3, 4, 6, 7, 8, 11, 12)
    ]
    assert all(len(entry["record"]) <= 1024 for entry in rejected)
    assert [entry["reason"] for entry in rejected][-1] == "the record is not a JSON object"
    assert rejected[0]["record"] == tweet(2)[:20] + "\n"
    assert batches[-1].cursor == {"line": 12, "sent": 3, "rejected": 8}


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
    place = f"event=replay_damaged source=replay file=tweets.jsonl after_line={len(found)}: "
    assert caplog.text.count(place) == 1
    assert caplog.text.count("replay_damaged") == 1


def test_a_gzip_file_with_a_wrong_sum_is_read_to_its_end_and_told(tmp_path, replay, caplog):
    path = written(tmp_path / "f", map(tweet, range(10)), packed=True)
    raw = bytearray(path.read_bytes())
    raw[-8] ^= 1
    path.write_bytes(raw)
    assert ids(drained(replay(path))) == list(range(10))
    assert "after_line=10: CRC check failed" in caplog.text


def test_parts_packed_one_by_one_are_one_file(tmp_path, replay):
    path = tmp_path / "f"
    parts = [gzip.compress(f"{tweet(n)}\n".encode()) for n in range(3)]
    path.write_bytes(b"".join(parts))
    assert ids(drained(replay(path))) == [0, 1, 2]


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


def test_real_time_goes_on_from_where_it_stopped(tmp_path, replay):
    times = [f"2026-11-22T10:00:{second:02}Z" for second in (0, 10, 30, 35)]
    path = written(tmp_path / "f", [tweet(n, time) for n, time in enumerate(times)])
    clock = Clock()
    source = replay(path, 2.0, clock)
    first = source.fetch(None)
    assert (ids([first]), first.wait) == ([0], 5)
    source.close()
    cursor, seen, clock.now = first.cursor, [], clock.now + 1000
    source, start = replay(path, 2.0, clock), clock.now
    while cursor["line"] < 4:
        batch = source.fetch(cursor)
        seen += [(number, clock.now - start) for number in ids([batch])]
        cursor, clock.now = batch.cursor, clock.now + batch.wait
    assert seen == [(1, 0), (2, 10), (3, 12.5)]


def test_an_older_tweet_is_due_at_once_in_real_time(tmp_path, replay):
    times = ["2026-11-22T10:00:00Z", "2026-11-22T09:00:00Z"]
    path = written(tmp_path / "f", [tweet(n, time) for n, time in enumerate(times)])
    assert ids([replay(path, 1.0).fetch(None)]) == [0, 1]


def test_a_batch_that_is_asked_for_again_is_whole(tmp_path, replay):
    """Also when a tweet that is not due yet had been read."""
    times = ["2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"]
    path = written(tmp_path / "f", [tweet(n, time) for n, time in enumerate(times)])
    clock = Clock()
    source = replay(path, 1.0, clock)
    first = source.fetch(None)
    clock.now += 1
    again = source.fetch(None)
    assert (ids([again]), again.cursor, again.wait) == ([0], first.cursor, 3600)
    clock.now += 3600
    assert ids(drained(source, again.cursor)) == [1]


def test_blank_lines_do_not_hold_a_batch_up(tmp_path, replay):
    path = written(tmp_path / "f", [""] * (BATCH_LINES * 2) + [" \r", tweet(1)])
    batches = drained(replay(path))
    assert ids(batches) == [1]
    assert batches[0].cursor["line"] == BATCH_LINES


def test_many_malformed_lines_do_not_flood_the_log(tmp_path, replay, caplog):
    path = written(tmp_path / "f", [tweet(1), *["bad"] * (BATCH_LINES * 2)])
    batches = drained(replay(path))
    assert sum(len(batch.rejected) for batch in batches) == BATCH_LINES * 2
    told = [record.getMessage() for record in caplog.records]
    named = [line for line in told if line.startswith("event=rejected origin=")]
    assert named[0].startswith("event=rejected origin=tweets.jsonl:2 reason=the line is not JSON")
    more = [line for line in told if "event=rejected_more" in line]
    first, last = MAX_LOGGED_REJECTED + 2, BATCH_LINES
    assert more[0] == (
        "event=rejected_more file=tweets.jsonl"
        f" records={last - first + 1} first_line={first} last_line={last}"
    )
    assert (len(batches), len(named), len(more)) == (3, MAX_LOGGED_REJECTED * 2 + 1, 2)


def test_progress_is_told_every_few_seconds_and_at_the_end(tmp_path, replay, caplog):
    caplog.set_level("INFO", "ingest")
    clock = Clock()
    path = written(tmp_path / "f", [*map(tweet, range(BATCH_LINES * 2)), "bad"])
    source = replay(path, clock=clock)
    cursor = source.fetch(None).cursor
    assert source.stats.progress.line == BATCH_LINES
    assert source.stats.progress.share == pytest.approx(0.5, abs=0.05)
    assert "event=progress" not in caplog.text
    clock.now += 10
    cursor = source.fetch(cursor).cursor
    progress = (
        "event=progress source=replay file=tweets.jsonl lines=4000 lines_per_second=400 read="
    )
    assert progress in caplog.text
    assert source.fetch(cursor).finished
    assert source.stats.progress == Progress(BATCH_LINES * 2 + 1, 1, 1.0)
    assert caplog.messages[-1] == (
        "event=replayed source=replay file=tweets.jsonl"
        " lines=4001 sent=4000 rejected=1 lines_per_second=400"
    )
    assert caplog.text.count("event=progress") == 1


def test_the_rate_counts_what_this_process_reads(tmp_path, replay, caplog):
    caplog.set_level("INFO", "ingest")
    path, clock = written(tmp_path / "f", map(tweet, range(BATCH_LINES + 50))), Clock()
    cursor = replay(path).fetch(None).cursor
    source = replay(path, clock=clock)
    cursor = source.fetch(cursor).cursor
    clock.now += 5
    drained(source, cursor)
    assert caplog.messages[-1].endswith("lines=2050 sent=2050 rejected=0 lines_per_second=10")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Makes a terminal that shows both the bar and the log."""
    root, handlers = logging.getLogger(), []

    def make():
        made = Terminal()
        monkeypatch.setattr(sys, "stderr", made)
        handlers.append(logging.StreamHandler(made))
        root.addHandler(handlers[-1])
        return made

    yield make
    for handler in handlers:
        root.removeHandler(handler)


def test_a_terminal_shows_a_bar_and_the_log_above_it(tmp_path, replay, caplog, terminal):
    caplog.set_level("INFO", "ingest")
    clock, shown = Clock(), terminal()
    handlers = list(logging.getLogger().handlers)
    path = written(tmp_path / "f", [*map(tweet, range(BATCH_LINES * 2)), "bad"])
    source, cursor = replay(path, clock=clock), None
    for _ in range(2):
        cursor = source.fetch(cursor).cursor
        clock.now += 10
    logging.getLogger("ingest").info("something else")
    drained(source, cursor)
    text = shown.getvalue()
    assert f"{path.stat().st_size / 1000:.0f}k/" in text
    assert "200 lines/s" in text
    assert "\rsomething else\n" in text
    assert "event=progress" not in caplog.text
    assert "100%" in text.splitlines()[-2]
    assert text.splitlines()[-1].startswith("event=replayed")
    assert logging.getLogger().handlers == handlers


def test_a_stop_ends_the_bar_with_its_line(tmp_path, replay, terminal):
    shown = terminal()
    handlers = list(logging.getLogger().handlers)
    source = replay(written(tmp_path / "f", map(tweet, range(BATCH_LINES * 2))))
    source.fetch(None)
    assert "tweets.jsonl: " in shown.getvalue()
    assert not shown.getvalue().endswith("\n")
    source.close()
    assert shown.getvalue().endswith("\n")
    assert logging.getLogger().handlers == handlers


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")], ids=["", "gzip"])
def test_an_empty_file_is_finished_at_once_with_a_warning(tmp_path, replay, caplog, content):
    path = tmp_path / "f"
    path.write_bytes(content)
    batch = replay(path).fetch(None)
    assert (batch.messages, batch.rejected, batch.finished) == ([], [], True)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == "event=replay_empty source=replay file=tweets.jsonl: it is empty"


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("missing", None, r"\(mine: No such file or directory\)"),
        (".", None, "this is a directory: name a file in it, such as data/tweets.js"),
        ("zip", b"PK\x03\x04rest", "a zip file: unpack it and name the file in it"),
        ("/dev/null", None, "a device or a pipe"),
    ],
)
def test_what_is_no_readable_file_is_a_wrong_setting(tmp_path, name, content, advice):
    if content:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match=f"REPLAY_FILE must be a readable file .*{advice}"):
        ReplaySource(tmp_path / name, "mine", 0, b"")


def test_a_file_that_vanishes_is_tried_again(tmp_path, replay):
    path = written(tmp_path / "f", [tweet(1)])
    source = replay(path)
    path.unlink()
    with pytest.raises(SourceError, match="REPLAY_FILE"):
        source.fetch(None)
    written(path, [tweet(1)])
    assert ids([source.fetch(None)]) == [1]


LINES = st.lists(
    st.sampled_from([tweet(1).encode(), b"", b" ", b"\r", b"\xff", b"{}", b"[", b"null"])
    | st.binary(max_size=40)
).map(b"\n".join)
CONTENT = st.binary(max_size=200) | LINES


def json_of(line):
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def dealt_with(content):
    """How many records became a message or a rejection."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f"
        path.write_bytes(content)
        source = ReplaySource(path, "f", 0, b"salt", Clock())
        batches = drained(source)
        source.close()
    return sum(len(batch.messages) + len(batch.rejected) for batch in batches)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_another_encoding_is_refused_at_once_and_named(tmp_path, encoding, packed):
    content = "".join(tweet(number) + "\n" for number in range(9)).encode(encoding)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if packed else content)
    named = encoding[:6].upper() if "32" not in encoding or encoding == "utf-32" else "UTF-"
    with pytest.raises(SettingsError, match=f"my.jsonl is in {named}.*save it as UTF-8"):
        ReplaySource(path, "my.jsonl", 0, b"salt", Clock())


def test_a_file_of_something_else_is_left_at_once_and_nothing_is_set_aside(tmp_path):
    other = [json.dumps({"name": "x"})] * 5000
    source = ReplaySource(written(tmp_path / "f", other), "f", 0, b"salt", Clock())
    for _ in range(2):
        with pytest.raises(SourceError, match="f has no post among its first 2,000 lines"):
            source.fetch(None)


@pytest.mark.parametrize(
    "content", [f"{TWEET}\n", f'window.YTD.tweets.part0 = [{{"tweet": {V1}}}]']
)
def test_a_file_that_takes_the_place_of_a_refused_one_is_read(tmp_path, content):
    path = written(tmp_path / "f", [json.dumps({"name": "x"})] * 5000)
    source = ReplaySource(path, "f", 0, b"salt", Clock())
    with pytest.raises(SourceError):
        source.fetch(None)
    before = source.key
    (tmp_path / "new").write_bytes(json.dumps({"name": "x"}).encode("utf-16"))
    (tmp_path / "new").replace(path)
    with pytest.raises(SourceError, match="REPLAY_FILE must be a readable file in UTF-8"):
        source.fetch(None)
    (tmp_path / "new").write_text(content)
    (tmp_path / "new").replace(path)
    with pytest.raises(SourceReplaced):
        source.fetch(None)
    assert source.key != before
    assert ids(drained(source)) == [7]


def test_bad_lines_before_good_ones_are_set_aside(tmp_path):
    lines = ["{}"] * (HOPELESS_RECORDS - 1) + [tweet(1)] + ["{}"] * 1000
    source = ReplaySource(written(tmp_path / "f", lines), "f", 0, b"salt", Clock())
    assert sum(len(batch.rejected) for batch in drained(source)) == HOPELESS_RECORDS + 999


@given(CONTENT, st.booleans())
def test_every_line_of_any_bytes_is_a_message_or_a_rejection(content, packed):
    told_apart = (b"PK", b"\xef\xbb\xbf", GZIP_MAGIC)
    is_other = begins_as_script(content) or why_unreadable(content)
    if not is_other and not content.lstrip().startswith(told_apart):
        # One post more: a file without any is refused.
        content = tweet(0).encode() + b"\n" + content
        lines = [line for line in content.split(b"\n") if line.strip()]
        records = sum(len(posts_of(json_of(line))) for line in lines)
        assert dealt_with(gzip.compress(content) if packed else content) == records


@given(CONTENT, st.integers(0, 300), st.binary(min_size=1, max_size=4))
def test_a_damaged_gzip_file_of_any_kind_only_ends(content, place, damage):
    packed = gzip.compress(content)
    # What is left of it may look like another encoding, or have no post.
    with suppress(SettingsError, SourceError):
        dealt_with(GZIP_MAGIC + packed[2:place] + damage + packed[place + len(damage) :])


# -- what happens to the file meanwhile -----------------------------------------------------------


def test_a_file_that_is_still_being_written_is_read_once_it_is_whole(tmp_path, monkeypatch):
    path = written(tmp_path / "f", [tweet(number) for number in range(200)])
    source = ReplaySource(path, "f", 0, b"salt", Clock())
    cursor = {"line": 0, "sent": 0, "rejected": 0}
    first, read = source.key, LineFile.next

    def read_while_it_grows(file):
        if file.number == 199:
            with path.open("ab") as writer:
                writer.write(tweet(200).encode()[:20])
        return read(file)

    with monkeypatch.context() as patch:
        patch.setattr(LineFile, "next", read_while_it_grows)
        with pytest.raises(SourceError, match="REPLAY_FILE f is still being written"):
            source.fetch(cursor)
    written(path, [tweet(number) for number in range(300)])
    with pytest.raises(SourceReplaced):
        source.fetch(cursor)
    assert source.key == first
    assert ids(drained(source, cursor)) == list(range(300))


def test_a_file_that_has_grown_resumes_where_it_ended(tmp_path):
    path = written(tmp_path / "f", [tweet(number) for number in range(200)])
    before = ReplaySource(path, "f", 0, b"salt", Clock())
    cursor = drained(before)[-1].cursor
    written(path, [tweet(number) for number in range(205)])
    after = ReplaySource(path, "f", 0, b"salt", Clock())
    assert after.key == before.key
    assert ids(drained(after, cursor)) == [200, 201, 202, 203, 204]


def test_the_key_of_the_first_edition_is_known(tmp_path):
    path = written(tmp_path / "f", [tweet(number) for number in range(2000)])
    content = hashlib.sha256(path.read_bytes()[:65_536]).hexdigest()
    former = hashlib.sha256(f"{path.stat().st_size}:{content}".encode()).hexdigest()[:16]
    assert ReplaySource(path, "f", 0, b"salt", Clock()).former_keys == (f"replay:{former}",)


def test_a_damaged_file_is_a_failure_until_it_is_replaced(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(gzip.compress(b"\n".join([tweet(1).encode(), tweet(2).encode()]))[:-8])
    source = ReplaySource(path, "f", 0, b"salt", Clock())
    batch = source.fetch(None)
    assert (ids([batch]), batch.finished) == ([1], False)
    for _ in range(2):
        with pytest.raises(SourceError, match="REPLAY_FILE f is damaged after line 1"):
            source.fetch(batch.cursor)
    written(path, [tweet(1), tweet(2)])
    with pytest.raises(SourceReplaced):
        source.fetch(batch.cursor)
    assert ids(drained(source)) == [1, 2]


# -- records of several posts ---------------------------------------------------------------------


RESPONSE = {
    "data": [json.loads(tweet(number)) for number in (1, 2, 3)],
    "includes": {"users": []},
    "meta": {"result_count": 3},
}


@pytest.mark.parametrize("form", ["lines", "a list"])
def test_responses_of_the_api_are_read_post_by_post(tmp_path, replay, form):
    empty = {"meta": {"result_count": 0}}
    failed = {"errors": [{"title": "Not Found Error"}]}
    records = [RESPONSE, empty, failed, RESPONSE | {"data": [json.loads(tweet(4)), {"id": "x"}]}]
    lines = [json.dumps(each) for each in records]
    path = written(tmp_path / "f", lines if form == "lines" else [f"[{','.join(lines)}]"])
    batches = drained(replay(path))
    assert ids(batches) == [1, 2, 3, 4]
    assert [entry["origin"] for batch in batches for entry in batch.rejected] == ["tweets.jsonl:4"]
    assert batches[-1].cursor == {"line": 4, "sent": 4, "rejected": 1}


def test_in_real_time_the_posts_of_a_response_come_one_by_one(tmp_path, replay):
    times = [f"2026-11-22T10:0{minute}:00.000Z" for minute in range(4)]
    posts = [json.loads(tweet(number, time)) for number, time in enumerate(times)]
    path = written(tmp_path / "f", [json.dumps({"data": posts[:3]}), json.dumps(posts[3])])
    clock = Clock()
    source, cursor, found = replay(path, 1.0, clock), None, []
    for _ in range(4):
        batch = source.fetch(cursor)
        cursor = json.loads(json.dumps(batch.cursor))
        found.append((ids([batch]), cursor["line"], cursor.get("within"), batch.wait))
        clock.now += 60
        # A new process knows as much as the cursor says; its own pace begins anew.
    assert found == [([0], 0, 1, 60), ([1], 0, 2, 60), ([2], 1, None, 60), ([3], 2, None, 0)]
    restarted = replay(path)
    assert ids(drained(restarted, {"line": 0, "sent": 2, "rejected": 0, "within": 2})) == [2, 3]
    (nothing_left,) = drained(replay(path), {"line": 0, "sent": 9, "rejected": 0, "within": 9})[:1]
    assert ids([nothing_left]) == [3]
