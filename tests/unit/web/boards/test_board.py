import json
from typing import Any

import pytest

from support.memory_store import REASON, board, earlier_rising
from web.boards.board import ROWS, EarlierDriverError, parse_board, row_of, trends

HOW: dict[str, Any] = {
    "limit": 1,
    "stale": False,
    "poll_after_seconds": 10,
    "mastodon_url": "https://social.example",
}


def parse(**changes: Any) -> Any:
    return parse_board("all", json.dumps(board(**changes)).encode())


def entry(**changes: Any) -> dict[str, Any]:
    return {"hashtags": [{**board()["hashtags"][0], **changes}]}


def test_members_a_newer_driver_adds_are_ignored() -> None:
    assert parse(mood="sunny", **entry(colour="red")) == parse()


@pytest.mark.parametrize(
    "changes",
    [
        {"board": "1h"},
        {"board": ["all"]},
        {"rank_by": "people"},
        {"rank_by": "likes"},
        {"rank_by": None},
        {"as_of": "2026-11-22"},
        {"as_of": "2026-13-22T10:00:00Z"},
        {"as_of": None},
        {"version": "7"},
        {"version": True},
        {"demo": 0},
        {"source": "x"},
        {"tweets_read": -1},
        {"tweets_tagged": 1.5},
        {"hashtags": {}},
        {"hashtags": ["Café"]},
        entry(tag=""),
        entry(key=None),
        entry(tag="\ud800"),
        entry(count=0),
        entry(rank="1"),
        entry(change="up"),
    ],
)
def test_what_breaks_the_contract_is_no_board(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        parse(**changes)


def test_a_board_by_people_is_no_board_without_them() -> None:
    row = row_of("1h", "people")
    by_people = {"board": "1h", "rank_by": "people"}
    known = board(**by_people, **entry(people=37))
    assert parse_board(row, json.dumps(known).encode()).hashtags[0].people == 37
    for wrong in (entry(), entry(people=None), entry(people=-1), {"rank_by": "tweets"}):
        with pytest.raises(ValueError):
            parse_board(row, json.dumps({**known, **wrong}).encode())


def test_what_an_older_driver_wrote_is_ranked_by_tweets_of_unknown_people() -> None:
    older = board(board="24h")
    del older["rank_by"]
    answer = trends(parse_board("24h", json.dumps(older).encode()), **HOW)
    assert answer["rank_by"] == "tweets"
    assert "people" not in answer["hashtags"][0]


POINTS = {"point_minutes": 60, **entry(points=[0, 3, 10])}


def test_the_points_and_the_posts_of_the_window_are_kept() -> None:
    found = parse_row("24h", **POINTS, window_posts=9, window_tagged=0)
    assert (found.point_minutes, found.hashtags[0].points) == (60, (0, 3, 10))
    assert (found.totals.posts, found.totals.tagged) == (9, 0)
    assert parse(window_posts=9, window_tagged=5).totals is None, "all has no window"
    assert parse(**entry(points=[1])).hashtags[0].points is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"point_minutes": 0},
        {"point_minutes": "60"},
        {"point_minutes": None},
        entry(),
        entry(points=[]),
        entry(points=[1] * 31),
        entry(points=[1, -1]),
        entry(points=[1, 1.5]),
        entry(points=[1, True]),
        entry(points="123"),
        {"window_posts": 9},
        {"window_posts": -1, "window_tagged": 0},
        {"window_posts": 9, "window_tagged": "5"},
    ],
)
def test_a_board_is_none_with_wrong_points_or_totals(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        parse_row("24h", **{**POINTS, **wrong})


def parse_row(row: str, **changes: Any) -> Any:
    return parse_board(row, json.dumps(board(board=row, **changes)).encode())


def test_every_board_has_a_row() -> None:
    windows = ("1h", "24h", "7d")
    assert set(ROWS) == {"all", "rising", "now", *windows, *(f"{name}.people" for name in windows)}
    assert row_of("now", "tweets") == row_of("now", "people") == "now"


@pytest.mark.parametrize(
    "changes",
    [
        {"rank_by": "tweets"},
        {"known_hours": None},
        {"known_hours": -1},
        {"known_hours": 673},
        {"known_hours": 1.5},
        entry(),
        *(
            {"hashtags": [{**board()["hashtags"][0], **REASON, **wrong}]}
            for wrong in (
                {"people": None},
                {"people": -1},
                {"window": "7d"},
                {"window": 5},
                {"observed": 0},
                {"expected": 0.0},
                {"expected": 1},
                {"expected": float("inf")},
                {"surprise": 0},
                {"surprise": 10**9 + 1},
                {"surprise": 4.5},
                {"score": -0.1},
                {"score": float("nan")},
            )
        ),
    ],
)
def test_a_rising_board_is_none_without_its_reasons(changes: dict[str, Any]) -> None:
    assert parse_row("rising").hashtags[0].rise.surprise == REASON["surprise"]
    with pytest.raises(ValueError) as error:
        parse_row("rising", **changes)
    assert not isinstance(error.value, EarlierDriverError)


@pytest.mark.parametrize("changes", [{}, {"rank_by": None}, {"rank_by": "people"}])
def test_a_rising_board_of_an_earlier_driver_is_known_as_such(changes: dict[str, Any]) -> None:
    earlier = json.loads(earlier_rising()) | changes
    with pytest.raises(EarlierDriverError):
        parse_board("rising", json.dumps(earlier).encode())
    # In another row it is simply wrong.
    with pytest.raises(ValueError, match="board is"):
        parse_board("now", json.dumps(earlier).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"window": None},
        {"window": "3h"},
        {"window": 12},
        {"rank_by": "tweets"},
        entry(),
        entry(people=-1),
    ],
)
def test_a_board_of_now_is_none_without_its_window_and_people(changes: dict[str, Any]) -> None:
    assert parse_row("now").window == "12h"
    with pytest.raises(ValueError):
        parse_row("now", **changes)


@pytest.mark.parametrize("cell", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_what_is_no_json_object_is_no_board(cell: bytes) -> None:
    with pytest.raises(ValueError):
        parse_board("all", cell)


@pytest.mark.parametrize(
    ("tag", "path"),
    [
        ("東京", "%E6%9D%B1%E4%BA%AC"),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("\u202etag", "%E2%80%AEtag"),
        ('"><script>', "%22%3E%3Cscript%3E"),
    ],
)
def test_the_address_of_a_tag_holds_nothing_but_escapes(tag: str, path: str) -> None:
    answer = trends(parse(**entry(tag=tag)), **HOW)
    assert answer["hashtags"][0]["url"] == f"https://x.com/hashtag/{path}"


@pytest.mark.parametrize(
    ("sources", "url"),
    [
        (["x"], "https://x.com/hashtag/Tea"),
        (["replay"], "https://x.com/hashtag/Tea"),
        ([], "https://x.com/hashtag/Tea"),
        (["bluesky", "mastodon"], "https://bsky.app/hashtag/Tea"),
        (["mastodon"], "https://social.example/tags/Tea"),
        (["mastodon", "x"], "https://x.com/hashtag/Tea"),
    ],
)
def test_a_tag_leads_to_the_network_of_its_tweets(sources: list[str], url: str) -> None:
    board = parse(**entry(tag="Tea"), source=sources)
    answer = trends(board, **HOW)
    assert answer["hashtags"][0]["url"] == url
