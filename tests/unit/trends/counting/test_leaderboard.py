"""Compares all boards with a recount and a full sort of every use."""

import random

import numpy as np
import pytest

from support import trending_oracle
from support.trending_oracle import window_of_now
from support.uses import Use, columns, stored, totals
from trends.counting import spans
from trends.counting.hidden import HiddenTags
from trends.counting.leaderboard import Leaderboard, Rankings
from trends.counting.ranking import BOARD_SIZE, PEOPLE, TWEETS, RankedTag
from trends.counting.spans import ALL, RISING, STEPS, WINDOWS
from trends.counting.stored_tag import StoredTag

NOW = 30_000_000  # minutes since 1970
AGES = [0, 0, 0, 1, 2, 9, 10, 11, 59, 60, 69, 70, 1439, 1440, 1500, 5000, 10_079, 10_080, 10_090,
        11_519, 11_520, 20_000, 41_000, 50_000, -2]  # fmt: skip
# The minutes of a sparkline's point, and how many points there are.
POINTS = {"1h": (5, 12), "2h": (5, 24), "5h": (15, 20), "12h": (30, 24), "24h": (60, 24),
          "48h": (120, 24), "7d": (360, 28), "all": (1440, 30)}  # fmt: skip


def add(leaderboard: Leaderboard, batch: list[Use], earlier: list[Use]) -> None:
    uses = columns(batch)
    leaderboard.add(uses, *totals(uses, earlier + batch))


class Recount:
    """The boards of a list of uses, at the minute `now`."""

    def __init__(self, uses: list[Use], now: int, hidden: frozenset[str], min_authors: int) -> None:
        self.everything, self.hidden = uses, hidden
        self.uses = [use for use in uses if use[0] not in hidden]
        self.now, self.min_authors = now, min_authors
        self.lasts: dict[str, int] = {}
        self.minutes: dict[str, list[int]] = {}
        for key, minute, _ in self.uses:
            self.lasts[key] = max(self.lasts.get(key, 0), minute * 60_000)
            self.minutes.setdefault(key, []).append(minute)

    def count(self, length: int, lag: int = 0) -> dict[str, tuple[int, int]]:
        """Count posts and people by key in a span of minutes."""
        found: dict[str, list[int]] = {}
        for key, minute, author in self.uses:
            if self.now - lag - length < minute <= self.now - lag:
                found.setdefault(key, []).append(author)
        return {key: (len(who), len({*who} - {0})) for key, who in found.items()}

    def board(self, counts: dict[str, int]) -> list[RankedTag]:
        tags = (RankedTag(key, count, self.lasts[key]) for key, count in counts.items() if count)
        return sorted(tags, key=lambda tag: tag.order)[:BOARD_SIZE]

    def all_time(self, lag: int) -> list[RankedTag]:
        counts = dict.fromkeys(self.lasts, 0)
        for key, minute, _ in self.uses:
            counts[key] += not self.now - lag < minute <= self.now
        return self.board(counts)

    def window(self, name: str, rank_by: str, lag: int) -> list[RankedTag]:
        found = self.count(WINDOWS[name], lag)
        return self.board(
            {
                key: people if rank_by == PEOPLE else posts
                for key, (posts, people) in found.items()
                if people >= self.min_authors
            }
        )

    def points(self, key: str, span: str) -> list[int]:
        """The posts by bucket; those of the longest spans begin and end with whole hours."""
        length, number = POINTS[span]
        end = self.now // 60 * 60 + 59 if span in ("7d", "all") else self.now
        counts = [0] * number
        for minute in self.minutes[key]:
            at = number - 1 - (end - minute) // length
            if span == "7d" and self.now - 10_080 < minute:
                at = max(at, 0)
            if minute <= self.now and at >= 0:
                counts[at] += 1
        return counts

    def trending(self) -> tuple[list[trending_oracle.Rise], str]:
        """A hidden tag is part of what is usual, but it is not shown itself."""
        uses: dict[str, list[tuple[int, str | None]]] = {}
        for key, minute, author in self.everything:
            uses.setdefault(key, []).append((minute, str(author) if author else None))
        rises = trending_oracle.rising(uses, self.now, max(3, self.min_authors))
        shown = {key: of for key, of in uses.items() if key not in self.hidden}
        board = [rise for rise in rises if rise.key not in self.hidden]
        return board, window_of_now(shown, self.now)

    def now_board(self, window: str, lag: int) -> list[RankedTag]:
        if window == "7d":
            return self.window(window, PEOPLE, STEPS[window] if lag else 0)
        found = self.count(trending_oracle.WINDOWS[window], lag)
        return self.board(
            {key: people for key, (_, people) in found.items() if people >= self.min_authors}
        )


def check_trending(rankings: Rankings, right: Recount) -> None:
    boards = {board.name: board for board in rankings.boards}
    rises, window = right.trending()
    rising, now = boards[RISING], boards[spans.NOW]
    assert [tag.key for tag in rising.tags] == [rise.key for rise in rises]
    for rise, wanted in zip(rankings.rises, rises, strict=True):
        numbers = rise.tag.count, rise.tag.last, rise.people, rise.window
        assert numbers == (wanted.posts, wanted.last * 60_000, wanted.people, wanted.window)
        assert (rise.expected, rise.score) == pytest.approx((wanted.expected, wanted.score))
    assert [tag.key for tag in rising.earlier] == trending_oracle.earlier(rises)
    assert (now.window, now.tags) == (window, right.now_board(window, 0))
    assert now.earlier == right.now_board(window, STEPS[spans.NOW])


def check(rankings: Rankings, right: Recount, *, trending: bool) -> None:
    boards = {(board.name, board.rank_by): board for board in rankings.boards}
    assert list(boards) == [
        (ALL, TWEETS),
        (RISING, PEOPLE),
        (spans.NOW, PEOPLE),
        *((name, by) for name in WINDOWS for by in (TWEETS, PEOPLE)),
    ]
    assert boards[ALL, TWEETS].tags == right.all_time(0)
    assert boards[ALL, TWEETS].earlier == right.all_time(STEPS[ALL])
    if trending:
        check_trending(rankings, right)
    for board in rankings.boards:
        span = "48h" if board.name == RISING else board.window or board.name
        assert board.points == [right.points(tag.key, span) for tag in board.tags]
        if board.name in (*WINDOWS, spans.NOW):
            counts_of_posts = [posts for posts, _ in board.posts_and_people or []]
            assert list(map(sum, board.points)) == counts_of_posts
    for name, length in WINDOWS.items():
        counts = right.count(length)
        for by in (TWEETS, PEOPLE):
            board = boards[name, by]
            assert board.tags == right.window(name, by, 0)
            assert board.earlier == right.window(name, by, STEPS[name])
            assert board.posts_and_people == [counts[tag.key] for tag in board.tags]


def random_batch(rng: random.Random, now: int) -> list[Use]:
    tags = rng.choice([12, 160])
    return [
        (f"t{int(rng.random() ** 2 * tags)}", now - rng.choice(AGES), rng.randrange(6) << 61)
        for _ in range(rng.choice([0, 1, 5, 300]))
    ]


@pytest.mark.component
@pytest.mark.parametrize("seed", range(8))
def test_all_boards_equal_a_recount_of_everything_added(seed: int) -> None:
    """Covers tags loaded at the start, hidden and shown again, and such that too few people use.

    There are at most 160 tags, so that the all-time board of a step earlier is known, too.
    """
    rng = random.Random(seed)
    hidden, min_authors = frozenset({"t1", "t3"} if seed % 2 else ()), seed % 3
    uses = [use for _ in range(5) for use in random_batch(rng, NOW)]
    leaderboard = Leaderboard(NOW, HiddenTags(hidden), min_authors)
    leaderboard.load(stored(uses))
    now = NOW
    for _ in range(25):
        batch = random_batch(rng, now)
        add(leaderboard, batch, uses)
        uses += batch
        now += rng.choice([0, 0, 1, 1, 7, 55, 500, 3000])
        if rng.random() < 0.3:
            hidden = frozenset(f"t{number}" for number in rng.sample(range(20), rng.randrange(9)))
            leaderboard.hide(HiddenTags(hidden))
        rankings = leaderboard.rankings(now * 60_000 + rng.randrange(60_000))
        # The recount of what is trending takes long.
        right = Recount(uses, now, hidden, min_authors)
        check(rankings, right, trending=rng.random() < 0.15)


def test_loading_and_adding_is_adding_everything() -> None:
    rng = random.Random(9)
    first, second = ([use for _ in range(4) for use in random_batch(rng, NOW)] for _ in range(2))
    one, other = Leaderboard(NOW), Leaderboard(NOW)
    one.load(iter(stored(first)))
    add(one, second, first)
    add(other, first + second, [])
    assert one.rankings(NOW * 60_000) == other.rankings(NOW * 60_000)


def test_more_tags_than_are_loaded_at_once() -> None:
    tags = [StoredTag(f"t{number:05}", 1 + number // 3, 5, {}, {}) for number in range(45_000)]
    leaderboard = Leaderboard(NOW)
    leaderboard.load(tags)
    best = leaderboard.rankings(NOW * 60_000).boards[0].tags
    assert [tag.key for tag in best[:4]] == ["t44997", "t44998", "t44999", "t44994"]
    assert len(best) == BOARD_SIZE


def test_the_keys_are_those_of_all_tags_shown() -> None:
    leaderboard = Leaderboard(NOW, hidden=HiddenTags(frozenset({"hidden"})))
    leaderboard.load([StoredTag("old", 5, 0, {}, {})])
    batch = [("new", NOW, 1), ("hidden", NOW, 1), ("gone", NOW - 20_000, 1)]
    add(leaderboard, batch, [])
    assert leaderboard.rankings(NOW * 60_000).keys() == ["gone", "new", "old"]
    assert leaderboard._windows.ranking("7d", TWEETS)[0].key == "new"


def test_what_is_usual_is_known_from_the_first_post_on_at_most_four_weeks() -> None:
    leaderboard = Leaderboard(NOW)
    for days, hours in ((0, 0), (1, 24), (20, 480), (28, 672), (30, 672)):
        add(leaderboard, [("a", NOW - 1440 * days, 0)], [])
        assert leaderboard.rankings(NOW * 60_000).known_hours == hours


def test_no_point_is_negative_when_hbase_has_dropped_minutes_early() -> None:
    tag = StoredTag("a", 6, NOW, {NOW: (1, [1])}, {NOW // 60 - 100: 5, NOW // 60: 1})
    leaderboard = Leaderboard(NOW)
    leaderboard.load([tag])
    boards = {board.name: board for board in leaderboard.rankings(NOW * 60_000).boards}
    assert boards["7d"].points == [[0] * 11 + [5] + [0] * 15 + [1]]


def test_a_tag_that_was_idle_for_a_month_has_an_empty_sparkline() -> None:
    leaderboard = Leaderboard(NOW)
    leaderboard.load([StoredTag("old", 9, 0, {}, {5: 9})])
    assert leaderboard.rankings(NOW * 60_000).boards[0].points == [[0] * 30]


def test_a_batch_may_have_no_tags() -> None:
    leaderboard = Leaderboard(NOW)
    add(leaderboard, [], [])
    leaderboard.load([])
    rankings = leaderboard.rankings(NOW * 60_000)
    assert (rankings.keys(), rankings.known_hours) == ([], 0)
    assert all(board.tags == [] for board in rankings.boards)


def test_totals_are_those_given_whatever_the_windows_have() -> None:
    """Stored tags have lost their minutes older than 8 days, but not their counts."""
    leaderboard = Leaderboard(NOW)
    uses = columns([("a", NOW, 1)])
    leaderboard.add(uses, np.array([1_000]), np.array([NOW * 60_000 + 7]))
    boards = leaderboard.rankings(NOW * 60_000).boards
    assert boards[0].tags == [RankedTag("a", 1_000, NOW * 60_000 + 7)]
    assert boards[3].tags == [RankedTag("a", 1, NOW * 60_000 + 7)]
