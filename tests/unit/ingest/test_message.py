"""Messages from X's objects in all vocabularies, from v1.1, and from the contract."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fields import Context
from ingest.message import MAX_CHARACTERS, Rejection, quarantine
from ingest.sources.archive.formats import parse_message, parse_record
from ingest.sources.x.parse import parse_v1, parse_v2

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CONTEXT = Context("x", b"salt")
POST = {
    "id": "7",
    "text": "short",
    "created_at": "2026-11-22T10:00:00.000Z",
    "author_id": "12",
    "lang": "en",
    "edit_history_tweet_ids": ["7"],
}
STATUS = {
    "id_str": "7",
    "full_text": "short",
    "created_at": "Sun Nov 22 10:00:00 +0000 2026",
    "user": {"id_str": "12"},
    "lang": "en",
}
ARCHIVED = {name: value for name, value in STATUS.items() if name != "user"} | {"retweeted": False}
SURROGATE = "\ud800"


def made(post, **changes):
    message = parse_v2(POST | changes | post, CONTEXT, NOW)
    assert isinstance(message, dict), message
    return message


def reason(outcome):
    assert isinstance(outcome, Rejection), outcome
    return outcome.reason


def test_a_plain_post_becomes_the_message():
    assert made({}) == {
        "id": "7",
        "source": "x",
        "created_at": "2026-11-22T10:00:00.000Z",
        "author": "dde42548f5350c8b",
        "text": "short",
        "hashtags": None,
        "lang": "en",
        "repost": False,
    }


def test_the_author_is_a_salted_hash():
    author = made({})["author"]
    assert len(author) == 16
    assert author == made({"text": "other"})["author"]
    assert author != made({"author_id": "13"})["author"]
    assert author != parse_v2(POST, Context("x", b"pepper"), NOW)["author"]
    # X's user 12 and Mastodon's are two people.
    assert author != parse_v2(POST, Context("mastodon", b"salt"), NOW)["author"]
    assert made({"author_id": None})["author"] is None


@pytest.mark.parametrize("name", ["edit_history_tweet_ids", "edit_history_post_ids"])
def test_an_edited_post_has_the_first_id_of_its_chain(name):
    assert made({"edit_history_tweet_ids": None, "id": "9", name: ["7", "8", "9"]})["id"] == "7"


@pytest.mark.parametrize("chain", [None, [], [""], [5], "7", {}])
def test_a_chain_that_is_none_leaves_the_own_id(chain):
    assert made({"id": "9", "edit_history_tweet_ids": chain})["id"] == "9"


@pytest.mark.parametrize("name", ["note_tweet", "note_post"])
def test_a_long_post_is_read_whole(name):
    assert made({name: {"text": "the long text #end"}})["text"] == "the long text #end"
    assert made({name: None})["text"] == "short"
    assert made({name: {"text": ""}})["text"] == "short"


@pytest.mark.parametrize(
    ("references", "kind", "included"),
    [("referenced_tweets", "retweeted", "tweets"), ("referenced_posts", "reposted", "posts")],
)
def test_a_repost_has_the_text_of_the_original_when_it_is_there(references, kind, included):
    post = POST | {"text": "RT @a: cut…", references: [{"type": kind, "id": "3"}]}
    original = {"id": "3", "text": "cut", "note_tweet": {"text": "not cut #tag"}}
    line = {"data": post, "includes": {included: [original]}}
    whole, cut = parse_record(line, CONTEXT, NOW), parse_v2(post, CONTEXT, NOW)
    assert (whole["text"], whole["repost"], whole["id"]) == ("not cut #tag", True, "7")
    assert (cut["text"], cut["repost"]) == ("RT @a: cut…", True)


def test_a_quoted_post_is_not_a_repost():
    assert made({"referenced_tweets": [{"type": "quoted", "id": "3"}]})["repost"] is False


def test_the_three_entities_are_unescaped_once():
    assert made({"text": "a &amp; b &lt;3 &amp;lt; &quot;"})["text"] == "a & b <3 &lt; &quot;"


@pytest.mark.parametrize(
    ("given_time", "time"),
    [
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000Z"),
        ("2026-11-22T12:00:00.5+02:00", "2026-11-22T10:00:00.500Z"),
        ("2026-11-22T10:00:00.123456789Z", "2026-11-22T10:00:00.123Z"),
        ("2100-01-01T00:00:00Z", "2026-11-22T12:00:00.000Z"),
        ("9999-12-31T23:59:59-23:59", "2026-11-22T12:00:00.000Z"),
    ],
)
def test_times_are_utc_milliseconds_and_never_in_the_future(given_time, time):
    assert made({"created_at": given_time})["created_at"] == time


@pytest.mark.parametrize(
    "time",
    [None, 5, "", "yesterday", "2026-11-22", "2026-11-22T10:00:00", "2026-13-01T00:00:00Z",
     "0001-01-01T00:00:00+23:59", "1969-12-31T23:59:59Z", "2026-11-22T10:00:00+99:00"],
)  # fmt: skip
def test_no_time_is_a_rejection(time):
    assert "created_at" in reason(parse_v2(POST | {"created_at": time}, CONTEXT, NOW))


@pytest.mark.parametrize(
    "changes",
    [{"id": None}, {"id": -7}, {"id": ""}, {"id": "７"}, {"id": "7" * 26}, {"text": None},
     {"text": 5}, {"text": SURROGATE}, {"text": "x" * (MAX_CHARACTERS + 1)}],
)  # fmt: skip
def test_what_breaks_a_rule_is_rejected_with_the_field_s_name(changes):
    outcome = reason(parse_v2(POST | changes, CONTEXT, NOW))
    assert next(iter(changes)) in outcome or "longer" in outcome


def test_v1_is_read():
    assert parse_v1(STATUS, CONTEXT, NOW) == parse_v2(POST, CONTEXT, NOW)


def test_a_v1_repost_has_the_text_of_the_original():
    original = {"full_text": "whole &amp; all"}
    message = parse_v1(STATUS | {"retweeted_status": original}, CONTEXT, NOW)
    assert (message["text"], message["repost"]) == ("whole & all", True)


def test_a_v1_extended_tweet_is_read_whole():
    status = STATUS | {"extended_tweet": {"full_text": "whole"}}
    assert parse_v1(status, CONTEXT, NOW)["text"] == "whole"


@pytest.mark.parametrize(
    "time",
    ["Sun Foo 22 10:00:00 +0000 2026", "Sun Nov 31 10:00:00 +0000 2026", "Sun Nov 22", None,
     "Sun Nov 22 10:00:00 +9900 2026"],
)  # fmt: skip
def test_no_v1_time_is_a_rejection(time):
    assert "created_at" in reason(parse_v1(STATUS | {"created_at": time}, CONTEXT, NOW))


def test_an_item_of_an_archive_is_read_wrapped_and_bare():
    expected = made({}) | {"author": None}
    assert parse_record({"tweet": ARCHIVED}, CONTEXT, NOW) == expected
    assert parse_record(ARCHIVED, CONTEXT, NOW) == expected


@pytest.mark.parametrize(
    ("text", "repost"),
    [("RT @some_1: #a", True), ("RT @a: ", True), ("RT @a #a", False), ("rt @a: #a", False),
     ("so RT @a: #a", False), ("RT @ä: #a", False), ("RT @" + "a" * 21 + ": #a", False)],
)  # fmt: skip
def test_an_archived_repost_is_told_by_its_text(text, repost):
    archived = parse_record({"tweet": ARCHIVED | {"full_text": text}}, CONTEXT, NOW)
    assert (archived["repost"], archived["text"]) == (repost, text)


def test_the_text_of_another_s_status_does_not_make_it_a_repost():
    assert parse_v1(STATUS | {"full_text": "RT @a: by hand"}, CONTEXT, NOW)["repost"] is False


@pytest.mark.parametrize(
    ("info", "first"),
    [
        ({"initial": {"editTweetIds": ["5", "7"], "editsRemaining": "4"}}, "5"),
        ({"edit": {"initialTweetId": "5", "editControlInitial": {}}}, "5"),
        ({"edit": {"initialTweetId": "5"}, "initial": {"editTweetIds": ["6"]}}, "5"),
        ({"edit": {}, "initial": {"editTweetIds": ["6"]}}, "6"),
        ({"initial": {"editTweetIds": []}}, "7"),
        ({"initial": {"editTweetIds": [5]}}, "7"),
        ({"initial": {"editTweetIds": "5"}}, "7"),
        ({"initial": None, "edit": {"initialTweetId": None}}, "7"),
        ({"edit": {"initialTweetId": {}}}, "7"),
        ([], "7"),
        (None, "7"),
    ],
)
def test_an_archived_edit_has_the_first_id_of_its_chain(info, first):
    assert parse_record({"tweet": ARCHIVED | {"edit_info": info}}, CONTEXT, NOW)["id"] == first


@pytest.mark.parametrize("tweet", [None, 5, [], {}, ARCHIVED | {"id_str": ""}])
def test_an_item_without_a_tweet_is_rejected(tweet):
    assert reason(parse_record({"tweet": tweet}, CONTEXT, NOW))


def test_a_contract_message_stays_as_it_is_but_for_its_source():
    record = {
        "id": "mastodon:1",
        "source": "mastodon",
        "created_at": "2026-11-22T10:00:01.250Z",
        "author": "60303ae22b998861",
        "text": "a &amp; b",
        "hashtags": ["Tulips"],
        "lang": None,
        "repost": True,
    }
    expected = record | {"source": "replay"}
    assert parse_record(record, Context("replay", b""), NOW) == expected


@pytest.mark.parametrize(
    "changes",
    [{"hashtags": "a"}, {"hashtags": [1]}, {"hashtags": [SURROGATE]}, {"author": "me"},
     {"repost": 1}, {"source": "myspace"}, {"id": "x" * 257}, {"id": SURROGATE}],
)  # fmt: skip
def test_a_broken_contract_message_is_rejected(changes):
    assert reason(parse_message(POST | changes, CONTEXT, NOW))


def test_the_quarantined_record_is_short_and_can_be_written():
    entry = quarantine("why", "x", {"text": SURROGATE * 5000})
    assert len(entry["record"]) == 1024
    assert quarantine("why", "f:1", SURROGATE)["record"] == "?"
    json.dumps(entry, ensure_ascii=False).encode()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.sampled_from(["7", SURROGATE, "retweeted", POST["created_at"], STATUS["created_at"]]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip
NAMES = (
    *POST, *STATUS, "data", "includes", "tweets", "posts", "note_tweet", "note_post", "type",
    "referenced_tweets", "referenced_posts", "edit_history_post_ids", "hashtags", "author",
    "repost", "source", "retweeted_status", "extended_tweet", "tweet", "edit_info",
)  # fmt: skip
OBJECTS = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)
LIKELY = st.sampled_from(
    [{}, POST, STATUS, POST | {"hashtags": []}, {"tweet": ARCHIVED | {"edit_info": {"edit": {}}}}]
)


@given(LIKELY, OBJECTS | JSON)
def test_any_json_is_a_message_or_a_rejection(base, value):
    record = base | value if isinstance(value, dict) else value
    for reader in (parse_record, parse_v2, parse_v1, parse_message):
        outcome = reader(record, CONTEXT, NOW)
        if isinstance(outcome, Rejection):
            entry = quarantine(outcome.reason, "x", record)
            assert len(json.dumps(entry, ensure_ascii=False).encode()) < 10_000
        else:
            assert json.dumps(outcome, ensure_ascii=False).encode()
            assert outcome["created_at"] <= "2026-11-22T12:00:00.000Z"
