"""The tweets.js of a downloaded archive: items, damage, resuming, limits."""

import gzip
import json
import tempfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.environment import SettingsError
from ingest.sources.archive.archive_file import LONGEST_HELD_BYTES, MOST_LEVELS
from ingest.sources.archive.formats import posts_of
from ingest.sources.archive.record_file import LONGEST_RECORD_BYTES
from ingest.sources.archive.script import Lists, begins_as_script
from ingest.sources.archive.source import BATCH_LINES, ReplaySource
from ingest.sources.base import Progress, SourceError

NAME = "window.YTD.tweets.part0 = "
NOW = 1_800_000_000.0


def item(number, **changes):
    """An item as X writes it: numbers are strings, and there is no user."""
    fields = {
        "edit_info": {"initial": {"editTweetIds": [str(number)], "isEditEligible": True}},
        "retweeted": False,
        "source": '<a href="https://example.org" rel="nofollow">Web</a>',
        "entities": {"hashtags": [{"text": "tag", "indices": ["0", "4"]}], "urls": []},
        "display_text_range": ["0", "140"],
        "favorite_count": "3",
        "id_str": str(number),
        "id": str(number),
        "created_at": "Wed Oct 10 20:19:24 +0000 2018",
        "full_text": f"#tag {number} &amp; 東京 😀",
        "lang": "en",
    }
    return {"tweet": fields | changes}


def script(items, name=NAME):
    return (name + json.dumps(items, indent=2, ensure_ascii=False)).encode()


@pytest.fixture
def replay(tmp_path):
    """Makes sources of a file's content and closes them in the end."""
    made = []

    def make(content, speed=0.0):
        path = tmp_path / "file"
        path.write_bytes(content)
        made.append(ReplaySource(path, "tweets.js", speed, b"salt", lambda: NOW))
        return made[-1]

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


def rejected(batches):
    return [(entry["origin"], entry["reason"]) for batch in batches for entry in batch.rejected]


@pytest.mark.parametrize("first", ["tweets", "tweet"])
def test_an_archive_in_parts_is_read_whole_from_its_first_part(tmp_path, first):
    """Each part begins as the first one does, and ends without a line feed."""
    order = ["", "-part1", "-part2", "-part10"]
    for number, part in enumerate(order):
        name = f"window.YTD.tweets.part{number} = "
        (tmp_path / f"{first}{part}.js").write_bytes(
            script([item(number), item(number + 10)], name)
        )
    for other in ("tweets-part3.js.bak", "deleted-tweets.js", "tweetdeck.js"):
        (tmp_path / other).write_bytes(script([item(99)]))
    source = ReplaySource(tmp_path / f"{first}.js", "tweets.js", 0, b"salt", lambda: NOW)
    batches = drained(source)
    assert ids(batches) == [0, 10, 1, 11, 2, 12, 3, 13]
    assert source.stats.progress == Progress(8, 0, 1.0)
    assert ids(drained(source, {"line": 3, "sent": 3, "rejected": 0})) == [11, 2, 12, 3, 13]
    source.close()
    alone = ReplaySource(tmp_path / f"{first}-part2.js", "part", 0, b"salt", lambda: NOW)
    assert ids(drained(alone)) == [2, 12]
    alone.close()


@pytest.mark.component
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        NAME,
        "window.YTD.tweet.part0 = ",
        "window.YTD.tweets.part12=",
        "\ufeff\r\n  window.YTD.tweets.part0 =\n",
        " " * 3000 + NAME,
    ],
)
def test_every_item_once_in_order_whatever_the_packing(replay, name, packed):
    count = BATCH_LINES + 500
    content = script([item(number) for number in range(count)], name)
    source = replay(gzip.compress(content) if packed else content)
    batches = drained(source)
    assert ids(batches) == list(range(count))
    assert len(batches[0].messages) == BATCH_LINES
    assert batches[-1].cursor == {"line": count, "sent": count, "rejected": 0}
    assert source.stats.progress == Progress(count, 0, 1.0)
    assert batches[0].messages[7] == {
        "id": "7",
        "source": "replay",
        "created_at": "2018-10-10T20:19:24.000Z",
        "author": None,
        "text": "#tag 7 & 東京 😀",
        "hashtags": ["tag"],
        "lang": "en",
        "repost": False,
    }


def test_an_archive_on_one_line_is_read(replay):
    content = (NAME + json.dumps([item(1), item(2)])).encode()
    assert ids(drained(replay(content))) == [1, 2]


@pytest.mark.parametrize("between", ["\n", "", ";\n\n", "\r\n\ufeff", ";\n" + " " * 200], ids=repr)
@pytest.mark.parametrize(
    "name", [NAME, "module.exports = ", "export default ", "const tweets=", "var a = "]
)
def test_lists_one_behind_the_other_are_read_as_one(replay, name, between):
    quoting = item(2, full_text="#a ]; window.x = [ ]\nconst y = [")
    parts = [script([item(1), quoting], name), script([], name), script([item(3)], name)]
    if not between and name != NAME:
        parts = parts[:1]
    content = between.encode().join(parts) + b" ;\r\n"
    batches = drained(replay(content))
    assert ids(batches) == [1, 2, 3][: 2 if len(parts) == 1 else 3]
    assert batches[0].messages[1]["text"] == quoting["tweet"]["full_text"]


@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_without_a_name_is_read(replay, indent):
    assert ids(drained(replay(json.dumps([item(1), item(2)], indent=indent).encode()))) == [1, 2]


def test_lists_without_names_are_read_one_behind_the_other(replay):
    assert ids(drained(replay(b"\n".join([script([item(1)], ""), script([item(2)], "")])))) == [
        1,
        2,
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 4096])
def test_a_list_ends_wherever_a_piece_ends(size):
    first, second = script([item(1)]), script([item(2)])
    content = BytesIO(first + b" ;\n" + second + b";")
    lists, found = Lists(lambda _: content.read(size)), []
    while lists.next_list():
        found.append(b"".join(iter(lambda: lists.read(7), b"")))
    assert found == [first.removeprefix(NAME.encode()), second.removeprefix(NAME.encode())]
    assert not lists.is_cut


def test_items_of_the_first_archives_have_no_wrapping(replay):
    assert ids(drained(replay(script([item(1)["tweet"]])))) == [1]


@pytest.mark.component
@pytest.mark.parametrize("packed", [False, True])
def test_a_new_process_goes_on_behind_the_cursor(replay, packed):
    content = script([item(number) for number in range(BATCH_LINES + 10)])
    content = gzip.compress(content) if packed else content
    cursor = replay(content).fetch(None).cursor
    assert cursor["line"] == BATCH_LINES
    assert ids(drained(replay(content), cursor)) == list(range(BATCH_LINES, BATCH_LINES + 10))
    done = {"line": BATCH_LINES + 10, "sent": BATCH_LINES + 10, "rejected": 0}
    (again,) = drained(replay(content), done)
    assert (again.messages, again.rejected, again.cursor) == ([], [], done)


def test_in_real_time_each_item_comes_when_it_is_due(replay):
    later = item(2, created_at="Wed Oct 10 20:20:24 +0000 2018")
    batch = replay(script([item(1), later]), 2.0).fetch(None)
    assert (ids([batch]), batch.cursor["line"], batch.wait) == ([1], 1, 30)


def test_items_with_wrong_fields_are_set_aside_with_their_numbers(replay, caplog):
    items = [item(1), item(2, full_text=None), 5, "😀", None, [1.5], {"like": {}}, item(8)]
    items.append({"tweet": "text"})
    batches = drained(replay(script(items)))
    assert ids(batches) == [1, 8]
    assert [origin for origin, _ in rejected(batches)] == [
        f"tweets.js:{number}" for number in (2, 3, 4, 5, 6, 7, 9)
    ]
    records = [entry["record"] for batch in batches for entry in batch.rejected]
    assert json.loads(records[0]) == items[1]
    assert records[1:] == ["5", "😀", "null", "[1.5]", '{"like": {}}', '{"tweet": "text"}']
    assert batches[-1].cursor == {"line": 9, "sent": 2, "rejected": 7}
    assert "event=rejected origin=tweets.js:2 reason=text is missing" in caplog.text


def test_many_wrong_items_are_told_by_their_numbers(replay, caplog):
    drained(replay(script([*[{"like": {}}] * 50, item(1)])))
    more = "event=rejected_more file=tweets.js records=30 first_item=21 last_item=50"
    assert more in caplog.messages


def cut_off(content):
    return content[: content.rindex(b"full_text")]


@pytest.mark.parametrize(
    ("damaged", "after", "error"),
    [
        (cut_off, 99, "parse error: premature EOF"),
        (lambda content: content[:-1], 100, "parse error: premature EOF"),
        (lambda content: content.replace(b'"id": "50"', b'"id": 50"'), 50, "lexical error"),
        (lambda content: content.replace(b"#tag 50", b"#tag \xff"), 50, "lexical error: invalid b"),
        (lambda content: content.replace(b"#tag 50", rb"\udc00"), 50, "'utf-8' codec can't decode"),
        (lambda content: content.replace(b'"50"', b"9" * 5000), 50, "parse error: integer"),
        (lambda content: content.replace(b'"id": "50"', b'"id": 1e999'), 50, "parse error"),
        (lambda content: NAME.encode(), 0, "it has no list of posts"),
        (lambda content: b"window.YTD.", 0, "it has no list of posts"),
        (lambda content: b"window.YTD." + b"x" * 50_000, 0, "it has no list of posts"),
        (lambda content: NAME.encode() + b'{"tweet": {}}', 0, "it has no list of posts"),
    ],
)  # fmt: skip
def test_all_before_a_damage_is_read_and_the_damage_told_once(
    replay, caplog, damaged, after, error
):
    batches = drained(replay(damaged(script([item(number) for number in range(100)]))))
    assert ids(batches) == list(range(after))
    assert rejected(batches) == []
    (record,) = caplog.records
    place = f"event=replay_damaged source=replay file=tweets.js after_item={after}: {error}"
    assert record.getMessage().startswith(place)
    assert "\n" not in record.getMessage()
    assert record.levelname == "ERROR"


@pytest.mark.component
def test_damage_in_the_packing_ends_the_reading_as_late_as_it_can(replay, caplog):
    content = script([item(number) for number in range(3000)])
    batches = drained(replay(gzip.compress(content)[:-20]))
    found = ids(batches)
    assert found == list(range(len(found)))
    assert len(found) > 2900
    assert f"after_item={len(found)}: Compressed file ended" in caplog.text
    (cut_at_once,) = drained(replay(gzip.compress(content)[:600]))
    assert not cut_at_once.finished
    assert caplog.text.count("replay_damaged") == 2
    assert caplog.text.count("after_item") == 2


def test_an_archive_without_tweets_is_finished_with_a_warning(replay, caplog):
    (batch,) = drained(replay(script([])))
    assert (batch.messages, batch.rejected) == ([], [])
    assert caplog.messages == ["event=replay_empty source=replay file=tweets.js: it is empty"]


def test_the_end_is_told_with_numbers_and_rate(replay, caplog):
    caplog.set_level("INFO", "ingest")
    drained(replay(script([item(1), {}])))
    form = "event=replayed source=replay file=tweets.js items=2 sent=1 rejected=1 items_per_second="
    assert caplog.messages[-1].startswith(form)


@pytest.mark.component
def test_an_item_that_is_too_large_is_set_aside_and_reading_goes_on(replay):
    long_text = item(2, full_text="x" * 5_000_000)
    long_list = item(3, list=["x" * 1000] * (LONGEST_RECORD_BYTES // 1000 + 100))
    deep: list = []
    for _ in range(MOST_LEVELS + 2):
        deep = [deep]
    near = item(5, full_text="x" * 99_000, list=["x" * 1000] * 1500)
    batches = drained(replay(script([item(1), long_text, long_list, deep, near])))
    assert ids(batches) == [1, 5]
    assert rejected(batches) == [
        ("tweets.js:2", "the item is longer than 2000000 bytes"),
        ("tweets.js:3", "the item is longer than 2000000 bytes"),
        ("tweets.js:4", f"the item is nested over {MOST_LEVELS} levels deep"),
    ]
    records = [entry["record"] for batch in batches for entry in batch.rejected]
    assert records[0].startswith('{"tweet": {"edit_info"')
    assert max(map(len, records)) == 1024


@pytest.mark.component
def test_what_would_fill_the_memory_ends_the_reading(replay, caplog):
    content = script([item(1), item(2, full_text="x" * (LONGEST_HELD_BYTES + 100_000))])
    assert ids(drained(replay(content))) == [1]
    assert "after_item=1: an item is longer than 10000000 bytes" in caplog.text


def test_a_million_levels_take_no_time(replay, caplog):
    content = NAME.encode() + b"[" * 1_000_000
    assert ids(drained(replay(content))) == []
    assert "after_item=0: parse error: premature EOF" in caplog.text


@pytest.mark.parametrize(
    "content", [b"", b"window.YT", b'{"window.YTD.": 1}', b"x window.YTD.", b"\x1f\x8bwindow.YTD."]
)
def test_other_content_is_no_archive(content):
    assert not begins_as_script(content)


# Larger numbers are damage to the parser; X writes none.
NUMBERS = st.integers(1 - 2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
PIECES = st.sampled_from([json.dumps(item(1)).encode(), b"[", b"]", b"{", b"}", b",", b" ", b"1e9"])


def outcome(content):
    """The messages, and the number of those and of the rejected ones."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f"
        path.write_bytes(content)
        source = ReplaySource(path, "f", 0, b"salt", lambda: NOW)
        batches = drained(source)
        source.close()
    return ids(batches), len(ids(batches)) + len(rejected(batches))


@given(st.binary(max_size=100) | st.lists(PIECES | st.binary(max_size=5)).map(b"".join))
def test_any_bytes_behind_the_name_only_end(content):
    for whole in (NAME.encode() + content, gzip.compress(NAME.encode() + b"[" + content)):
        with suppress(SourceError, SettingsError):  # it has no post, or is no text
            outcome(whole)


@given(st.lists(JSON, max_size=5), st.integers(0, 3), st.booleans())
def test_every_item_of_any_json_is_a_message_or_a_rejection(items, indent, escaped):
    content = json.dumps([item(1), *items], indent=indent or None, ensure_ascii=escaped)
    assert outcome((NAME + content).encode()) == (
        [1],
        1 + sum(len(posts_of(each)) for each in items),
    )


@pytest.mark.parametrize(
    ("names", "named"),
    [
        (["tweets-part0.js", "tweets-part1.js"], "tweets-part0.js"),
        (["tweets-part1.js", "tweets-part2.js"], "tweets-part1.js"),
        (["tweets.json", "tweets-part1.json"], "tweets.json"),
    ],
)
@pytest.mark.parametrize("name", ["", "module.exports = ", "posts = "])
def test_parts_have_any_numbers_and_names(tmp_path, names, named, name):
    for number, each in enumerate(names):
        (tmp_path / each).write_bytes(script([item(number)], name))
    (tmp_path / "tweet-part9.js").write_bytes(script([item(9)], name))
    source = ReplaySource(tmp_path / named, named, 0, b"salt", lambda: NOW)
    assert ids(drained(source)) == [0, 1]
    source.close()


def test_an_empty_first_part_does_not_hide_the_others(tmp_path):
    (tmp_path / "tweets.js").touch()
    (tmp_path / "tweets-part1.js").write_bytes(script([item(1)]))
    source = ReplaySource(tmp_path / "tweets.js", "tweets.js", 0, b"salt", lambda: NOW)
    assert ids(drained(source)) == [1]
    source.close()


# -- long posts -----------------------------------------------------------------------------------

LONG = "word " * 60 + "https://example.org/a/page about #longtags and #theend"


def long_item(number, text, at="Wed Oct 10 20:19:24 +0000 2018"):
    """An item as X writes it of a long post: its beginning, with links of its own."""
    cut = text.replace("https://example.org", "https://t.co")[:276]
    return item(number, full_text=f"{cut}…", created_at=at, entities={"hashtags": []})


def note(text, at="2018-10-10T20:19:24.000Z"):
    return {"noteTweet": {"noteTweetId": "1", "createdAt": at, "core": {"text": text}}}


def with_notes(tmp_path, items, notes):
    (tmp_path / "tweets.js").write_bytes(script(items))
    (tmp_path / "note-tweet.js").write_bytes(script(notes, "window.YTD.note_tweet.part0 = "))
    source = ReplaySource(tmp_path / "tweets.js", "tweets.js", 0, b"salt", lambda: NOW)
    batches = drained(source)
    source.close()
    return [message["text"] for batch in batches for message in batch.messages]


@pytest.mark.parametrize(
    ("beginning", "text", "at"),
    [
        (LONG, LONG, "2018-10-10T20:19:24.000Z"),
        (LONG, LONG, "2018-10-10T20:20:20"),
        (f"@a @b {LONG}", LONG, "2018-10-10T20:19:24.000Z"),
        (f"https://example.org/1 {LONG}", f"https://example.org/1 {LONG}", "2018-10-10T20:19:24Z"),
        (
            LONG.replace("word", "wo&amp;rd"),
            LONG.replace("word", "wo&amp;rd"),
            "2018-10-10T20:19:24Z",
        ),
        ("cafe\u0301 " + LONG, "café " + LONG, "2018-10-10T20:19:24Z"),
        (
            "x" * 30 + " https://example.org " + LONG,
            "x" * 30 + " example.org " + LONG,
            "2018-10-10T20:19:24Z",
        ),
    ],
)
def test_a_long_post_has_the_text_of_its_note(tmp_path, beginning, text, at):
    (found,) = with_notes(tmp_path, [long_item(1, beginning)], [note(text, at)])
    assert found == text.replace("&amp;", "&")
    assert found.endswith("#theend")


@pytest.mark.parametrize(
    "other",
    [
        note(LONG.replace("word", "other")),
        note(LONG, "2018-10-10T20:21:00.000Z"),
        note("&#" + "1" * 5000 + ";" + LONG),
        note(LONG, "yesterday"),
        {"noteTweet": {"core": None}},
    ],
)
def test_a_note_of_another_post_is_not_taken(tmp_path, other):
    (found,) = with_notes(tmp_path, [long_item(1, LONG)], [other])
    assert "#theend" not in found


def test_each_note_belongs_to_one_post(tmp_path):
    texts = [f"New: https://example.org/{n} {LONG} #number{n}" for n in (1, 2)]
    items = [long_item(1, texts[0]), long_item(2, texts[1], "Wed Oct 10 20:19:34 +0000 2018")]
    notes = [note(texts[0]), note(texts[1], "2018-10-10T20:19:34.000Z")]
    assert with_notes(tmp_path, items, notes) == texts


def test_a_damaged_file_of_notes_is_named(tmp_path, caplog):
    (tmp_path / "tweets.js").write_bytes(script([long_item(1, LONG)]))
    (tmp_path / "note-tweet.js").write_bytes(script([note(LONG)])[:-20])
    ReplaySource(tmp_path / "tweets.js", "tweets.js", 0, b"salt", lambda: NOW).close()
    assert "event=notes_damaged file=note-tweet.js after_item=0" in caplog.text
