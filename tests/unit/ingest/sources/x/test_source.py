"""The X source against the double, over loopback HTTP."""

import json
import time
from datetime import datetime, timedelta

import pytest

from fakes.server import Serving
from fakes.x import CREDENTIALS, FIRST_ID, XDouble
from ingest.settings import read_settings
from ingest.sources.base import LONGEST_WAIT_SECONDS, Budget, SourceError
from ingest.sources.x.settings import Credentials
from ingest.sources.x.source import PAGES, XSource


@pytest.fixture(params=["place", "position", "bound"])
def x(request):
    """A double for each kind of pagination token."""
    with Serving(XDouble()) as fake:
        fake.double.tokens = request.param
        yield fake


@pytest.fixture
def source(x):
    """Makes sources that talk to the double and closes them in the end."""
    made = []

    def make(env=CREDENTIALS, **options):
        options = {"api_url": x.url, "timeout": 2.0, **options}
        made.append(XSource(read_settings(env).sources["x"].credentials, b"salt", **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def post(x, count, **fields):
    return x.double.add([{"text": f"tweet {n}", **fields} for n in range(count)])


def ids(batch):
    return [message["id"] for message in batch.messages]


def poll(source, cursor=None):
    """Fetch page after page until the source waits: (ids, the last batch)."""
    found, pages = [], 0
    while True:
        batch = source.fetch(cursor)
        found += ids(batch)
        cursor, pages = json.loads(json.dumps(batch.cursor)), pages + 1
        assert pages <= PAGES
        if batch.wait:
            return found, batch


def failure(source, cursor=None):
    with pytest.raises(SourceError) as error:
        source.fetch(cursor)
    return error.value


def test_the_signature_fits_and_posts_come_oldest_first(x, source):
    expected = post(x, 5)
    batch = source().fetch(None)
    assert ids(batch) == expected
    assert batch.cursor["since"] == expected[-1]
    assert batch.messages[0]["author"]
    assert batch.messages[0]["lang"] == "en"
    (call,) = x.requests
    assert call["query"]["max_results"] == "100"


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_wrong_credential_is_a_401_that_names_the_settings(x, source, name):
    wrong = CREDENTIALS | {name: CREDENTIALS[name] + "x"}
    error = failure(source(wrong))
    assert error.kind == "401"
    assert name in str(error)
    assert error.wait(1) >= 120


def test_an_api_url_may_have_a_path_and_the_signature_still_fits(x, source):
    assert failure(source(api_url=x.url + "/gateway")).kind == "request"
    assert x.requests[0]["path"].startswith("/gateway/2/users/")
    assert x.requests[0]["status"] == 404  # 401 if the signature were for another URL


def test_another_api_url_is_told(x, source, caplog):
    source()
    assert x.url in caplog.text


def test_a_token_without_an_id_costs_one_call_more(x, source):
    expected = post(x, 1)
    opaque = source(CREDENTIALS | {"ACCESS_TOKEN": "opaque"})
    cursor = opaque.fetch(None)
    assert ids(cursor) == expected
    opaque.fetch(cursor.cursor)
    assert [call["path"].rsplit("/", 1)[1] for call in x.requests].count("me") == 1


def test_only_what_is_new_is_asked_for(x, source):
    post(x, 3)
    made = source()
    batch = made.fetch(None)
    empty = made.fetch(batch.cursor)
    assert (ids(empty), empty.cursor) == ([], batch.cursor)
    new = post(x, 2)
    assert ids(made.fetch(empty.cursor)) == new
    assert x.requests[-1]["query"]["since_id"] == batch.cursor["since"]


def test_an_empty_timeline_stays_the_first_poll(x, source):
    batch = source().fetch(None)
    assert (ids(batch), batch.cursor["since"]) == ([], None)


@pytest.mark.parametrize(
    ("first_posts", "calls"), [(30, [30]), (200, [100, 100]), (150, [100, 50])]
)
def test_the_first_poll_is_limited(x, source, first_posts, calls):
    expected = post(x, 500)
    made = source(first_posts=first_posts)
    found, batch = poll(made)
    assert sorted(found) == expected[-first_posts:]
    assert [int(call["query"]["max_results"]) for call in x.requests] == calls
    assert poll(made, batch.cursor)[0] == []


def test_a_first_poll_goes_on_after_a_restart_and_keeps_its_limit(x, source):
    expected = post(x, 500)
    first = source(first_posts=250).fetch(None)
    later = post(x, 3)
    found, batch = poll(source(first_posts=250), first.cursor)
    assert sorted(ids(first) + found) == expected[-250:]
    assert ids(source().fetch(batch.cursor)) == later


def test_a_gap_of_several_pages_is_filled_in_one_poll(x, source):
    made = source()
    post(x, 1)
    cursor = made.fetch(None).cursor
    expected = post(x, 450)
    found, batch = poll(made, cursor)
    assert sorted(found) == expected
    assert len(x.requests) == 1 + 5
    assert batch.wait == 60
    assert "pagination_token" in x.requests[-1]["query"]


def test_every_page_is_the_oldest_first(x, source):
    expected = post(x, 30)
    assert ids(source().fetch(None)) == expected


def test_a_gap_beyond_the_page_cap_is_filled_by_the_next_polls(x, source):
    """Nothing is lost or asked for twice, although newer posts come and the process changes."""
    post(x, 1)
    cursor = source().fetch(None).cursor
    expected, found = post(x, 100 * PAGES + 250), []
    for number in range(3):
        some, batch = poll(source(), cursor)
        found += some
        cursor = batch.cursor
        if number == 0:
            assert len(some) == 100 * PAGES
            expected += post(x, 3)
    assert sorted(found) == expected
    assert (cursor["since"], cursor["until"], cursor["newest"]) == (expected[-1], None, None)


def test_a_restart_in_the_middle_of_a_gap_neither_loses_nor_repeats(x, source):
    post(x, 1)
    cursor = source().fetch(None).cursor
    expected, found = post(x, 450), []
    for _ in range(6):
        batch = source().fetch(cursor)
        found += ids(batch)
        cursor = json.loads(json.dumps(batch.cursor))
    assert sorted(found) == expected


def test_a_failed_page_costs_no_other(x, source):
    post(x, 1)
    made = source()
    cursor = made.fetch(None).cursor
    expected = post(x, 250)
    x.double.faults = [{"request": 3, "status": 503, "html": "<h1>Over capacity</h1>"}]
    first = made.fetch(cursor)
    assert failure(made, first.cursor).kind == "server"
    found, _ = poll(made, first.cursor)
    assert sorted(ids(first) + found) == expected


def test_endless_paging_ends(x, source):
    post(x, 1)
    made = source()
    cursor = made.fetch(None).cursor
    x.double.endless = True
    expected = post(x, 5)
    found, batch = poll(made, cursor)
    assert found == expected
    assert len(x.requests) <= 1 + PAGES
    later = post(x, 2)
    found = set()
    for _ in range(3):
        some, batch = poll(made, batch.cursor)
        found |= set(some)
    assert set(later) <= found


def test_the_same_page_again_loses_nothing_that_is_older(x, source):
    post(x, 1)
    made = source()
    cursor = made.fetch(None).cursor
    expected = post(x, 300)
    page = x.double.page({"max_results": "100", "tweet.fields": "created_at"})
    x.double.faults = [{"request": 3, "status": 200, "body": page}]
    assert set(poll(made, cursor)[0]) == set(expected)


@pytest.mark.parametrize("token", ["no longer known", "\ud800", "x" * 100_000])
def test_a_page_that_its_token_does_not_get_is_got_without_it(x, source, token):
    """One that is odd fails however often it is sent."""
    post(x, 1)
    made = source()
    cursor = made.fetch(None).cursor
    expected = post(x, 250)
    page = x.double.page({"max_results": "100", "tweet.fields": "created_at"})
    page["meta"]["next_token"] = token
    x.double.faults = [{"request": 2, "body": json.dumps(page)}]
    first = made.fetch(cursor)
    assert failure(made, first.cursor).wait(1) < 90
    found, _ = poll(made, first.cursor)
    assert sorted(ids(first) + found) == expected


def test_a_server_that_sends_one_page_for_ever_does_not_hold_up_what_is_new(x, source):
    post(x, 1)
    made = source()
    cursor = made.fetch(None).cursor
    post(x, 150)
    page = x.double.page({"max_results": "100", "tweet.fields": "created_at"})
    x.double.faults = [{"request": 2, "times": 20, "status": 200, "body": page}]
    _, batch = poll(made, cursor)
    assert batch.cursor["until"] is None
    assert len(x.requests) <= 1 + PAGES


def reposted(x, text):
    """A repost with its text cut, and the original with all of it."""
    original = {"id": "77", "text": text[:280], "note_tweet": {"text": text}, "author_id": "13"}
    x.double.originals["77"] = {"edit_history_tweet_ids": ["77"], **original}
    cut = {"text": "RT @a: " + text[:100] + "…"}
    return post(x, 1, **cut, referenced_tweets=[{"type": "retweeted", "id": "77"}])


@pytest.mark.parametrize("vocabulary", ["tweet", "post"])
def test_the_full_text_of_a_repost_is_asked_for_by_setting_only(x, source, vocabulary):
    x.double.vocabulary, x.double.strict = vocabulary, True
    reposted(x, "word " * 100 + "#AtTheEnd")
    cut = source().fetch(None)
    assert "expansions" not in x.requests[-1]["query"]
    assert (cut.messages[0]["repost"], "#AtTheEnd" in cut.messages[0]["text"]) == (True, False)
    assert cut.cursor["read"] == 1
    full = source(full_reposts=True).fetch(None)
    assert full.messages[0]["text"].endswith("#AtTheEnd")
    assert (full.messages[0]["id"], full.messages[0]["repost"]) == (cut.messages[0]["id"], True)
    assert full.cursor["read"] == 2


def test_originals_are_billed_within_the_budget_of_a_day(x, source):
    x.double.originals["77"] = {"id": "77", "text": "original", "edit_history_tweet_ids": ["77"]}
    for number in range(30):
        x.double.originals[str(number)] = {"id": str(number), "text": "original"}
        post(x, 1, referenced_tweets=[{"type": "retweeted", "id": str(number)}])
    made, cursor, error = source(full_reposts=True, daily_posts=20), None, None
    while error is None:
        try:
            cursor = made.fetch(cursor).cursor
        except SourceError as caught:
            error = caught
    assert error.kind == "budget"
    assert cursor["read"] == 20


def test_a_repost_whose_original_is_gone_keeps_its_cut_text(x, source):
    post(x, 1, referenced_tweets=[{"type": "retweeted", "id": "404"}])
    batch = source(full_reposts=True).fetch(None)
    assert [each["text"] for each in batch.messages] == ["tweet 0"]


class Clock:
    def __init__(self, text):
        self.now = datetime.fromisoformat(text)

    def __call__(self):
        return self.now


def test_the_budget_of_a_day_stops_the_calls_and_survives_a_restart(x, source):
    clock = Clock("2026-11-22T21:00:00+00:00")
    expected = post(x, 300)
    made = source(daily_posts=130, first_posts=300, now=clock)
    found: list[str] = []
    cursor = None
    for _ in range(2):
        batch = made.fetch(cursor)
        found += ids(batch)
        cursor = json.loads(json.dumps(batch.cursor))
    assert sorted(found) == expected[-130:]
    assert made.stats.budget.left == 0
    restarted = source(daily_posts=130, first_posts=300, now=clock)
    error = failure(restarted, cursor)
    assert (error.kind, "X_DAILY_POSTS" in str(error)) == ("budget", True)
    assert error.wait(1) == LONGEST_WAIT_SECONDS
    assert len(x.requests) == 2
    clock.now += timedelta(hours=2, minutes=59)
    assert 60 <= failure(restarted, cursor).wait(1) <= 62
    clock.now += timedelta(minutes=2)
    assert restarted.fetch(cursor).messages[-1]["id"] == expected[-131]
    assert restarted.stats.budget.left == 30
    assert restarted.stats.budget == Budget(130, 30, 230, 0.5, 1.15)
    clock.now += timedelta(days=8)
    failing = source(daily_posts=130, now=clock, post_price=1)
    x.double.faults = [{"request": len(x.requests) + 1, "status": 503}]
    failure(failing, cursor)
    assert failing.stats.budget == Budget(130, 130, 0, 0, 0)


def test_a_failed_call_costs_nothing(x, source):
    post(x, 5)
    x.double.faults = [{"status": 503}]
    made = source(daily_posts=100)
    assert failure(made).kind == "server"
    assert made.stats.budget.left == 100
    made.fetch(None)
    assert made.stats.budget.left == 95


def test_no_call_is_made_when_the_last_answer_said_that_none_is_left(x, source):
    x.double.rate_limit = 1
    made = source()
    cursor = made.fetch(None).cursor
    assert made.stats.rate_limit.remaining == 0
    error = failure(made, cursor)
    assert error.kind == "429"
    assert 890 <= error.wait(1) <= 902
    assert len(x.requests) == 1


def test_the_limit_of_another_call_is_not_the_timeline_s(x, source):
    """The token has no user id, so that X is asked for it first."""
    headers = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(time.time()) + 900)}
    x.double.faults = [{"request": 1, "headers": headers}, {"request": 2, "drop": True}]
    made = source(CREDENTIALS | {"ACCESS_TOKEN": "opaque"})
    assert failure(made).kind == "network"
    made.fetch(None)


@pytest.mark.parametrize("reset", ["0", "soon", None, str(10**12), "-5", "1e9"])
def test_an_absurd_reset_beside_none_left_does_not_stop_the_polls(x, source, reset):
    x.double.faults = [{"headers": {"x-rate-limit-remaining": "0", "x-rate-limit-reset": reset}}]
    made = source()
    made.fetch(made.fetch(None).cursor)
    assert len(x.requests) == 2


@pytest.mark.parametrize(("vocabulary", "strict"), [("tweet", True), ("post", True)])
def test_both_vocabularies_are_asked_and_understood(x, source, vocabulary, strict):
    x.double.vocabulary, x.double.strict = vocabulary, strict
    long = {"note_tweet": {"text": "long #text"}, "edit_history_tweet_ids": ["5", "6"]}
    post(x, 1, **long)
    made = source()
    batch = made.fetch(None)
    assert [(each["id"], each["text"]) for each in batch.messages] == [("5", "long #text")]
    calls = len(x.requests)
    assert calls == (1 if vocabulary == "tweet" else 2)
    made.fetch(batch.cursor)
    assert len(x.requests) == calls + 1


def test_a_400_about_something_else_is_not_tried_in_other_words(x, source):
    x.double.faults = [{"status": 400, "body": {"title": "Invalid Request"}}]
    error = failure(source())
    assert error.kind == "request"
    assert error.wait(1) >= 60
    assert len(x.requests) == 1


@pytest.mark.component
@pytest.mark.parametrize("status", [401, 402, 403])
@pytest.mark.parametrize(
    "body",
    [{"title": "T", "detail": "d"}, [], {"errors": None}, {"errors": [5]}, "nope", "[" * 200_000],
)
def test_refusals_are_patient_whatever_the_body(x, source, status, body):
    x.double.faults = [{"status": status, "body": body}]
    error = failure(source())
    assert error.kind == str(status)
    assert [120 <= error.wait(n) <= LONGEST_WAIT_SECONDS for n in (1, 5, 50)] == [True] * 3


@pytest.mark.component
@pytest.mark.parametrize(
    ("reset", "least", "most"),
    [
        (lambda now: str(int(now) + 100), 99, 103),
        (lambda now: str(int(now) + 365 * 86_400), 960, 960),
        (lambda now: str(int(now) - 100), 15, 18),
        (lambda now: "soon", 15, 18),
        (lambda now: "9" * 400, 15, 18),
        (lambda now: None, 15, 18),
    ],
)
@pytest.mark.parametrize(
    "body", [{"title": "Too Many Requests"}, {"errors": [{"code": 88, "message": "Limit"}]}]
)
def test_a_rate_limit_waits_for_its_reset_within_bounds(x, source, reset, least, most, body):
    headers = {"x-rate-limit-reset": reset(time.time())}
    x.double.faults = [{"status": 429, "body": body, "headers": headers}]
    error = failure(source())
    assert error.kind == "429"
    assert least <= error.wait(1) <= most
    assert len(x.requests) == 1


@pytest.mark.component
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"html": "<html>Sorry</html>", "status": 200}, "unreadable"),
        ({"html": "<html>Sorry</html>", "status": 502}, "server"),
        ({"status": 200, "body": "[]"}, "unreadable"),
        ({"status": 200, "body": '{"data": [{"id"'}, "unreadable"),
        ({"status": 200, "body": {"errors": [{"title": "Partial"}]}}, "unreadable"),
        ({"status": 200, "body": {"data": {"id": "1"}}}, "unreadable"),
        ({"status": 200, "body": "[" * 200_000}, "unreadable"),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, "request"),
        ({"drop": True}, "network"),
        ({"drop": "middle"}, "network"),
        ({"drop": "reset"}, "network"),
        ({"delay": 1.0}, "network"),
        ({"drip": 0.1}, "network"),
        ({"drip": 0.45}, "network"),
        ({"drip_head": 0.1}, "network"),
    ],
)
def test_a_broken_answer_is_a_failure_to_try_again(x, source, fault, kind):
    post(x, 1)
    x.double.faults = [fault]
    made = source(timeout=0.5)
    start = time.monotonic()
    error = failure(made)
    assert error.kind == kind
    assert time.monotonic() - start < 1.5
    assert len(made.fetch(None).messages) == 1


def test_nobody_there_is_a_failure_to_try_again(source):
    with Serving(XDouble()) as gone:
        url = gone.url
    assert failure(source(api_url=url)).kind == "network"


def test_errors_beside_the_data_do_no_harm(x, source):
    post(x, 1)
    x.double.faults = [{"body": x.double.page({"tweet.fields": "created_at"}) | {"errors": [1]}}]
    assert len(source().fetch(None).messages) == 1


def test_posts_that_break_a_rule_are_set_aside(x, source):
    odd = [{"id": "1", "text": 5}, None, "x", {}, {"id": "2", "text": "\ud800"}]
    x.double.faults = [{"body": json.dumps({"data": odd, "meta": {}})}]
    batch = source().fetch(None)
    assert batch.messages == []
    assert len(batch.rejected) == 5
    assert {entry["origin"] for entry in batch.rejected} == {"x"}
    assert batch.cursor["since"] == "2"


def test_ids_that_are_numbers_move_the_cursor_too(x, source):
    post(x, 3)
    page = x.double.page({"tweet.fields": "created_at"})
    for each in page["data"]:
        each["id"] = int(each["id"])
    x.double.faults = [{"body": page}]
    batch = source().fetch(None)
    assert len(batch.messages) == 3
    assert batch.cursor["since"] == batch.messages[-1]["id"]


def test_nothing_secret_is_logged_or_kept(x, source, caplog):
    caplog.set_level("DEBUG", "ingest")
    post(x, 2)
    x.double.faults = [{"request": 2, "status": 401}]
    made = source()
    batch = made.fetch(None)
    told = caplog.text + str(failure(made, batch.cursor)) + made.key + json.dumps(batch.cursor)
    assert not [value for value in CREDENTIALS.values() if value in told]
    assert CREDENTIALS["ACCESS_TOKEN"].partition("-")[0] not in made.key
    assert "test" not in repr(Credentials("test", "test", "test", "test"))


def test_a_five_megabyte_page_is_read(x, source):
    ids_in = post(x, 50, note_tweet={"text": "é" * 16_000 + " #end"})
    batch = source().fetch(None)
    assert ids(batch) == ids_in
    assert batch.messages[0]["text"].endswith("#end")


def test_the_double_makes_ids_that_do_not_depend_on_the_clock(x):
    assert post(x, 2) == [str(FIRST_ID), str(FIRST_ID + 1)]
