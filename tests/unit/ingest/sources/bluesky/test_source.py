"""The Bluesky source against the double over loopback HTTP, and the parser alone."""

import base64
import gzip
import json
import logging
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.bluesky import (
    APP_PASSWORD,
    CREATE,
    DID,
    FRIEND,
    HANDLE,
    RENEW,
    REPOSTER,
    TIMELINE,
    BlueskyDouble,
    environment,
)
from fakes.server import Answer, Serving
from ingest.fields import Context
from ingest.message import Rejection
from ingest.settings import read_settings
from ingest.sources.base import LONGEST_WAIT_SECONDS, SourceError
from ingest.sources.bluesky import client as bluesky_api
from ingest.sources.bluesky.parse import known_id, nameless_record, parse_item
from ingest.sources.bluesky.source import MAX_EMPTY_PAGES, PAGES, BlueskySource
from ingest.sources.bluesky.transport import PlainHttpError

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CONTEXT = Context("bluesky", b"salt")
TAG = "app.bsky.richtext.facet#tag"


@pytest.fixture
def bluesky():
    with Serving(BlueskyDouble()) as serving:
        yield serving


@pytest.fixture
def source(bluesky):
    """Makes sources that talk to the double and closes them in the end."""
    made = []

    def make(env=None, **options):
        account = read_settings(environment(bluesky.url) | (env or {})).sources["bluesky"].account
        options = {"poll_seconds": 60, "first_posts": 200, "timeout": 2.0, **options}
        made.append(BlueskySource(account, b"salt", **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def clock(monkeypatch):
    """Moves the time by which sessions are judged; it starts as on a machine that just did."""
    clock = [0.0]
    monkeypatch.setattr(bluesky_api, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    return clock


def post(bluesky, count, **fields):
    """Append so many posts and return the ids of their messages."""
    bluesky.double.add([{"text": f"post {n}", **fields} for n in range(count)])
    return [known_id(item) for _, item in bluesky.double.items[-count:]]


def ago(seconds):
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def ids(batch):
    return [message["id"] for message in batch.messages]


def walk(source, cursor=None, pages=20):
    """Fetch until a batch lets wait; the ids, and the cursor after a stop and a start."""
    found = []
    for _ in range(pages):
        batch = source.fetch(cursor)
        found += ids(batch)
        cursor = json.loads(json.dumps(batch.cursor))
        if batch.wait:
            return found, cursor
    raise AssertionError("the walk does not end")


def document(endpoint):
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer"}
    return {"id": DID, "service": [service | {"serviceEndpoint": endpoint}]}


def failure(source, cursor=None):
    with pytest.raises(SourceError) as error:
        source.fetch(cursor)
    return error.value


def paths(bluesky):
    return [call["path"] for call in bluesky.requests]


# What is forwarded, and how


def test_posts_come_oldest_first(bluesky, source):
    expected = post(bluesky, 5)
    batch = source().fetch(None)
    assert ids(batch) == expected
    assert (batch.wait, batch.finished, batch.private_skipped) == (60, False, 0)
    assert paths(bluesky) == [CREATE, TIMELINE]
    assert bluesky.requests[-1]["query"] == {"limit": "100"}


def test_a_message_has_tags_language_and_a_hashed_author(bluesky, source):
    bluesky.double.add([{"text": "Grüße #eins und #Zwei", "tags": ["drei", "eins"]}])
    (message,) = source().fetch(None).messages
    assert message["source"] == "bluesky"
    assert message["text"] == "Grüße #eins und #Zwei"
    assert message["hashtags"] == ["eins", "Zwei", "drei"]
    assert message["lang"] == "en"
    assert message["author"] == CONTEXT.author(FRIEND)
    assert message["repost"] is False


def test_a_handle_is_one_account_in_whatever_case(source):
    keys = {source({"BLUESKY_HANDLE": name}).key for name in (HANDLE, HANDLE.upper())}
    assert len(keys) == 1


def test_a_repost_is_a_tweet_of_its_own(bluesky, source):
    (uri,) = bluesky.double.add([{"text": "once", "indexedAt": ago(9000)}])
    bluesky.double.add([{"text": "once", "uri": uri, "indexedAt": ago(9000), "reason": {}}])
    first, second = source().fetch(None).messages
    assert (first["repost"], second["repost"]) == (False, True)
    assert first["id"] != second["id"]
    assert second["author"] == CONTEXT.author(REPOSTER)
    assert first["created_at"] < second["created_at"]


# The walk


def test_only_what_is_new_is_sent(bluesky, source):
    post(bluesky, 3)
    made = source()
    batch = made.fetch(None)
    again = made.fetch(batch.cursor)
    assert (ids(again), again.cursor, again.wait) == ([], batch.cursor, 60)
    new = post(bluesky, 2)
    assert ids(made.fetch(again.cursor)) == new


def test_an_empty_timeline_stays_the_first_poll(bluesky, source):
    made = source(first_posts=30)
    batch = made.fetch(None)
    assert (ids(batch), batch.wait) == ([], 60)
    assert made.fetch(batch.cursor).cursor == batch.cursor
    expected = post(bluesky, 50)[-30:]
    assert walk(made, batch.cursor)[0] == expected


@pytest.mark.parametrize(
    ("first_posts", "limits"), [(30, [30]), (200, [100, 100]), (150, [100, 50])]
)
def test_the_first_walk_is_limited(bluesky, source, first_posts, limits):
    expected = post(bluesky, 500)
    found, cursor = walk(source(first_posts=first_posts))
    assert sorted(found) == sorted(expected[-first_posts:])
    assert [int(each["query"].get("limit", 0)) for each in bluesky.requests[1:]] == limits
    new = post(bluesky, 2)
    assert walk(source(first_posts=first_posts), cursor)[0] == new


def test_one_page_a_fetch_and_no_wait_between(bluesky, source):
    made = source()
    post(bluesky, 1)
    cursor = made.fetch(None).cursor
    expected, waits, found = post(bluesky, 250), [], []
    for _ in range(3):
        calls = len(bluesky.requests)
        batch = made.fetch(cursor)
        assert len(bluesky.requests) == calls + 1
        waits.append(batch.wait)
        found.append(ids(batch))
        cursor = batch.cursor
    assert waits == [0, 0, 60]
    assert found == [expected[150:], expected[50:150], expected[:50]]
    assert cursor["at"] is None
    assert cursor["newest"] == []


@pytest.mark.parametrize("is_restarted", [False, True])
def test_nothing_is_lost_or_repeated_while_posts_arrive(bluesky, source, is_restarted):
    """Each fetch finds newer posts on top, and perhaps another process."""
    made = source()
    expected = post(bluesky, 1)
    found, cursor = walk(made)
    expected += post(bluesky, 430)
    for number in range(20):
        made = source() if is_restarted else made
        batch = made.fetch(cursor)
        found += ids(batch)
        cursor = json.loads(json.dumps(batch.cursor))
        if number < 12:
            expected += post(bluesky, 3)
    assert sorted(found) == sorted(expected)


def test_a_failed_page_is_asked_for_again(bluesky, source):
    made = source()
    post(bluesky, 1)
    cursor = made.fetch(None).cursor
    expected = post(bluesky, 250)
    bluesky.double.faults = [{"request": 4, "status": 503, "html": "<h1>Over capacity</h1>"}]
    batch = made.fetch(cursor)
    assert failure(made, batch.cursor).kind == "server"
    found, _ = walk(made, batch.cursor)
    assert sorted(ids(batch) + found) == sorted(expected)


def test_a_batch_that_was_not_taken_is_fetched_again(bluesky, source):
    made = source()
    post(bluesky, 1)
    cursor = made.fetch(None).cursor
    expected = post(bluesky, 250)
    first = made.fetch(cursor)
    lost = made.fetch(first.cursor)
    assert ids(lost) == ids(made.fetch(first.cursor))
    assert sorted(ids(first) + walk(made, first.cursor)[0]) == sorted(expected)


def test_a_long_walk_pauses(bluesky, source):
    made = source(pages=2)
    post(bluesky, 1)
    cursor = made.fetch(None).cursor
    expected, waits, found = post(bluesky, 450), [], []
    for _ in range(5):
        batch = made.fetch(cursor)
        waits.append(batch.wait)
        found += ids(batch)
        cursor = batch.cursor
    assert waits == [0, 60, 0, 60, 60]
    assert sorted(found) == sorted(expected)


def test_known_posts_that_are_deleted_hold_nothing_up(bluesky, source):
    made = source()
    post(bluesky, 150, indexedAt=ago(600))
    cursor = made.fetch(made.fetch(None).cursor).cursor
    for _, item in bluesky.double.items[-50:]:
        bluesky.double.remove(item["post"]["uri"])
    new = post(bluesky, 2)
    calls = len(bluesky.requests)
    assert walk(made, cursor)[0] == new
    assert len(bluesky.requests) == calls + 1


def test_without_any_known_post_the_walk_ends_an_hour_before_them(bluesky, source):
    post(bluesky, 300, indexedAt=ago(4 * 3600))
    missed = post(bluesky, 5, indexedAt=ago(2 * 3600 + 600))
    uris = bluesky.double.add([{"text": "gone", "indexedAt": ago(2 * 3600)}] * 3)
    made = source(first_posts=3)
    cursor = made.fetch(None).cursor
    for uri in uris:
        bluesky.double.remove(uri)
    new = post(bluesky, 2)
    batch = made.fetch(cursor)
    assert ids(batch) == missed + new
    assert (batch.wait, batch.cursor["at"]) == (60, None)
    assert ids(made.fetch(batch.cursor)) == []


def test_a_repost_that_is_made_again_hides_nothing(bluesky, source):
    made = source()
    (uri,) = bluesky.double.add([{"text": "once", "reason": {}, "indexedAt": ago(900)}])
    _, cursor = walk(made)
    bluesky.double.remove(uri)
    new = post(bluesky, 2)
    time.sleep(0.002)
    bluesky.double.add([{"text": "once", "uri": uri, "reason": {}, "indexedAt": ago(900)}])
    assert walk(made, cursor)[0] == new


def test_an_endless_cursor_ends(bluesky, source):
    bluesky.double.endless = True
    made = source()
    found, cursor = walk(made)
    assert found == []
    expected = post(bluesky, 150)
    found, cursor = walk(made, cursor)
    assert sorted(found) == sorted(expected)
    new = post(bluesky, 2)
    assert walk(made, cursor)[0] == new


@pytest.mark.parametrize("next_cursor", ["the same", "always another"])
def test_the_same_page_again_ends_the_walk(bluesky, source, next_cursor, monkeypatch):
    """As from a server that does not heed the cursor."""
    expected = post(bluesky, 150)

    def stuck(query, page=bluesky.double.page):
        cursor = "at-same" if next_cursor == "the same" else f"at-{len(bluesky.requests)}"
        return page({"limit": "100"}) | {"cursor": cursor}

    monkeypatch.setattr(bluesky.double, "page", stuck)
    found, _ = walk(source(first_posts=1000))
    assert found == expected[-100:]
    assert len(bluesky.requests) == 1 + 1 + MAX_EMPTY_PAGES


@pytest.mark.parametrize("size", [1, 7])
def test_a_page_that_comes_a_second_time_costs_nothing_that_is_older(bluesky, source, size):
    """The walk is as long as this, in pages, when its first page comes once more."""
    made = source()
    post(bluesky, 1)
    cursor = made.fetch(None).cursor
    expected = post(bluesky, 100 * size + 150)
    pages = [made.fetch(cursor)]
    for _ in range(size):
        pages.append(made.fetch(pages[-1].cursor))
    again = bluesky.double.page({"limit": "100", "cursor": pages[-2].cursor["at"] or ""})
    bluesky.double.faults = [{"request": len(bluesky.requests) + 1, "body": again}]
    found, cursor = walk(made, pages[-1].cursor)
    assert {each for page in pages for each in ids(page)} | set(found) == set(expected)
    assert walk(made, cursor)[0] == []


def test_an_empty_page_may_have_more_behind_it(bluesky, source):
    """As of a server that leaves out what the account has muted."""
    made = source()
    post(bluesky, 1)
    cursor = made.fetch(None).cursor
    expected = post(bluesky, 250)
    first = made.fetch(cursor)
    empty = bluesky.double.page({"limit": "100", "cursor": first.cursor["at"]}) | {"feed": []}
    bluesky.double.faults = [{"request": len(bluesky.requests) + 1, "body": empty}]
    found, _ = walk(made, first.cursor)
    assert sorted(ids(first) + found) == sorted(expected[:50] + expected[150:])


def test_a_page_in_another_order_loses_nothing(bluesky, source, monkeypatch):
    def mixed(query, page=bluesky.double.page):
        answer = page(query)
        return answer | {"feed": [*answer["feed"][1::2], *answer["feed"][::2]]}

    monkeypatch.setattr(bluesky.double, "page", mixed)
    expected, found, cursor, made = [], [], None, source()
    for number in (30, 130, 3):
        expected += post(bluesky, number)
        some, cursor = walk(made, cursor)
        found += some
        time.sleep(0.002)
    assert sorted(found) == sorted(expected)


def test_what_comes_late_below_what_is_known_counts(bluesky, source):
    """As a server does that sorts by the author's own time."""
    made = source()
    expected = post(bluesky, 150, indexedAt=ago(60))
    found, cursor = walk(made)
    expected += post(bluesky, 2) + post(bluesky, 1, indexedAt=ago(120))
    bluesky.double.items.insert(100, bluesky.double.items.pop())
    bluesky.double.items = [(n, item) for n, (_, item) in enumerate(bluesky.double.items, 1)]
    more, cursor = walk(made, cursor)
    assert sorted(found + more) == sorted(expected)
    assert walk(made, cursor)[0] == []


@pytest.mark.parametrize("current", [0, 2])
def test_what_comes_a_day_late_counts_and_hides_nothing(bluesky, source, current):
    made = source()
    post(bluesky, 30)
    cursor = made.fetch(None).cursor
    time.sleep(0.002)
    expected = []
    for age in [0] * current + [24 * 3600] + [0] * current:
        expected += post(bluesky, 1, indexedAt=ago(age))
    found, cursor = walk(made, cursor)
    assert sorted(found) == sorted(expected)
    assert walk(made, cursor)[0] == []


def test_a_cursor_that_is_refused_starts_from_the_top_and_repeats_nothing(bluesky, source):
    made = source()
    post(bluesky, 1)
    cursor = made.fetch(None).cursor
    expected = post(bluesky, 250)
    batch = made.fetch(cursor)
    assert batch.cursor["at"]
    expected += post(bluesky, 3)
    over = made.fetch(batch.cursor | {"at": "of another server"})
    assert (ids(over), over.wait, over.cursor["at"]) == ([], 60, None)
    found, cursor = walk(made, over.cursor)
    assert sorted(ids(batch) + found) == sorted(expected)
    new = post(bluesky, 1)
    assert walk(made, cursor)[0] == new


@pytest.mark.component
@pytest.mark.parametrize("size", [50, 60, 100])
def test_a_cursor_refused_late_in_a_long_gap_loses_nothing(bluesky, source, size, monkeypatch):
    monkeypatch.setattr("ingest.sources.bluesky.source.PAGE_SIZE", size)
    made = source()
    post(bluesky, 1)
    cursor = made.fetch(None).cursor
    expected, found = post(bluesky, 1700), []
    for _ in range(PAGES):
        batch = made.fetch(cursor)
        cursor = batch.cursor
        found += ids(batch)
    over = made.fetch(cursor | {"at": "of another server"})
    for _ in range(5):
        more, cursor = walk(made, over.cursor if over else cursor)
        found, over = found + more, None
    assert set(found) == set(expected)


def test_a_refresh_that_fails_says_nothing_of_the_cursor(bluesky, source):
    bluesky.double.token_seconds = 600
    made = source()
    post(bluesky, 1)
    cursor = made.fetch(None).cursor
    post(bluesky, 150)
    batch = made.fetch(cursor)
    body = {"error": "InvalidRequest", "message": "no"}
    bluesky.double.faults = [{"request": len(bluesky.requests) + 1, "status": 400, "body": body}]
    assert failure(made, batch.cursor).kind == "request"
    assert paths(bluesky)[-1] == RENEW


def test_the_cursor_is_small_and_names_nobody(bluesky, source):
    post(bluesky, 900)
    made = source(first_posts=800)
    cursor, sizes = None, []
    for _ in range(8):
        batch = made.fetch(cursor)
        cursor = batch.cursor
        sizes.append(len(json.dumps(cursor)))
        assert "did:" not in json.dumps(cursor)
    assert len(cursor["known"]) == 300
    assert max(sizes) < 8000


# The session


def test_one_session_serves_many_fetches(bluesky, source):
    made, cursor = source(), None
    for _ in range(10):
        post(bluesky, 1)
        cursor = made.fetch(cursor).cursor
    assert paths(bluesky) == [CREATE] + [TIMELINE] * 10


def test_a_session_is_refreshed_before_it_expires(bluesky, source):
    bluesky.double.token_seconds = 600
    made = source()
    cursor = made.fetch(None).cursor
    made.fetch(cursor)
    made.fetch(cursor)
    assert paths(bluesky) == [CREATE] + [RENEW, TIMELINE] * 3


def test_a_session_that_is_lost_is_replaced(bluesky, source):
    """Each time, however soon: a new one works, and no post is missing."""
    made = source()
    cursor = made.fetch(None).cursor
    for secret in ("another", "a third", "a fourth"):
        bluesky.double.secret = secret
        expected = post(bluesky, 1)
        batch = made.fetch(cursor)
        assert ids(batch) == expected
        cursor = batch.cursor
    assert paths(bluesky) == [CREATE, TIMELINE] + [TIMELINE, CREATE, TIMELINE] * 3


def test_a_token_whose_replacement_was_lost_leads_to_a_new_session(bluesky, source):
    """The answer to a refresh is lost: the server has replaced the token, and refuses the old."""
    bluesky.double.token_seconds = 600
    made = source()
    cursor = made.fetch(None).cursor
    for _ in range(2):
        expected = post(bluesky, 1)
        bluesky.double.faults = [{"request": len(bluesky.requests) + 1, "drop": True}]
        failure(made, cursor)
        assert paths(bluesky)[-1] == RENEW
        batch = made.fetch(cursor)
        assert ids(batch) == expected
        cursor = batch.cursor


def test_a_refused_refresh_leads_to_a_new_session(bluesky, source):
    bluesky.double.token_seconds = 600
    made = source()
    cursor = made.fetch(None).cursor
    bluesky.double.secret = "another"
    made.fetch(cursor)
    assert paths(bluesky)[3:] == [RENEW, CREATE, RENEW, TIMELINE]


@pytest.mark.parametrize("status", [401, 400])
def test_a_server_that_refuses_all_sessions_gets_few_logins(bluesky, source, clock, status):
    made = source()
    made.fetch(None)
    name = "ExpiredToken" if status == 400 else "AuthenticationRequired"
    refusal = Answer(status, {"error": name, "message": "no"})
    answer = bluesky.double.answer
    bluesky.double.answer = lambda call: refusal if call.path == TIMELINE else answer(call)
    bluesky.double.session_limit = 1000
    start, failures = clock[0], 0
    while clock[0] < start + 6 * 3600:
        failures += 1
        clock[0] += failure(made).wait(failures)
    assert paths(bluesky).count(CREATE) <= 25


@pytest.mark.parametrize("name", ["BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD"])
def test_a_wrong_credential_is_a_401_that_names_the_settings(bluesky, source, name):
    made = source({name: "wrong.example.com"})
    error = failure(made)
    assert error.kind == "401"
    assert name in str(error)
    assert [120 <= error.wait(n) <= LONGEST_WAIT_SECONDS for n in (1, 5, 50)] == [True] * 3
    assert paths(bluesky) == [CREATE]


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (400, {"error": "InvalidRequest", "message": "no handle"}, "BLUESKY_HANDLE"),
        (401, {"error": "AuthFactorTokenRequired", "message": "sent"}, "app password"),
        (401, {"error": "AccountTakedown", "message": "gone"}, "suspended"),
        (401, [], "BLUESKY_APP_PASSWORD"),
        (401, {"error": None}, "BLUESKY_APP_PASSWORD"),
        (401, "nope", "BLUESKY_APP_PASSWORD"),
        (403, {"error": "Forbidden"}, "BLUESKY_APP_PASSWORD"),
    ],
)
def test_a_refused_login_is_patient_and_says_what_to_do(bluesky, source, status, body, text):
    bluesky.double.faults = [{"status": status, "body": body}]
    error = failure(source())
    assert error.kind == str(status)
    assert text in str(error)
    assert error.wait(1) >= 120
    assert paths(bluesky) == [CREATE]


def test_a_limit_of_sessions_waits_for_its_reset(bluesky, source):
    bluesky.double.session_limit = 0
    error = failure(source())
    assert error.kind == "429"
    assert 200 <= error.wait(1) <= 302
    assert paths(bluesky) == [CREATE]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502, "html": "<h1>Bad gateway</h1>"},
        {"status": 200, "html": "<h1>Sorry</h1>"},
        {"status": 200, "body": "[]"},
        {"status": 200, "body": {"accessJwt": "a", "refreshJwt": "b"}},
        {"status": 200, "body": {"accessJwt": 5, "refreshJwt": [], "did": None, "handle": {}}},
        {"status": 200, "body": "[" * 200_000},
    ],
)
def test_a_login_that_fails_is_tried_again(bluesky, source, fault):
    bluesky.double.faults = [fault]
    made = source()
    error = failure(made)
    assert error.kind in ("server", "unreadable")
    assert error.wait(1) < 2
    assert made.fetch(None).messages == []


def test_a_login_that_fails_for_a_day_spares_the_daily_limit(bluesky, source):
    bluesky.double.faults = [{"status": 502, "html": "", "times": 1000}]
    made, seconds, calls = source(), 0.0, []
    while seconds < 24 * 3600:
        calls.append(seconds)
        seconds += failure(made).wait(len(calls))
    assert len(calls) <= 130
    assert len([at for at in calls if at < 300]) <= 20
    bluesky.double.faults = []
    bluesky.double.windows.clear()
    made.fetch(None)
    bluesky.double.secret = "another"
    bluesky.double.faults = [{"request": len(bluesky.requests) + 2, "status": 502, "html": ""}]
    assert failure(made).wait(1) < 2


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "no exp", "absurd exp", "[" * 5000])
def test_tokens_that_are_none_are_a_failure(bluesky, source, clock, token):
    claims = {"no exp": {}, "absurd exp": {"exp": 10**18}}.get(token)
    if claims is not None:
        parts = [base64.urlsafe_b64encode(json.dumps(each).encode()) for each in ({}, claims)]
        token = b".".join([*parts, b"sign"]).decode()
    session = {"did": DID, "handle": HANDLE, "accessJwt": token, "refreshJwt": token}
    bluesky.double.faults = [{"status": 200, "body": session}]
    made = source()
    assert failure(made).kind in ("network", "request")
    clock[0] += 16 * 60
    assert made.fetch(None).messages == []


def test_the_account_s_own_server_is_asked_for_the_timeline(bluesky, source):
    with Serving(BlueskyDouble()) as pds:
        bluesky.double.pds = pds.url
        expected = post(pds, 1)
        made = source()
        assert ids(made.fetch(None)) == expected
        made.fetch(None)
    assert paths(bluesky) == [CREATE]
    assert paths(pds) == [TIMELINE] * 2


def test_an_account_that_has_moved_is_found_again(bluesky, source, clock):
    with Serving(BlueskyDouble()) as old:
        bluesky.double.pds = old.url
        old.double.faults = [{"request": 2, "times": 9, "drop": True}]
        made = source()
        made.fetch(None)
        bluesky.double.pds = ""
        expected = post(bluesky, 1)
        assert failure(made).kind == "network"
        assert paths(bluesky) == [CREATE]
        clock[0] += 16 * 60
        assert ids(made.fetch(None)) == expected


def test_credentials_go_over_https_only_where_it_was_asked_for(source, monkeypatch):
    sent = []

    def send(self, request):
        sent.append(str(request.url))
        body = BlueskyDouble()._session() | {"didDoc": document("http://pds.example.com")}
        return httpx.Response(200, json=body)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", send)
    error = failure(source({"BLUESKY_URL": "https://entry.example.com"}))
    assert (error.kind, type(error.__cause__)) == ("network", PlainHttpError)
    assert sent == [f"https://entry.example.com{CREATE}"]


@pytest.mark.parametrize("doc", [None, {}, {"id": 1}])
def test_a_document_that_names_no_server_leaves_it_at_the_first(bluesky, source, doc):
    bluesky.double.faults = [{"body": bluesky.double._session() | {"didDoc": doc}}]
    source().fetch(None)
    assert paths(bluesky) == [CREATE, TIMELINE]


@pytest.mark.parametrize("endpoint", ["", "nowhere", "http://[", "ftp://pds.example.com", 5])
def test_an_absurd_server_leaves_it_at_the_first(bluesky, source, endpoint):
    bluesky.double.faults = [{"body": bluesky.double._session() | {"didDoc": document(endpoint)}}]
    source().fetch(None)
    assert paths(bluesky) == [CREATE, TIMELINE]


@pytest.mark.parametrize("doc", [5, [], "x", {"service": [None]}, {"id": "x", "service": 5}])
def test_an_absurd_document_is_a_failure_at_worst(bluesky, source, doc):
    bluesky.double.faults = [{"body": bluesky.double._session() | {"didDoc": doc}}]
    made = source()
    try:
        made.fetch(None)
    except SourceError as error:
        assert error.kind == "unreadable"
    assert made.fetch(None).messages == []


# The limits


@pytest.mark.parametrize(
    ("reset", "least", "most"),
    [
        (lambda now: str(int(now) + 100), 99, 103),
        (lambda now: str(int(now) + 365 * 86_400), 960, 960),
        (lambda now: str(int(now) - 100), 15, 18),
        (lambda now: "soon", 15, 18),
        (lambda now: "9" * 400, 15, 18),
        (lambda now: "-5", 15, 18),
        (lambda now: None, 15, 18),
    ],
)
@pytest.mark.parametrize("body", [{"error": "RateLimitExceeded"}, [], "Too many"])
def test_a_rate_limit_waits_for_its_reset_within_bounds(bluesky, source, reset, least, most, body):
    headers = {"ratelimit-reset": reset(time.time())}
    bluesky.double.faults = [{"request": 2, "status": 429, "body": body, "headers": headers}]
    error = failure(source())
    assert error.kind == "429"
    assert least <= error.wait(1) <= most
    assert len(bluesky.requests) == 2


def test_the_stats_tells_the_rate_limit(bluesky, source):
    made = source()
    assert made.stats.rate_limit is None
    made.fetch(None)
    limit = made.stats.rate_limit
    assert (limit.limit, limit.remaining) == (3000, 2999)
    assert 0 < limit.reset - time.time() <= 300


def test_no_call_is_made_that_the_last_answer_has_ruled_out(bluesky, source):
    bluesky.double.rate_limit = 1
    clock = [datetime.now(UTC)]
    made = source(now=lambda: clock[0])
    cursor = made.fetch(None).cursor
    calls = len(bluesky.requests)
    error = failure(made, cursor)
    assert (error.kind, len(bluesky.requests)) == ("429", calls)
    assert 200 <= error.wait(1) <= 302
    assert made.stats.rate_limit.remaining == 0
    clock[0] += timedelta(seconds=301)
    bluesky.double.windows.clear()
    assert made.fetch(cursor).messages == []


@pytest.mark.parametrize(
    "headers",
    [
        {"ratelimit-remaining": "0", "ratelimit-reset": "99999999999"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "1"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "soon"},
        {"ratelimit-remaining": "0"},
        {"ratelimit-remaining": "1", "ratelimit-reset": "99999999999"},
        {"ratelimit-reset": "99999999999"},
        {},
    ],
)
def test_absurd_headers_do_not_stop_the_polls(bluesky, source, headers):
    bluesky.double.faults = [{"request": 2, "headers": headers}]
    made = source()
    made.fetch(None)
    assert made.fetch(None).messages == []


def test_the_limit_of_sessions_is_not_the_timeline_s(bluesky, source):
    bluesky.double.session_limit = 1
    made = source()
    made.fetch(None)
    made.fetch(None)
    assert made.stats.rate_limit.limit == 3000


# Broken answers


@pytest.mark.component
@pytest.mark.parametrize("request_number", [1, 2])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"html": "<html>Sorry</html>", "status": 200}, "unreadable"),
        ({"html": "<html>Sorry</html>", "status": 502}, "server"),
        ({"status": 200, "body": "[]"}, "unreadable"),
        ({"status": 200, "body": '{"feed": [{"post"'}, "unreadable"),
        ({"status": 200, "body": "[" * 200_000}, "unreadable"),
        ({"status": 200, "body": '{"feed":' * 50_000}, "unreadable"),
        ({"status": 503, "body": "[" * 200_000}, "server"),
        ({"status": 501, "body": {"error": "MethodNotImplemented"}}, "server"),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, "request"),
        ({"status": 307, "headers": {"Location": "https://example.com/"}}, "request"),
        ({"status": 404, "body": ""}, "request"),
        ({"status": 200, "headers": {"Content-Encoding": "gzip"}}, "network"),
        ({"status": 200, "headers": {"Content-Encoding": "zstd"}}, "network"),
        ({"drop": True}, "network"),
        ({"drop": "middle"}, "network"),
        ({"drop": "reset"}, "network"),
        ({"delay": 1.0}, "network"),
        ({"drip": 0.02}, "network"),
        ({"drip": 0.45}, "network"),
        ({"drip_head": 0.1}, "network"),
    ],
)
def test_a_broken_answer_is_a_failure_to_try_again(bluesky, source, fault, kind, request_number):
    post(bluesky, 1)
    bluesky.double.faults = [{"request": request_number, **fault}]
    made = source(timeout=0.5)
    start = time.monotonic()
    assert failure(made).kind == kind
    assert time.monotonic() - start < 1.5
    assert len(bluesky.requests) == request_number
    assert len(made.fetch(None).messages) == 1


@pytest.mark.parametrize("body", [{}, {"feed": None}, {"feed": {}}, {"feed": "x"}, {"cursor": "x"}])
def test_a_page_without_a_feed_is_a_failure(bluesky, source, body):
    bluesky.double.faults = [{"request": 2, "body": body}]
    assert failure(source()).kind == "unreadable"


@pytest.mark.parametrize("cursor", [None, "", 5, [], "x" * 5000, "\ud800"])
def test_a_cursor_that_is_none_ends_the_walk(bluesky, source, cursor):
    page = json.dumps({"feed": [], "cursor": cursor})
    bluesky.double.faults = [{"request": 2, "body": page}]
    made = source()
    batch = made.fetch(None)
    assert (batch.wait, batch.cursor["at"]) == (60, None)
    assert made.fetch(batch.cursor).messages == []


def test_nobody_there_is_a_failure_to_try_again(source):
    with Serving(BlueskyDouble()) as gone:
        url = gone.url
    error = failure(source({"BLUESKY_URL": url}))
    assert error.kind == "network"
    assert "BLUESKY_URL" in str(error)


def test_an_answer_over_ten_megabytes_is_a_failure(bluesky, source):
    bluesky.double.faults = [{"request": 2, "body": {"feed": [], "x": "x" * 11_000_000}}]
    assert failure(source()).kind == "network"


def test_a_five_megabyte_page_is_read(bluesky, source):
    expected = post(bluesky, 50, text="é" * 16_000 + " #end")
    batch = source(timeout=10).fetch(None)
    assert ids(batch) == expected
    assert batch.messages[0]["hashtags"] == ["end"]


@pytest.mark.component
@pytest.mark.parametrize(("size", "is_read"), [(1_000_000, True), (50_000_000, False)])
def test_a_compressed_answer_is_limited_by_what_it_becomes(source, monkeypatch, size, is_read):
    def send(self, request):
        if request.url.path == CREATE:
            return httpx.Response(200, json=BlueskyDouble()._session())
        assert request.headers["accept-encoding"] == "gzip"
        body = gzip.compress(b'{"feed": []' + b" " * size + b"}")
        headers = {"content-encoding": "gzip", "content-type": "application/json"}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", send)
    made = source(timeout=10)
    if is_read:
        assert made.fetch(None).messages == []
    else:
        assert failure(made).kind == "network"


# Malformed items


def test_items_that_break_a_rule_are_set_aside_once(bluesky, source):
    expected = post(bluesky, 2)
    good = bluesky.double.page({})["feed"]
    uri = f"at://{FRIEND}/app.bsky.feed.post/1"
    odd = [
        None,
        {"post": {"uri": uri, "indexedAt": ago(1), "record": {"text": 5, "reply": uri}}},
        {"post": {"uri": uri + "2", "record": {"text": "no time"}}},
        {"post": {"uri": uri + "3", "indexedAt": ago(1), "record": {"text": "\ud800"}}},
    ]
    page = json.dumps({"feed": [odd[0], good[0], *odd[1:], good[1]]})
    bluesky.double.faults = [{"request": 2, "times": 2, "body": page}]
    made = source()
    batch = made.fetch(None)
    assert ids(batch) == expected
    assert len(batch.rejected) == 4
    assert {entry["origin"] for entry in batch.rejected} == {"bluesky"}
    assert "did:plc" not in json.dumps(batch.rejected)
    again = made.fetch(batch.cursor)
    assert (again.messages, again.rejected, again.cursor) == ([], [], batch.cursor)
    new = post(bluesky, 1)
    assert ids(made.fetch(again.cursor)) == new


def test_a_timeline_of_nothing_but_unknown_shapes_ends(bluesky, source, monkeypatch):
    post(bluesky, 350)

    def page(query, page=bluesky.double.page):
        answer = page(query)
        items = [{"item": each["post"]["uri"]} for each in answer["feed"]]
        return answer | {"feed": items}

    monkeypatch.setattr(bluesky.double, "page", page)
    made, cursor, rejected = source(), None, 0
    for _ in range(10):
        batch = made.fetch(cursor)
        cursor, rejected = batch.cursor, rejected + len(batch.rejected)
    assert rejected == 1
    assert batch.wait == 60


def test_nothing_secret_or_personal_is_logged_or_kept(bluesky, source, caplog):
    caplog.set_level(logging.DEBUG)
    bluesky.double.add([{"text": "one"}, {"text": "two", "reason": {}}])
    bluesky.double.token_seconds = 600
    made = source()
    batch = made.fetch(None)
    bluesky.double.faults = [{"request": 4, "times": 9, "status": 401}]
    error = failure(made, batch.cursor)
    told = "".join(
        [
            *(record.getMessage() for record in caplog.records if record.name != "asyncio"),
            str(error),
            repr(error),
            made.key,
            json.dumps(batch.cursor),
            json.dumps(batch.messages),
            repr(made.stats),
            repr(read_settings(environment(bluesky.url)).sources),
        ]
    )
    assert caplog.records
    secrets = (HANDLE, APP_PASSWORD, "eyJ", "did:plc", FRIEND[-8:], REPOSTER[-8:], "at://")
    assert not [secret for secret in secrets if secret in told]


# The parser


def item(**fields):
    """A timeline's item; fields by their path, such as post__record__text."""
    made: dict[str, Any] = {
        "post": {
            "uri": f"at://{FRIEND}/app.bsky.feed.post/3l",
            "author": {"did": FRIEND},
            "indexedAt": "2026-11-22T09:59:59.123Z",
            "record": {
                "text": "hello",
                "createdAt": "1999-01-01T00:00:00Z",
                "langs": ["de", "en"],
            },
        }
    }
    for path, value in fields.items():
        *parents, name = path.split("__")
        place = made
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = value
    return made


def parsed(**fields):
    return parse_item(item(**fields), CONTEXT, NOW)


def test_the_whole_message():
    assert parsed() == {
        "id": "bluesky:eaaf92795c18b2b5d635705441fc83b8",
        "source": "bluesky",
        "created_at": "2026-11-22T09:59:59.123Z",
        "author": CONTEXT.author(FRIEND),
        "text": "hello",
        "hashtags": [],
        "lang": "de",
        "repost": False,
    }


def test_a_repost_takes_the_reposter_s_name_and_time():
    reason = {
        "$type": "app.bsky.feed.defs#reasonRepost",
        "by": {"did": REPOSTER},
        "indexedAt": "2026-11-22T09:59:59.999Z",
    }
    message = parsed(reason=reason)
    assert message["created_at"] == "2026-11-22T09:59:59.999Z"
    assert message["author"] == CONTEXT.author(REPOSTER)
    assert message["repost"] is True
    assert message["id"] not in (parsed()["id"], parsed(reason=reason | {"by": {"did": DID}})["id"])


@pytest.mark.parametrize("reason", [None, 5, [], {}, {"$type": "app.bsky.feed.defs#reasonPin"}])
def test_any_other_reason_leaves_an_ordinary_post(reason):
    assert parsed(reason=reason) == parsed()


def test_a_time_in_the_future_is_now():
    assert parsed(post__indexedAt="2030-01-01T00:00:00Z")["created_at"].startswith("2026-11-22T10:")


@pytest.mark.parametrize(
    ("facets", "tags", "expected"),
    [
        (None, None, []),
        ("x", "x", []),
        ([None, 5, {}, {"features": None}, {"features": [None, 5, {}]}], [None, 5, ""], []),
        ([{"features": [{"$type": TAG, "tag": "a"}, {"$type": TAG, "tag": 5}]}], ["b"], ["a", "b"]),
        ([{"features": [{"$type": TAG + "x", "tag": "a"}]}], ["ä", "ä"], ["ä"]),
        ([{"features": [{"$type": TAG, "tag": "a"}]}] * 2, ["A", "a"], ["a", "A"]),
    ],
)
def test_tags_are_those_of_the_record(facets, tags, expected):
    message = parsed(post__record__facets=facets, post__record__tags=tags)
    assert message["hashtags"] == expected


@pytest.mark.parametrize("langs", [None, [], "de", [5], [None], [""], ["x" * 36], {}])
def test_a_language_that_is_none_is_left_out(langs):
    assert parsed(post__record__langs=langs)["lang"] is None


@pytest.mark.parametrize("author", [None, 5, {}, {"did": 5}, {"did": ""}])
def test_an_author_may_be_missing(author):
    assert parsed(post__author=author)["author"] is None


REASON = {"$type": "app.bsky.feed.defs#reasonRepost", "by": {"did": DID}, "indexedAt": "x"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"post": None}, "post is"),
        ({"post": []}, "post is"),
        ({"post__uri": None}, "post.uri"),
        ({"post__uri": ""}, "post.uri"),
        ({"post__uri": 5}, "post.uri"),
        ({"post__uri": "\ud800"}, "post.uri"),
        ({"post__indexedAt": None}, "created_at"),
        ({"post__indexedAt": 5}, "created_at"),
        ({"post__indexedAt": "yesterday"}, "created_at"),
        ({"post__indexedAt": "2026-13-01T00:00:00Z"}, "created_at"),
        ({"post__indexedAt": "1969-12-31T00:00:00Z"}, "created_at"),
        ({"post__record": None}, "post.record"),
        ({"post__record": "x"}, "post.record"),
        ({"post__record__text": None}, "text"),
        ({"post__record__text": ["x"]}, "text"),
        ({"reason": REASON}, "created_at"),
        ({"reason": REASON | {"by": None}}, "reason.by.did"),
        ({"reason": REASON | {"by": {"did": 5}}}, "reason.by.did"),
    ],
)
def test_an_item_that_breaks_a_rule_says_which(fields, reason):
    assert reason in parsed(**fields).reason


@pytest.mark.parametrize("value", [None, 5, [], {}, {"post": 1}, {"post": {"record": None}}])
def test_an_item_without_a_record_has_nothing_to_show(value):
    assert (known_id(value), nameless_record(value)) == (None, "")


def test_a_record_is_shown_without_the_names_in_it():
    record = nameless_record(item(post__record__reply={"root": {"uri": f"at://{DID}/x/3l"}}))
    assert "hello" in record
    assert DID not in record
    assert "at://did:.../x/3l" in record


@pytest.mark.component
def test_a_record_too_deep_to_show_is_left_out():
    record: dict[str, Any] = {}
    for _ in range(100_000):
        record = {"r": record}
    assert nameless_record({"post": {"record": record}}) == ""


NAMES = [
    *("post", "reason", "record", "uri", "author", "did", "by", "indexedAt", "text"),
    *("facets", "features", "tag", "tags", "langs", "$type"),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
VALUES = st.sampled_from(
    ["app.bsky.feed.defs#reasonRepost", TAG, "2026-11-22T09:00:00Z", FRIEND, "\ud800"]
)
JSON = st.recursive(
    SCALARS | VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=20,
)
ITEMS = st.fixed_dictionaries(
    {
        "post": JSON
        | st.fixed_dictionaries(
            {"uri": JSON, "record": JSON, "indexedAt": JSON | VALUES, "author": JSON}
        )
    },
    optional={"reason": JSON},
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON) | ITEMS)
def test_whatever_comes_is_a_message_or_a_reason_why_not(value):
    nameless_record(value)
    known_id(value)
    message = parse_item(value, CONTEXT, NOW)
    if isinstance(message, Rejection):
        return
    assert message["id"].startswith("bluesky:")
    assert len(message["id"]) == len("bluesky:") + 32
    assert isinstance(message["text"], str)
    assert all(isinstance(tag, str) for tag in message["hashtags"])
