"""The Mastodon source against the double over loopback HTTP, and the parser alone."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fakes.mastodon import FIRST_ID, TIMELINE, TOKEN, MastodonDouble, environment
from fakes.server import Serving
from ingest.fields import Context, InvalidError
from ingest.message import Rejection
from ingest.settings import read_settings
from ingest.sources.base import LONGEST_WAIT_SECONDS, Cursor, RateLimit, SourceError
from ingest.sources.mastodon.client import reset_time
from ingest.sources.mastodon.paging import LATE_POSTS, PAGE_SIZE, Seen, age, stage_of
from ingest.sources.mastodon.parse import excerpt, is_public, parse_status, status_id
from ingest.sources.mastodon.source import PAGES_IN_A_ROW, MastodonSource

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CONTEXT = Context("mastodon", b"salt")
SCHEMA = Path(__file__).parents[5] / "docs" / "contracts" / "message.schema.json"
MESSAGE = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
STATUS = {
    "id": "115600000000000001",
    "created_at": "2026-11-22T10:00:01.250Z",
    "visibility": "public",
    "language": "en",
    "content": "<p>Tulips again</p>",
    "account": {"id": "12", "acct": "ada"},
    "tags": [{"name": "tulips", "url": "https://m.example/tags/tulips"}],
    "reblog": None,
}
SECRET = "what only followers may read"


@pytest.fixture
def mastodon():
    with Serving(MastodonDouble()) as serving:
        yield serving


@pytest.fixture
def source(mastodon):
    """Makes sources that talk to the double and closes them in the end."""
    made = []

    def make(env=None, **options):
        account = read_settings(environment(mastodon.url) | (env or {})).sources["mastodon"]
        options = {"poll_seconds": 60, "first_posts": 200, "timeout": 2.0, **options}
        made.append(MastodonSource(account, b"salt", **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def post(mastodon, count, **fields):
    """Append so many statuses and return the ids of their messages."""
    added = mastodon.double.add([{"content": f"<p>{n}</p>", **fields} for n in range(count)])
    return [f"mastodon:{each}" for each in added]


def ids(batch):
    return [message["id"] for message in batch.messages]


def failure(source, cursor=None):
    with pytest.raises(SourceError) as error:
        source.fetch(cursor)
    return error.value


def poll(source, cursor=None):
    """Fetch until the source pauses; what came, and the cursor as a restart finds it."""
    found, wait = [], 0.0
    while not wait:
        batch = source.fetch(cursor)
        cursor, wait = json.loads(json.dumps(batch.cursor)), batch.wait
        found += ids(batch)
    return found, cursor


def queries(mastodon):
    return [call["query"] for call in mastodon.requests]


# The timeline.


def test_the_first_poll_goes_back_page_by_page(mastodon, source):
    expected = post(mastodon, 100)
    made, cursor, pages = source(first_posts=90), None, []
    for _ in range(3):
        batch = made.fetch(cursor)
        pages.append(ids(batch))
        assert batch.wait == 0
        cursor = batch.cursor
    assert pages == [expected[60:], expected[20:60], expected[10:20]]
    oldest = [page[0].removeprefix("mastodon:") for page in pages]
    assert queries(mastodon) == [
        {"limit": "40"},
        {"limit": "40", "max_id": oldest[0]},
        {"limit": "10", "max_id": oldest[1]},
    ]
    known = [each.removeprefix("mastodon:") for each in expected[-LATE_POSTS - 1 :]]
    assert [cursor["since"], *cursor["recent"]] == known


def test_the_call_is_as_published(mastodon, source):
    source().fetch(None)
    (call,) = mastodon.requests
    assert (call["method"], call["path"], call["status"]) == ("GET", TIMELINE, 200)


def test_a_url_may_have_a_path(mastodon, source):
    failure(source({"MASTODON_URL": mastodon.url + "/below/"}))
    assert mastodon.requests[0]["path"] == "/below" + TIMELINE


def test_the_first_poll_ends_where_the_timeline_does(mastodon, source):
    expected = post(mastodon, 50)
    found, cursor = poll(source(first_posts=3200))
    assert sorted(found) == expected
    assert cursor["recent"][-1] == expected[-1].removeprefix("mastodon:")
    assert len(mastodon.requests) == 3


def test_an_empty_timeline_stays_the_first_poll(mastodon, source):
    made = source()
    batch = made.fetch(None)
    assert (batch.messages, batch.wait) == ([], 60)
    expected = post(mastodon, 3)
    assert ids(made.fetch(batch.cursor)) == expected


def test_what_comes_during_the_first_poll_comes_after_it(mastodon, source):
    expected = post(mastodon, 80)
    made = source(first_posts=80)
    first = made.fetch(None)
    later = post(mastodon, 45)
    found, _ = poll(made, first.cursor)
    assert ids(first) + found == expected[40:] + expected[:40] + later


def test_a_gap_is_filled_oldest_first(mastodon, source):
    post(mastodon, 1)
    made = source()
    _, cursor = poll(made)
    expected = post(mastodon, 130)
    found, cursor = poll(made, cursor)
    assert found == expected
    assert poll(made, cursor) == ([], cursor)


def test_only_a_page_without_news_pauses(mastodon, source):
    post(mastodon, 1)
    made = source(poll_seconds=7)
    batch = made.fetch(None)
    assert batch.wait == 0
    batch = made.fetch(batch.cursor)
    assert batch.wait == 7
    post(mastodon, 1)
    batch = made.fetch(batch.cursor)
    assert batch.wait == 0
    assert made.fetch(batch.cursor).wait == 7


@pytest.mark.component
def test_the_cursor_is_all_there_is_to_a_restart(mastodon, source):
    """Two sources in turn lose nothing and repeat nothing while posts arrive."""
    expected, found, cursor = post(mastodon, 100), [], None
    first, second = source(first_posts=100), source(first_posts=100)
    for number in range(30):
        batch = (first, second)[number % 2].fetch(cursor)
        cursor = json.loads(json.dumps(batch.cursor))
        found += ids(batch)
        if number < 20:
            expected += post(mastodon, number)
    assert sorted(found) == expected
    assert len(found) == len(expected)


def test_a_post_of_another_server_that_comes_late_is_not_lost(mastodon, source):
    """Its id, by the time of writing, is below those that are known."""
    expected = post(mastodon, 30)
    made = source()
    found, cursor = poll(made)
    expected += post(mastodon, 10)
    more, cursor = poll(made, cursor)
    late = str(int(expected[-5].removeprefix("mastodon:")) + 1)
    mastodon.double.add([{"id": late}])
    last, cursor = poll(made, cursor)
    assert last == [f"mastodon:{late}"]
    assert sorted(found + more) == expected
    assert poll(made, cursor) == ([], cursor)


@pytest.mark.component
def test_the_cursor_stays_small(mastodon, source):
    post(mastodon, 1)
    made = source()
    _, cursor = poll(made)
    post(mastodon, 500)
    _, cursor = poll(made, cursor)
    assert len(cursor["recent"]) == LATE_POSTS < PAGE_SIZE


def test_ids_of_letters_are_put_in_order(mastodon, source):
    ulids = [f"01JD9Q8F00000000000000{tail}" for tail in ("0000", "0009", "000A", "00ZZ")]
    mastodon.double.add([{"id": each} for each in reversed(ulids)])
    made = source()
    found, cursor = poll(made)
    assert found == [f"mastodon:{each}" for each in ulids]
    newer = "01JD9Q8F000000000000000100"
    mastodon.double.add([{"id": newer}])
    assert poll(made, cursor)[0] == [f"mastodon:{newer}"]


@pytest.mark.component
@pytest.mark.parametrize("flag", ["ignore_min_id", "ignore_max_id"])
def test_a_server_that_ignores_where_to_begin_causes_no_loop(mastodon, source, flag):
    vars(mastodon.double)[flag] = True
    expected = post(mastodon, 60)
    made = source()
    found, cursor = poll(made)
    assert set(expected[20:]) <= set(found)
    later = post(mastodon, 5)
    more, cursor = poll(made, cursor)
    assert more == later
    assert poll(made, cursor) == ([], cursor)
    assert len(found) == len(set(found))
    assert len(mastodon.requests) < 12


def test_the_same_page_again_is_not_forwarded_again(mastodon, source):
    post(mastodon, 1)
    made = source()
    _, cursor = poll(made)
    post(mastodon, 3)
    page = mastodon.double.page({})
    mastodon.double.faults = [{"request": 3, "times": 50, "body": page}]
    found, cursor = poll(made, cursor)
    assert len(found) == 3
    assert poll(made, cursor) == ([], cursor)


@pytest.mark.component
def test_the_same_page_again_does_not_end_the_way_back(mastodon, source):
    expected = post(mastodon, 90)
    mastodon.double.faults = [{"request": 2, "body": mastodon.double.page({"limit": "40"})}]
    made = source()
    found, cursor = poll(made)
    found += poll(made, cursor)[0]
    assert sorted(found) == expected


@pytest.mark.component
def test_an_endless_timeline_pauses_now_and_then(mastodon, source):
    post(mastodon, 2)
    made = source()
    _, cursor = poll(made)
    expected = post(mastodon, PAGE_SIZE * PAGES_IN_A_ROW + 10)
    before = len(mastodon.requests)
    found, cursor = poll(made, cursor)
    assert len(mastodon.requests) - before == PAGES_IN_A_ROW
    # Pages overlap by a post.
    assert found == expected[: PAGES_IN_A_ROW * (PAGE_SIZE - 1)]
    assert poll(made, cursor)[0] == expected[len(found) :]


@pytest.mark.component
@pytest.mark.parametrize("missed", [1, 39, 40, 41, 130, 500])
@pytest.mark.parametrize("known", [1, 2, 30, 100])
def test_a_server_that_takes_min_id_for_since_id_loses_nothing(mastodon, source, known, missed):
    mastodon.double.min_id_is_since_id = True
    post(mastodon, known)
    made = source()
    _, cursor = poll(made)
    for _ in range(2):
        expected = post(mastodon, missed)
        found, cursor = poll(made, cursor)
        assert sorted(found) == expected
        assert poll(made, cursor) == ([], cursor)
    assert made.stats.gaps == 0


@pytest.mark.component
def test_a_server_made_anew_with_lower_ids_is_read_on(mastodon, source):
    post(mastodon, 50)
    made = source()
    _, cursor = poll(made)
    mastodon.double.statuses.clear()
    mastodon.double.next_id = 1_000
    expected = post(mastodon, 130)
    found, cursor = poll(made, cursor)
    assert sorted(found, key=lambda each: int(each.partition(":")[2])) == expected
    expected = post(mastodon, 5)
    found, cursor = poll(made, cursor)
    assert found == expected
    assert poll(made, cursor) == ([], cursor)


@pytest.mark.component
@pytest.mark.parametrize("size", [2, 19, 20, 21, 30])
def test_pages_as_short_as_what_is_known_are_read_all_the_same(mastodon, source, size):
    post(mastodon, 60)
    made = source()
    _, cursor = poll(made)
    mastodon.double.longest_page = size
    expected, found = post(mastodon, 50), []
    for _ in range(6 * 25):
        more, cursor = poll(made, cursor)
        found += more
        if len(found) == len(expected):
            break
    assert sorted(found) == expected


def test_when_the_newest_known_posts_are_gone_the_calls_are_few(mastodon, source):
    post(mastodon, 60)
    made = source()
    _, cursor = poll(made)
    for gone in sorted(mastodon.double.statuses, key=age)[1:]:
        del mastodon.double.statuses[gone]
    for most in (4, 2, 2, 2, 3):
        before = len(mastodon.requests)
        found, cursor = poll(made, cursor)
        assert found == []
        assert len(mastodon.requests) - before <= most


@pytest.mark.component
def test_known_posts_that_are_gone_bring_back_none(mastodon, source):
    """Accounts that are followed no longer: what is left is older, and was read long ago."""
    post(mastodon, 300)
    made = source(first_posts=100)
    _, cursor = poll(made)
    for gone in sorted(mastodon.double.statuses, key=age)[150:]:
        del mastodon.double.statuses[gone]
    for _ in range(3):
        found, cursor = poll(made, cursor)
        assert found == []
    later = post(mastodon, 60)
    found, cursor = poll(made, cursor)
    assert sorted(found) == later
    assert made.stats.gaps == 0


@pytest.mark.component
def test_what_a_server_no_longer_has_is_told(mastodon, source):
    mastodon.double.min_id_is_since_id = True
    post(mastodon, 50)
    made = source()
    _, cursor = poll(made)
    post(mastodon, 300)
    for gone in sorted(mastodon.double.statuses, key=age)[:250]:
        del mastodon.double.statuses[gone]
    found, cursor = poll(made, cursor)
    assert len(found) == 100
    assert made.stats.gaps == 1
    poll(made, cursor)
    assert made.stats.gaps == 1


def test_a_cursor_of_the_first_edition_is_read(mastodon, source):
    known = [each.removeprefix("mastodon:") for each in post(mastodon, 30)]
    later = post(mastodon, 3)
    for cursor in ({"since": known[9], "recent": known[10:]}, {"since": known[-1], "recent": []}):
        assert poll(source(), cursor)[0] == later
    back = {"since": None, "until": known[10], "newest": known[-1], "left": 10}
    found, cursor = poll(source(), back)
    assert {*found} >= {*later, *(f"mastodon:{each}" for each in known[:10])}


def test_a_status_twice_in_a_page_is_one(mastodon, source):
    post(mastodon, 2)
    mastodon.double.faults = [{"body": mastodon.double.page({}) * 2}]
    assert len(ids(source().fetch(None))) == 2


# Failures.


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "MASTODON_ACCESS_TOKEN"),
        (403, "read:statuses"),
        (404, "MASTODON_URL"),
        (422, "MASTODON_ACCESS_TOKEN"),
    ],
)
@pytest.mark.parametrize("body", [{"error": "why"}, [], {"error": None}, None, "nope", '"text"'])
def test_refusals_are_patient_and_name_the_setting(mastodon, source, status, words, body):
    mastodon.double.faults = [{"status": status, "body": body}]
    error = failure(source())
    assert error.kind == str(status)
    assert words in str(error)
    assert [120 <= error.wait(n) <= LONGEST_WAIT_SECONDS for n in (1, 5, 50)] == [True] * 3


def test_a_wrong_token_is_a_401(source):
    error = failure(source({"MASTODON_ACCESS_TOKEN": "wrong"}))
    assert (error.kind, error.wait(1) >= 120) == ("401", True)


def test_a_token_is_never_taken_for_a_file(mastodon, source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(TOKEN).write_text("another token\nhttps://elsewhere.example\n", encoding="utf-8")
    expected = post(mastodon, 1)
    assert ids(source().fetch(None)) == expected


@pytest.mark.component
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"html": "<html>Sorry</html>", "status": 200}, "unreadable"),
        ({"html": "<html>Sorry</html>", "status": 502}, "server"),
        ({"status": 500, "body": {"error": "oh"}}, "server"),
        ({"status": 503, "html": ""}, "server"),
        ({"status": 200, "body": ""}, "unreadable"),
        ({"status": 200, "body": {}}, "unreadable"),
        ({"status": 200, "body": {"error": "This is no page"}}, "unreadable"),
        ({"status": 200, "body": None}, "unreadable"),
        ({"status": 202, "body": []}, "unreadable"),
        ({"status": 200, "body": '[{"id"'}, "unreadable"),
        ({"status": 200, "body": "[" * 200_000}, "unreadable"),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, "request"),
        ({"status": 418, "body": {}}, "request"),
        ({"drop": True}, "network"),
        ({"drop": "middle"}, "network"),
        ({"drop": "reset"}, "network"),
        ({"delay": 1.0}, "network"),
        ({"drip": 0.1}, "network"),
        ({"drip": 0.45}, "network"),
        ({"drip_head": 0.1}, "network"),
    ],
)
def test_a_broken_answer_is_a_failure_to_try_again(mastodon, source, fault, kind):
    expected = post(mastodon, 1)
    mastodon.double.faults = [fault]
    made = source(timeout=0.5)
    start = time.monotonic()
    error = failure(made)
    assert error.kind == kind
    assert time.monotonic() - start < 1.5
    assert ids(made.fetch(None)) == expected
    assert len(mastodon.requests) == 2


def test_nobody_there_is_a_failure_to_try_again(source):
    with Serving(MastodonDouble()) as gone:
        url = gone.url
    error = failure(source({"MASTODON_URL": url}))
    assert (error.kind, "MASTODON_URL" in str(error)) == ("network", True)


def test_a_failure_after_a_good_answer_is_not_judged_by_that_answer(mastodon, source):
    post(mastodon, 1)
    made = source()
    cursor = made.fetch(None).cursor
    mastodon.double.faults = [{"request": 2, "drop": True}]
    assert failure(made, cursor).kind == "network"


def test_a_failed_page_costs_only_itself(mastodon, source):
    expected = post(mastodon, 100)
    made = source()
    first = made.fetch(None)
    mastodon.double.faults = [{"request": 2, "status": 503, "html": "<h1>Over capacity</h1>"}]
    failure(made, first.cursor)
    assert sorted(ids(first) + poll(made, first.cursor)[0]) == expected


def test_a_timeline_that_regenerates_advances_nothing(mastodon, source):
    expected = post(mastodon, 2)
    mastodon.double.regenerating = True
    made = source()
    error = failure(made)
    assert (error.kind, mastodon.requests[0]["status"]) == ("regenerating", 206)
    waits = [error.wait(number, lambda low, high: low) for number in (1, 2, 3, 9)]
    assert waits == [15, 30, 50, 50]
    mastodon.double.regenerating = False
    assert ids(made.fetch(None)) == expected


def iso(seconds, zone="Z"):
    return (NOW + timedelta(seconds=seconds)).isoformat()[:-6] + ".000000" + zone


@pytest.mark.parametrize(
    ("reset", "least", "most"),
    [
        (iso(100), 101, 102),
        (iso(100, ""), 101, 102),
        (iso(3700, "+01:00"), 101, 102),
        (str(int(NOW.timestamp()) + 100), 101, 102),
        (iso(365 * 86_400), 960, 960),
        ("9999-12-31T23:59:59-23:59", 960, 960),
        (iso(-100), 15, 18),
        ("0001-01-01T00:00:00+23:59", 15, 18),
        ("2026-02-30T00:00:00Z", 15, 18),
        ("soon", 15, 18),
        ("9" * 400, 15, 18),
        ("", 15, 18),
        (None, 15, 18),
    ],
)
@pytest.mark.parametrize("body", [{"error": "Too many requests"}, "<h1>Slow down</h1>"])
def test_a_rate_limit_waits_for_its_reset_within_bounds(mastodon, source, reset, least, most, body):
    fault = {"status": 429, "body": body, "headers": {"X-RateLimit-Reset": reset}}
    mastodon.double.faults = [fault]
    error = failure(source(now=lambda: NOW))
    assert error.kind == "429"
    assert least <= error.wait(1) <= most
    assert "POLL_SECONDS" in str(error)
    assert len(mastodon.requests) == 1


def test_no_call_is_made_while_none_is_left(mastodon, source):
    clock = [datetime.now(UTC)]
    mastodon.double.rate_limit = 1
    made = source(now=lambda: clock[0])
    cursor = made.fetch(None).cursor
    error = failure(made, cursor)
    assert (error.kind, len(mastodon.requests)) == ("429", 1)
    assert 290 <= error.wait(1) <= 302
    clock[0] += timedelta(seconds=301)
    assert failure(made, cursor).kind == "429"
    assert len(mastodon.requests) == 2


@pytest.mark.parametrize("reset", [iso(365 * 86_400), iso(-1), "soon", None])
def test_a_reset_that_cannot_be_meant_does_not_stop_the_calls(mastodon, source, reset):
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    mastodon.double.faults = [{"headers": headers}]
    expected = post(mastodon, 1)
    made = source(now=lambda: NOW)
    batch = made.fetch(None)
    assert ids(batch) == expected
    made.fetch(batch.cursor)
    assert len(mastodon.requests) == 2


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, RateLimit(None, None, None)),
        (
            {
                "X-RateLimit-Limit": "300",
                "X-RateLimit-Remaining": "299",
                "X-RateLimit-Reset": iso(9),
            },
            RateLimit(300, 299, NOW.timestamp() + 9),
        ),
        (
            {
                "X-RateLimit-Limit": "many",
                "X-RateLimit-Remaining": "-1",
                "X-RateLimit-Reset": "?",
            },
            RateLimit(None, None, None),
        ),
    ],
)
@pytest.mark.parametrize("status", [200, 206, 401, 503])
def test_the_stats_has_the_rate_limit_after_every_answer(
    mastodon, source, headers, expected, status
):
    mastodon.double.faults = [{"status": status, "headers": headers}]
    made = source(now=lambda: NOW)
    if status == 200:
        made.fetch(None)
    else:
        failure(made)
    assert made.stats.rate_limit == expected


@pytest.mark.parametrize("time", ["2026-11-22T12:00:09Z", "2026-11-22T13:00:09+01:00"])
def test_a_reset_is_read_in_any_zone(time):
    assert reset_time(time) == NOW.timestamp() + 9


# The library stumbles over what the page itself does not depend on.


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Reset": "9" * 400},
        {"X-RateLimit-Reset": "soon"},
        {"X-RateLimit-Reset": iso(9), "Date": "yesterday"},
        {"Deprecation": "true"},
        {"Link": "nonsense; ="},
    ],
)
def test_an_odd_header_does_not_cost_the_page(mastodon, source, headers):
    expected = post(mastodon, 2)
    mastodon.double.faults = [{"headers": headers}]
    assert ids(source().fetch(None)) == expected


def test_malformed_statuses_are_set_aside_and_the_others_counted(mastodon, source):
    expected = post(mastodon, 2)
    odd = [
        {**STATUS, "id": 5},
        {**STATUS, "id": "7", "content": 5},
        {**STATUS, "id": "8", "created_at": "yesterday"},
        {**STATUS, "id": "9", "content": "\ud800"},
        None,
        "x",
        {},
        [],
    ]
    mastodon.double.faults = [{"body": odd + mastodon.double.page({})}]
    batch = source().fetch(None)
    assert ids(batch) == expected
    assert len(batch.rejected) == len(odd)
    assert {entry["origin"] for entry in batch.rejected} == {"mastodon"}
    reasons = " ".join(entry["reason"] for entry in batch.rejected)
    assert all(word in reasons for word in ("id", "content", "created_at", "surrogate", "object"))


def test_what_has_no_id_is_set_aside_once(mastodon, source):
    nameless = {**STATUS, "id": None}
    page = [nameless, {"content": SECRET}]
    mastodon.double.faults = [{"times": 3, "body": page}]
    made = source()
    first = made.fetch(None)
    assert (len(first.rejected), first.wait) == (2, 60)
    again = made.fetch(first.cursor)
    assert (again.rejected, again.wait, again.cursor) == ([], 60, first.cursor)


def test_a_five_megabyte_page_is_read(mastodon, source):
    expected = post(mastodon, 40, content="<p>" + "é" * 20_000 + " #end</p>")
    batch = source().fetch(None)
    assert ids(batch) == expected
    assert batch.messages[0]["text"].endswith("#end")


# Privacy.


@pytest.mark.parametrize("visibility", ["private", "direct", "local", "limited", "", "PUBLIC"])
@pytest.mark.parametrize("boosted", [False, True])
def test_what_is_not_public_is_withheld(mastodon, source, visibility, boosted, caplog):
    caplog.set_level("DEBUG", "ingest")
    hidden = {"content": f"<p>{SECRET}</p>", "visibility": visibility}
    expected = post(mastodon, 1)
    mastodon.double.add([{"reblog": hidden} if boosted else hidden])
    batch = source().fetch(None)
    assert ids(batch) == expected
    assert (batch.private_skipped, batch.rejected) == (1, [])
    assert SECRET not in caplog.text


def test_a_private_boost_of_a_public_post_is_withheld(mastodon, source):
    mastodon.double.add([{"visibility": "private", "reblog": {"content": "<p>known</p>"}}])
    batch = source().fetch(None)
    assert (batch.messages, batch.private_skipped) == ([], 1)


def test_what_is_withheld_counts_once(mastodon, source):
    post(mastodon, 1)
    made = source()
    _, cursor = poll(made)
    post(mastodon, 2, visibility="direct")
    batch = made.fetch(cursor)
    assert batch.private_skipped == 2
    assert made.fetch(batch.cursor).private_skipped == 0
    assert made.fetch(batch.cursor).private_skipped == 0


@pytest.mark.parametrize("visibility", [None, 5, [], {}, ["public"]])
@pytest.mark.parametrize("boosted", [False, True])
def test_where_visibility_cannot_be_told_nothing_is_kept(mastodon, source, visibility, boosted):
    hidden = {**STATUS, "id": "1", "content": SECRET, "visibility": visibility}
    status = {**STATUS, "id": "2", "reblog": hidden} if boosted else hidden
    missing = {name: value for name, value in hidden.items() if name != "visibility"} | {"id": "3"}
    mastodon.double.faults = [{"body": [status, missing]}]
    batch = source().fetch(None)
    assert (batch.messages, batch.private_skipped) == ([], 0)
    assert [entry["record"] for entry in batch.rejected] == ["", ""]
    assert all("visibility" in entry["reason"] for entry in batch.rejected)


def test_a_boost_that_is_none_is_set_aside_without_its_content():
    with pytest.raises(InvalidError, match="reblog"):
        is_public({**STATUS, "reblog": [SECRET]})


@pytest.mark.parametrize("reblog", [None, {**STATUS, "quote": {"quoted_status": SECRET}}])
def test_a_quoted_status_is_never_kept(mastodon, source, reblog):
    status = {
        **STATUS,
        "created_at": "?",
        "reblog": reblog,
        "quote": {"quoted_status": {"content": SECRET, "visibility": "private"}},
    }
    mastodon.double.faults = [{"body": [status]}]
    (entry,) = source().fetch(None).rejected
    assert SECRET not in entry["record"]
    assert "Tulips" in entry["record"]
    assert "ada" not in entry["record"]


def test_nothing_secret_is_logged_or_kept(mastodon, source, caplog):
    caplog.set_level("DEBUG", "ingest")
    post(mastodon, 2)
    faults = [{"request": 2, "status": 401}, {"request": 3, "status": 200, "html": SECRET}]
    mastodon.double.faults = [*faults, {"request": 4, "drop": True}]
    made = source()
    batch = made.fetch(None)
    errors = "".join(str(failure(made, batch.cursor)) for _ in range(3))
    told = caplog.text + errors + made.key + json.dumps(batch.cursor) + repr(made.stats)
    assert TOKEN not in told
    assert SECRET not in told
    assert str(FIRST_ID) not in caplog.text + errors + made.key
    assert mastodon.url not in made.key


def test_the_key_is_the_server_s_and_outlives_a_token(source):
    other = source({"MASTODON_URL": "https://other.example"})
    assert source().key == source({"MASTODON_ACCESS_TOKEN": "other"}).key != other.key


# The parser.


def made_of(**changes):
    return parse_status({**STATUS, **changes}, CONTEXT, NOW)


def test_a_status_becomes_the_message():
    assert made_of() == {
        "id": "mastodon:115600000000000001",
        "source": "mastodon",
        "created_at": "2026-11-22T10:00:01.250Z",
        "author": CONTEXT.author("12"),
        "text": "Tulips again",
        "hashtags": ["tulips"],
        "lang": "en",
        "repost": False,
    }


def test_a_boost_is_the_booster_s_with_the_boosted_text_and_tags():
    original = {
        **STATUS,
        "id": "3",
        "content": "<p>Roses</p>",
        "tags": [{"name": "roses"}],
        "language": "de",
        "account": {"id": "99"},
    }
    message = made_of(reblog=original, content="", tags=[], language=None)
    assert message == made_of() | {
        "text": "Roses",
        "hashtags": ["roses"],
        "lang": "de",
        "repost": True,
    }


@pytest.mark.parametrize("tags", [None, []])
def test_hashtags_are_a_list_even_without_any(tags):
    assert made_of(tags=tags)["hashtags"] == []
    without = {name: value for name, value in STATUS.items() if name != "tags"}
    assert parse_status(without, CONTEXT, NOW)["hashtags"] == []


@pytest.mark.parametrize("account", [None, {}, [], "12", {"id": 12}])
def test_an_account_that_is_none_is_no_author(account):
    assert made_of(account=account)["author"] is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"id": None}, "id"),
        ({"id": 5}, "id"),
        ({"id": ""}, "id"),
        ({"id": "1&max_id=2"}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": "\ud800"}, "id"),
        ({"created_at": None}, "created_at"),
        ({"created_at": "2026-11-22"}, "created_at"),
        ({"content": ["x"]}, "content"),
        ({"reblog": {}}, "content"),
        ({"tags": {}}, "tags"),
        ({"tags": [None]}, "tags"),
        ({"tags": [{"name": 5}]}, "tags"),
        ({"tags": ["tulips"]}, "tags"),
    ],
)
def test_what_breaks_a_rule_is_named(changes, word):
    assert word in made_of(**changes).reason


LINKED = '<p>Roses <a href="https://example.org/tags/roses" rel="tag">#roses</a></p>'


@pytest.mark.parametrize(
    ("content", "tags", "expected"),
    [
        (LINKED, [], None),
        (LINKED.replace("/tags/", "/tag/"), None, None),
        (LINKED, [{"name": "roses"}], ["roses"]),
        ("<p>Room #12</p>", [], []),
        ('<p><a href="https://example.org/tags">tags</a></p>', [], []),
    ],
)
def test_of_a_server_that_names_no_tags_the_text_is_searched(content, tags, expected):
    assert made_of(content=content, tags=tags)["hashtags"] == expected


def test_a_number_that_python_does_not_read_is_a_rejection():
    outcome = made_of(content=f"<p>&#{'1' * 5000};</p>")
    assert outcome.reason == "the record cannot be read (ValueError)"


def test_a_time_ahead_is_the_time_of_arrival():
    assert made_of(created_at="2100-01-01T00:00:00Z")["created_at"] == "2026-11-22T12:00:00.000Z"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.sampled_from(["7", "\ud800", "public", "<p>a", STATUS["created_at"]])
    | st.sampled_from([STATUS, STATUS["tags"]]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*STATUS, "name"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.sampled_from([{}, STATUS]), JSON)
def test_any_json_is_a_message_or_a_rejection(base, value):
    status = base | value if isinstance(value, dict) else value
    outcome = parse_status(status, CONTEXT, NOW)
    if isinstance(outcome, Rejection):
        assert outcome.reason
    else:
        MESSAGE.validate(json.loads(json.dumps(outcome, ensure_ascii=False).encode()))
        assert isinstance(outcome["hashtags"], list)
    excerpt(status)
    status_id(status)
    try:
        assert is_public(status) in (True, False)
    except InvalidError as invalid:
        assert str(invalid)


@given(st.lists(st.lists(st.integers(1, 10**6).map(str), max_size=40), max_size=8))
def test_whatever_the_pages_a_post_is_new_at_most_once(pages):
    cursor: Cursor | None = None
    seen: set[str] = set()
    for page in pages:
        step = stage_of(cursor, 100).take([Seen(each, "") for each in dict.fromkeys(page)])
        assert not {*step.new} & seen
        assert len({*step.new}) == len(step.new)
        seen |= {*step.new}
        cursor = json.loads(json.dumps(step.stage.cursor()))
