import logging
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from support.memory_store import MemoryStore, earlier_rising, entries

URL = "/api/v1/trends"
RANK_BY = ("&rank_by=tweets", "&rank_by=people")
Make = Callable[..., FlaskClient]


def test_the_defaults_are_all_and_ten(client: FlaskClient, store: MemoryStore) -> None:
    store.put(hashtags=entries(100))
    answer = client.get(URL).get_json()
    assert answer["board"] == "all"
    assert [h["rank"] for h in answer["hashtags"]] == list(range(1, 11))


@pytest.mark.parametrize("board", ["all", "1h", "24h", "7d"])
@pytest.mark.parametrize(("limit", "length"), [("1", 1), ("3", 3), ("100", 5)])
def test_board_and_limit_are_obeyed(
    client: FlaskClient, store: MemoryStore, board: str, limit: str, length: int
) -> None:
    store.put(board, hashtags=entries(5))
    answer = client.get(
        URL, query_string={"board": board, "limit": limit, "unknown": "x"}
    ).get_json()
    assert answer["board"] == board
    assert len(answer["hashtags"]) == length


@pytest.mark.parametrize("board", ["1h", "24h", "7d"])
def test_a_window_can_be_ranked_by_people(
    client: FlaskClient, store: MemoryStore, board: str
) -> None:
    store.put(board, hashtags=entries(5, people=3))
    store.put(f"{board}.people", hashtags=entries(7, people=4))
    by_tweets = client.get(f"{URL}?board={board}")
    by_people = client.get(f"{URL}?board={board}&rank_by=people")
    assert client.get(f"{URL}?board={board}&rank_by=tweets").get_json() == by_tweets.get_json()
    for answer, rank_by, people in ((by_tweets, "tweets", [3] * 5), (by_people, "people", [4] * 7)):
        assert answer.get_json()["board"] == board
        assert answer.get_json()["rank_by"] == rank_by
        assert [h["people"] for h in answer.get_json()["hashtags"]] == people
        assert answer.get_json()["hashtags"][0]["count"] == 999
    assert by_people.headers["ETag"] != by_tweets.headers["ETag"]


@pytest.mark.parametrize("board", ["rising", "now"])
def test_what_is_ranked_by_people_alone_is_whatever_is_asked_for(
    client: FlaskClient, store: MemoryStore, board: str
) -> None:
    store.put(board)
    answers = [client.get(f"{URL}?board={board}{more}") for more in ("", *RANK_BY)]
    assert [each.status_code for each in answers] == [200] * 3
    assert answers[0].get_json()["rank_by"] == "people"
    assert answers[0].get_json()["hashtags"][0]["people"] > 0
    assert len({each.data for each in answers}) == len({each.headers["ETag"] for each in answers})
    assert len({each.data for each in answers}) == 1


@pytest.mark.parametrize(
    ("known_hours", "certainty"),
    [(0, "low"), (23, "low"), (24, "medium"), (167, "medium"), (168, "high"), (672, "high")],
)
def test_the_longer_the_past_the_more_certain_it_is_what_is_usual(
    client: FlaskClient, store: MemoryStore, known_hours: int, certainty: str
) -> None:
    store.put("rising", known_hours=known_hours)
    answer = client.get(f"{URL}?board=rising").get_json()
    assert (answer["known_hours"], answer["certainty"]) == (known_hours, certainty)


@pytest.mark.parametrize("window", ["1h", "12h", "48h", "7d"])
def test_now_says_how_far_it_looks_back(
    client: FlaskClient, store: MemoryStore, window: str
) -> None:
    store.put("now", window=window)
    assert client.get(f"{URL}?board=now").get_json()["window"] == window


@pytest.mark.parametrize("rank_by", ["", *RANK_BY])
def test_what_an_earlier_driver_wrote_of_rising_is_no_board_yet(
    client: FlaskClient, store: MemoryStore, rank_by: str
) -> None:
    store.put()
    store.cells["rising"] = earlier_rising()
    for board in ("rising", "now"):
        response = client.get(f"{URL}?board={board}{rank_by}")
        assert response.status_code == 503
        assert "hasn't published a board" in response.get_json()["waiting_for"]
        store.put(board)
        assert client.get(f"{URL}?board={board}{rank_by}").get_json()["stale"] is False


def test_each_ranking_is_as_fresh_as_its_own_board(client: FlaskClient, store: MemoryStore) -> None:
    store.put("1h")
    assert client.get(f"{URL}?board=1h").status_code == 200
    missing = client.get(f"{URL}?board=1h&rank_by=people")
    assert missing.status_code == 503
    assert "hasn't published a board" in missing.get_json()["waiting_for"]
    store.put("1h.people", hashtags=[], as_of="2026-11-22T10:00:00Z")
    assert client.get(f"{URL}?board=1h&rank_by=people").get_json()["stale"] is True
    assert client.get(f"{URL}?board=1h").get_json()["stale"] is False


@pytest.mark.parametrize(
    ("query", "parameter", "allowed"),
    [
        ("board=1h&rank_by=likes", "rank_by", "tweets, people"),
        ("board=1h&rank_by=", "rank_by", "tweets, people"),
        ("board=1h.people", "board", "all, 1h, 24h, 7d"),
        ("rank_by=people", "rank_by", "rank_by=people needs board=1h, 24h or 7d."),
        ("board=all&rank_by=people", "rank_by", "rank_by=people needs board=1h, 24h or 7d."),
        ("board=now&rank_by=likes", "rank_by", "tweets, people"),
        ("board=now.people", "board", "all, 1h, 24h, 7d, rising, now"),
        ("board=year", "board", "all, 1h, 24h, 7d"),
        ("board=", "board", "all, 1h, 24h, 7d"),
        ("board=_progress", "board", "all, 1h, 24h, 7d"),
        *[
            (f"limit={bad}", "limit", "from 1 to 100")
            for bad in ("0", "101", "-1", "ten", "1.5", "", "%201", "1e1", "９", "9" * 5000)
        ],
    ],
)
def test_a_bad_parameter_is_named_with_what_is_allowed(
    client: FlaskClient, store: MemoryStore, query: str, parameter: str, allowed: str
) -> None:
    store.put()
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["status"] == 400
    assert response.get_json()["parameter"] == parameter
    assert parameter in response.get_json()["detail"]
    assert allowed in response.get_json()["detail"]


def test_before_the_first_board_503_says_what_is_waited_for(
    client: FlaskClient, store: MemoryStore
) -> None:
    response = client.get(URL)
    assert response.status_code == 503
    assert response.mimetype == "application/problem+json"
    assert response.headers["Retry-After"] == "5"
    assert "hasn't published a board" in response.get_json()["waiting_for"]
    assert response.get_json()["waiting_for"] in response.get_json()["detail"]

    store.go_down()
    assert client.get(URL).get_json()["waiting_for"] == "HBase: not reachable at hbase-thrift:9090"


def test_without_hbase_the_last_board_is_served_as_stale(
    client: FlaskClient, store: MemoryStore
) -> None:
    store.put()
    fresh = client.get(URL)
    store.go_down()
    stale = client.get(URL)
    assert fresh.get_json()["stale"] is False
    assert stale.status_code == 200
    assert stale.get_json() == {**fresh.get_json(), "stale": True}
    assert stale.headers["ETag"] != fresh.headers["ETag"]


def test_a_board_nobody_refreshes_is_stale(make_client: Make, store: MemoryStore) -> None:
    store.put(as_of="2026-11-22T10:00:00Z")
    assert make_client().get(URL).get_json()["stale"] is True
    assert make_client(stale_after_seconds=10**9).get(URL).get_json()["stale"] is False


def test_a_row_that_is_no_board_never_is_an_error(client: FlaskClient, store: MemoryStore) -> None:
    store.cells["all"] = b"\x00"
    assert client.get(URL).status_code == 503
    store.put()
    assert client.get(URL).get_json()["stale"] is False
    store.cells["all"] = b"[1"
    assert client.get(URL).get_json()["stale"] is True


def test_an_unchanged_board_is_304_without_a_body(client: FlaskClient, store: MemoryStore) -> None:
    store.put(version=1)
    first = client.get(URL)
    etag = {"If-None-Match": first.headers["ETag"]}
    again = client.get(URL, headers=etag)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-cache"
    assert client.get(f"{URL}?limit=9", headers=etag).status_code == 200
    store.put(version=2)
    assert client.get(URL, headers=etag).status_code == 200


def test_head_is_get_without_a_body(client: FlaskClient, store: MemoryStore) -> None:
    store.put()
    get, head = client.get(URL), client.head(URL)
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(get.headers)


def test_the_wait_between_polls_is_the_setting(make_client: Make, store: MemoryStore) -> None:
    store.put()
    assert make_client(refresh_seconds=33).get(URL).get_json()["poll_after_seconds"] == 33


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405_and_named(client: FlaskClient, method: str) -> None:
    response = client.open(URL, method=method)
    assert response.status_code == response.get_json()["status"] == 405
    assert response.mimetype == "application/problem+json"
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing", "/api/v1/trends/"])
def test_unknown_paths_of_the_api_are_problems(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == response.get_json()["status"] == 404
    assert response.mimetype == "application/problem+json"


def test_an_unforeseen_error_is_a_problem_without_its_inside(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr("web.api.routes.board_parameter", fail)
    caplog.set_level(logging.CRITICAL)
    response = client.get(URL)
    assert response.status_code == response.get_json()["status"] == 500
    assert response.mimetype == "application/problem+json"
    assert "the inside" not in response.text


def test_a_board_is_a_table_too(client: FlaskClient, store: MemoryStore) -> None:
    store.put("24h.people", hashtags=entries(2, people=9), as_of="2026-11-22T10:00:00Z")
    response = client.get(f"{URL}?board=24h&rank_by=people&format=csv")
    assert (response.status_code, response.mimetype) == (200, "text/csv")
    name = "hashtags-24h-by-people-20261122T100000Z.csv"
    assert response.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert response.text.splitlines() == [
        "rank,tag,key,count,people,change,url",
        "1,tag1,tag1,999,9,0,https://x.com/hashtag/tag1",
        "2,tag2,tag2,998,9,0,https://x.com/hashtag/tag2",
    ]
    etag = {"If-None-Match": response.headers["ETag"]}
    again = client.get(f"{URL}?board=24h&rank_by=people&format=csv", headers=etag)
    assert again.status_code == 304
    bad = client.get(f"{URL}?format=xml")
    assert (bad.status_code, bad.get_json()["parameter"]) == (400, "format")
