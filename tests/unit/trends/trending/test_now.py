"""The board `now`: the shortest window that has something to say."""

import pytest

from support.uses import Use, stored
from trends.counting.leaderboard import Leaderboard, Ranking
from trends.counting.spans import NOW as BOARD

NOW = 30_000_000


def board(uses: list[Use], now: int = NOW, min_authors: int = 0) -> Ranking:
    made = Leaderboard(NOW, min_authors=min_authors)
    made.load(stored(uses))
    boards = made.rankings(now * 60_000).boards
    return next(board for board in boards if board.name == BOARD)


def talk(tags: int, people: int, ago: int) -> list[Use]:
    return [(f"t{tag}", NOW - ago, who) for tag in range(tags) for who in range(1, people + 1)]


@pytest.mark.parametrize(
    ("ago", "window"),
    [(0, "1h"), (59, "1h"), (60, "2h"), (250, "5h"), (700, "12h"), (1000, "24h"), (2879, "48h"),
     (2880, "7d")],
)  # fmt: skip
def test_five_tags_of_three_people_each_are_something_to_say(ago: int, window: str) -> None:
    uses = talk(5, 3, ago)
    assert board(uses).window == window
    assert [tag.key for tag in board(uses).tags] == ["t0", "t1", "t2", "t3", "t4"]
    assert board(uses[:-1]).window == "7d"


def test_it_is_ranked_by_people_and_has_their_posts() -> None:
    uses = (
        talk(5, 3, 90)
        + [("loud", NOW - 1, 9)] * 20
        + [("t3", NOW - 5, 8)]
        + [("old", NOW - 130, 1)]
    )
    found = board(uses)
    assert found.window == "2h"
    assert [tag.key for tag in found.tags[:2]] == ["t3", "t0"]
    assert found.posts_and_people is not None
    assert found.posts_and_people[0] == (4, 4)
    assert found.posts_and_people[-1] == (20, 1)
    assert "old" not in {tag.key for tag in found.tags}


def test_its_change_is_since_ten_minutes_ago_in_the_same_window() -> None:
    uses = [*talk(5, 3, 30), ("t0", NOW - 30, 8), ("t4", NOW - 5, 8), ("t4", NOW - 5, 9)]
    found = board(uses)
    assert [tag.key for tag in found.tags][:2] == ["t4", "t0"]
    assert [tag.key for tag in found.earlier][:2] == ["t0", "t4"]


def test_in_seven_days_its_change_is_since_a_day_ago() -> None:
    found = board([("a", NOW, 1), ("b", NOW - 1441, 1), ("b", NOW - 1441, 2)])
    assert found.window == "7d"
    assert [tag.key for tag in found.tags] == ["b", "a"]
    assert [tag.key for tag in found.earlier] == ["b"]


def test_a_tag_that_too_few_people_use_is_not_on_it() -> None:
    uses = [*talk(5, 3, 0), ("few", NOW, 1)]
    assert len(board(uses, min_authors=2).tags) == 5
    assert board(uses, min_authors=4).window == "7d"
    assert board(uses, min_authors=4).tags == []
