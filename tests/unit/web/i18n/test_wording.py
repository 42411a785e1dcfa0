"""What the server writes of a board, in every language."""

from typing import Any

import pytest

from web.boards.board import NOW_WINDOWS
from web.i18n.wording import Wording


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        ("en", ["0", "999", "1,234,567"]),
        ("de", ["0", "999", "1.234.567"]),
        ("es", ["0", "999", "1.234.567"]),
        ("fr", ["0", "999", "1\u202f234\u202f567"]),
        ("ja", ["0", "999", "1,234,567"]),
        ("ar", ["0", "999", "1,234,567"]),
    ],
)
def test_a_count_is_written_in_full(language: str, counts: list[str]) -> None:
    assert [Wording(language).number(value) for value in (0, 999, 1_234_567)] == counts


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (0.8, "0.8", "0,8"),
        (1.0, "1", "1"),
        (4.5, "4.5", "4,5"),
        (120.0, "120", "120"),
        (12_000.0, "12,000", "12.000"),
        (0.00012, "0.00012", "0,00012"),
        (1.2e-7, "0.00000012", "0,00000012"),
    ],
)
def test_what_is_usual_is_never_written_with_an_exponent(
    value: float, english: str, german: str
) -> None:
    assert (Wording("en").number(value), Wording("de").number(value)) == (english, german)


@pytest.mark.parametrize(
    ("language", "moved", "said"),
    [
        ("en", 5, "up 5 places"),
        ("en", 1, "up 1 place"),
        ("en", -1, "down 1 place"),
        ("en", -1200, "down 1,200 places"),
        ("de", 5, "um 5 gestiegen"),
        ("fr", -2, "descend de 2 places"),
        ("es", 1, "sube 1 puesto"),
        ("ja", 3, "3位上昇"),
        ("ar", -3, "هبط 3"),
    ],
)
def test_a_change_has_words(language: str, moved: int, said: str) -> None:
    assert Wording(language).moved(moved) == said


@pytest.mark.parametrize(
    ("language", "one", "more"),
    [
        ("en", "1 person in 5 h,", "2 people in 5 h,"),
        ("de", "1 Person in 5 h,", "2 Personen in 5 h,"),
        ("es", "1 persona en 5 h,", "2 personas en 5 h,"),
        ("fr", "1 personne en 5 h,", "2 personnes en 5 h,"),
        ("ja", "5 hで1人、", "5 hで2人、"),
        ("ar", "1 شخص خلال 5 h،", "2 شخص خلال 5 h،"),
    ],
)
def test_one_is_not_called_several(language: str, one: str, more: str) -> None:
    entry = {"window": "5h", "expected": 0.1}
    said = [Wording(language).reason({**entry, "people": people}) for people in (1, 2)]
    assert [each.split("\n")[0] for each in said] == [one, more]


@pytest.mark.parametrize(
    ("board", "rank_by", "window", "period"),
    [
        ("all", "tweets", None, "all time"),
        ("1h", "tweets", None, "1 h"),
        ("24h", "people", None, "24 h · people"),
        ("7d", "tweets", None, "7 d"),
        ("rising", "people", None, ""),
        ("now", "people", None, ""),
        *(("now", "people", each, f"{each[:-1]} {each[-1]} · people") for each in NOW_WINDOWS),
    ],
)
def test_a_board_names_its_period(
    board: str, rank_by: str, window: str | None, period: str
) -> None:
    assert Wording("en").period(board, rank_by, window) == period


ALL_TIME = {"board": "all", "tweets_read": 18234, "tweets_tagged": 4120}
WINDOW = {**ALL_TIME, "board": "24h"}
KNOWN = {**WINDOW, "window_posts": 500, "window_tagged": 0}


@pytest.mark.parametrize(
    ("trends", "english", "german"),
    [
        (ALL_TIME, "4,120 of 18,234 posts have hashtags", "4.120 von 18.234 Posts mit Hashtags"),
        (KNOWN, "0 of 500 posts have hashtags", "0 von 500 Posts mit Hashtags"),
        (WINDOW, "", ""),
    ],
)
def test_totals_are_those_of_the_boards_time(
    trends: dict[str, Any], english: str, german: str
) -> None:
    assert (Wording("en").board_totals(trends), Wording("de").board_totals(trends)) == (
        english,
        german,
    )


@pytest.mark.parametrize(
    ("board", "name"),
    [("all", "Trending"), ("7d", "Trending"), ("rising", "Rising"), ("now", "Trending now")],
)
def test_some_boards_have_names_of_their_own(board: str, name: str) -> None:
    assert Wording("en").heading(board) == name
