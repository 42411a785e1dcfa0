"""The boards as JSON documents."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from trends.counting.documents import documents
from trends.counting.leaderboard import Ranking, Rankings
from trends.counting.post_totals import PostTotals
from trends.counting.ranking import PEOPLE, TWEETS, RankedTag
from trends.trending.boards import Rise

VERSION = 1_795_341_600_123
MINUTE = VERSION // 60_000


@dataclass(frozen=True)
class Totals:
    sources: tuple[str, ...] = ("bluesky", "x")
    demo: bool = False
    read: int = 12
    tagged: int = 7


A, B = RankedTag("a", 9, 5), RankedTag("東京", 4, 6)


def ranking(name: str, rank_by: str, tags: list[RankedTag], *more: Any, **named: Any) -> Ranking:
    points = [[number, 2] for number, _ in enumerate(tags)]
    return Ranking(name, rank_by, tags, *more, points=points, **named)


def write(
    *boards: Ranking,
    totals: Totals | None = None,
    posts: PostTotals | None = None,
    **rankings: Any,
) -> dict[str, bytes]:
    found = Rankings(list(boards), **{"rises": [], "known_hours": 0, **rankings})
    spellings = {"a": "A", "東京": "東京"}
    return documents(found, spellings, totals or Totals(), posts or PostTotals(MINUTE), VERSION)


def test_a_document_has_its_members_in_this_order() -> None:
    (document,) = write(ranking("all", TWEETS, [A, B], [B])).values()
    assert document.decode() == (
        '{"board": "all", "rank_by": "tweets", "as_of": "2026-11-22T10:00:00Z", '
        '"version": 1795341600123, "source": ["bluesky", "x"], "demo": false, '
        '"tweets_read": 12, "tweets_tagged": 7, "point_minutes": 1440, "hashtags": ['
        '{"rank": 1, "tag": "A", "key": "a", "count": 9, "change": null, "points": [0, 2]}, '
        '{"rank": 2, "tag": "東京", "key": "東京", "count": 4, "change": -1, "points": [1, 2]}]}'
    )


def test_boards_by_people_have_rows_of_their_own_and_the_same_members() -> None:
    written = write(
        ranking("1h", TWEETS, [A], [], [(9, 3)]), ranking("1h", PEOPLE, [B], [], [(8, 4)])
    )
    assert list(written) == ["1h", "1h.people"]
    (entry,) = json.loads(written["1h"])["hashtags"]
    assert entry == {
        "rank": 1, "tag": "A", "key": "a", "count": 9, "change": None, "people": 3, "points": [0, 2]
    }  # fmt: skip
    document = json.loads(written["1h.people"])
    assert (document["board"], document["rank_by"]) == ("1h", "people")
    (entry,) = document["hashtags"]
    assert (entry["count"], entry["people"]) == (8, 4)


def test_the_rising_board_explains_each_rank() -> None:
    rises = [Rise(A, 8, 0.8123, "5h", 10.597, 9.0), Rise(B, 3, 1.0, "48h", 690.0, 9.5)]
    board = ranking("rising", PEOPLE, [A, B], [A, B], [(9, 8), (4, 3)])
    written = write(board, rises=rises, known_hours=30)
    document = json.loads(written["rising"])
    assert (document["rank_by"], document["known_hours"]) == ("people", 30)
    assert document["hashtags"] == [
        {"rank": 1, "tag": "A", "key": "a", "count": 9, "change": 0, "people": 8, "window": "5h",
         "observed": 8, "expected": 0.81, "surprise": 40_000, "score": 10.6, "points": [0, 2]},
        {"rank": 2, "tag": "東京", "key": "東京", "count": 4, "change": 0, "people": 3,
         "window": "48h", "observed": 3, "expected": 1.0, "surprise": 10**9, "score": 690.0,
         "points": [1, 2]},
    ]  # fmt: skip


def test_the_board_of_now_names_its_window() -> None:
    board = ranking("now", PEOPLE, [A], [], [(9, 3)], window="12h")
    document = json.loads(write(board)["now"])
    assert (document["window"], document["rank_by"]) == ("12h", "people")
    assert document["hashtags"][0]["people"] == 3


def test_a_board_has_the_posts_of_its_window() -> None:
    minutes = np.array([MINUTE - 2000, MINUTE - 500, MINUTE - 100, MINUTE])
    counts = np.array([[1000, 100, 0, 0], [200, 20, 0, 0], [30, 3, 7, 5], [4, 2, 0, 0]])
    posts = PostTotals(MINUTE)
    posts.add(minutes, counts)
    boards = [ranking(name, TWEETS, [], []) for name in ("all", "1h", "24h", "rising")]
    boards.append(ranking("now", PEOPLE, [], [], [], window="2h"))

    def totals(demo: bool) -> dict[str, tuple[int | None, int | None]]:
        written = write(*boards, posts=posts, totals=Totals(("demo",), demo))
        found = {name: json.loads(document) for name, document in written.items()}
        return {
            name: (each.get("window_posts"), each.get("window_tagged"))
            for name, each in found.items()
        }

    assert totals(demo=False) == {
        "all": (None, None), "1h": (4, 2), "24h": (234, 25), "rising": (1234, 125), "now": (34, 5)
    }  # fmt: skip
    assert totals(demo=True)["24h"] == (7, 5)


def test_a_board_says_nothing_of_posts_that_were_not_counted_from_its_windows_beginning() -> None:
    boards = [ranking(name, TWEETS, [], []) for name in ("1h", "24h")]
    written = write(*boards, posts=PostTotals(MINUTE, since=MINUTE - 59))
    assert "window_posts" in json.loads(written["1h"])
    assert not {"window_posts", "window_tagged"} & json.loads(written["24h"]).keys()


def test_the_minutes_of_a_point_are_those_of_the_boards_window() -> None:
    names = ["1h", "24h", "7d", "rising"]
    boards = [ranking(name, TWEETS, [], []) for name in names]
    boards.append(ranking("now", PEOPLE, [], [], [], window="5h"))
    written = write(*boards)
    minutes = {name: json.loads(document)["point_minutes"] for name, document in written.items()}
    assert minutes == {"1h": 5, "24h": 60, "7d": 360, "rising": 120, "now": 15}


def test_demo_is_said_only_where_demo_posts_were_counted() -> None:
    def demo(*sources: str, demo: bool) -> bool:
        (document,) = write(ranking("all", TWEETS, [], []), totals=Totals(sources, demo)).values()
        return json.loads(document)["demo"]

    assert demo("demo", demo=True)
    assert not demo(demo=True)  # nothing was counted yet
    assert not demo("x", demo=False)
