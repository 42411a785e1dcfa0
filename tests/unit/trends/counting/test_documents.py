"""The boards as JSON documents."""

import json
from dataclasses import dataclass
from typing import Any

from trends.counting.documents import documents
from trends.counting.leaderboard import Ranking, Rankings
from trends.counting.ranking import PEOPLE, TWEETS, RankedTag
from trends.trending.boards import Rise

VERSION = 1_795_341_600_123


@dataclass(frozen=True)
class Totals:
    sources: tuple[str, ...] = ("bluesky", "x")
    demo: bool = False
    read: int = 12
    tagged: int = 7


A, B = RankedTag("a", 9, 5), RankedTag("東京", 4, 6)


def write(*boards: Ranking, totals: Totals | None = None, **rankings: Any) -> dict[str, bytes]:
    found = Rankings(list(boards), **{"rises": [], "known_hours": 0, **rankings})
    return documents(found, {"a": "A", "東京": "東京"}, totals or Totals(), VERSION)


def test_a_document_has_its_members_in_this_order() -> None:
    (document,) = write(Ranking("all", TWEETS, [A, B], [B])).values()
    assert document.decode() == (
        '{"board": "all", "rank_by": "tweets", "as_of": "2026-11-22T10:00:00Z", '
        '"version": 1795341600123, "source": ["bluesky", "x"], "demo": false, '
        '"tweets_read": 12, "tweets_tagged": 7, "hashtags": ['
        '{"rank": 1, "tag": "A", "key": "a", "count": 9, "change": null}, '
        '{"rank": 2, "tag": "東京", "key": "東京", "count": 4, "change": -1}]}'
    )


def test_boards_by_people_have_rows_of_their_own_and_the_same_members() -> None:
    written = write(
        Ranking("1h", TWEETS, [A], [], [(9, 3)]), Ranking("1h", PEOPLE, [B], [], [(8, 4)])
    )
    assert list(written) == ["1h", "1h.people"]
    (entry,) = json.loads(written["1h"])["hashtags"]
    assert entry == {"rank": 1, "tag": "A", "key": "a", "count": 9, "change": None, "people": 3}
    document = json.loads(written["1h.people"])
    assert (document["board"], document["rank_by"]) == ("1h", "people")
    (entry,) = document["hashtags"]
    assert (entry["count"], entry["people"]) == (8, 4)


def test_the_rising_board_explains_each_rank() -> None:
    rises = [Rise(A, 8, 0.8123, "5h", 10.597, 9.0), Rise(B, 3, 1.0, "48h", 690.0, 9.5)]
    board = Ranking("rising", PEOPLE, [A, B], [A, B], [(9, 8), (4, 3)])
    written = write(board, rises=rises, known_hours=30)
    document = json.loads(written["rising"])
    assert (document["rank_by"], document["known_hours"]) == ("people", 30)
    assert document["hashtags"] == [
        {"rank": 1, "tag": "A", "key": "a", "count": 9, "change": 0, "people": 8, "window": "5h",
         "observed": 8, "expected": 0.81, "surprise": 40_000, "score": 10.6},
        {"rank": 2, "tag": "東京", "key": "東京", "count": 4, "change": 0, "people": 3,
         "window": "48h", "observed": 3, "expected": 1.0, "surprise": 10**9, "score": 690.0},
    ]  # fmt: skip


def test_the_board_of_now_names_its_window() -> None:
    board = Ranking("now", PEOPLE, [A], [], [(9, 3)], window="12h")
    document = json.loads(write(board)["now"])
    assert (document["window"], document["rank_by"]) == ("12h", "people")
    assert document["hashtags"][0]["people"] == 3


def test_demo_is_said_only_where_demo_posts_were_counted() -> None:
    def demo(*sources: str, demo: bool) -> bool:
        (document,) = write(Ranking("all", TWEETS, [], []), totals=Totals(sources, demo)).values()
        return json.loads(document)["demo"]

    assert demo("demo", demo=True)
    assert not demo(demo=True)  # nothing was counted yet
    assert not demo("x", demo=False)
