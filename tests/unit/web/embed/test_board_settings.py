import pytest

from web.embed.board_settings import dashboard, embed


def test_without_settings_there_are_defaults() -> None:
    default = embed({"unknown": "1"})
    assert (default.board, default.rank_by, default.limit, default.lang) == (
        "all", "tweets", 10, None,
    )  # fmt: skip
    assert (default.links, default.count, default.paused) == (True, "auto", False)
    assert default.attributes == default.settings == {}


RIGHT = [
    ("board", "rising"),
    ("board", "now"),
    ("rank_by", "people"),
    ("limit", "100"),
    ("refresh", "2"),
    ("theme", "transparent"),
    ("lang", "de"),
    ("lang", "en-GB"),
    ("lang", "es-419"),
    ("max-height", "100"),
    ("layout", "ticker"),
    ("width", "200"),
    ("chrome", "noheader  nofooter"),
    ("chrome", ""),
    ("links", "off"),
    ("count", "compact"),
    ("paused", ""),
    ("paused", "0"),
    ("accent", "#4f46e5"),
    ("accent", "0AF"),
]
WRONG = [
    ("board", "All"),
    ("rank_by", ""),
    ("limit", "0"),
    ("limit", "101"),
    ("limit", "1e1"),
    ("limit", "١"),
    ("refresh", "1"),
    ("refresh", "3601"),
    ("theme", "blue"),
    ("lang", "xx"),
    ("lang", "en-"),
    ("lang", "en-GB-GB"),
    ("lang", 'en-"'),
    ("max-height", "99"),
    ("max-height", "50%"),
    ("layout", "cloud"),
    ("width", "199"),
    ("width", "300px"),
    ("chrome", "noheader,nofooter"),
    ("links", "yes"),
    ("count", "on"),
    ("paused", "true"),
    ("accent", "red"),
    ("accent", "#12345"),
    ("accent", "#123456\n"),
]


@pytest.mark.parametrize(("name", "text"), RIGHT)
def test_a_right_value_is_a_setting(name: str, text: str) -> None:
    assert embed({name: text}).settings == {name: text}


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_a_wrong_value_counts_as_absent_but_is_handed_on(name: str, text: str) -> None:
    read = embed({name: text})
    assert read.settings == {}
    assert read.attributes == {name: text}
    assert (read.board, read.rank_by, read.limit) == ("all", "tweets", 10)


@pytest.mark.parametrize(
    ("board", "asked", "rank_by"),
    [
        ("7d", "tweets", "tweets"),
        ("7d", "people", "people"),
        ("all", "tweets", "tweets"),
        ("all", "people", "tweets"),
        ("rising", "tweets", "people"),
        ("rising", "people", "people"),
        ("now", "tweets", "people"),
        ("now", "people", "people"),
    ],
)
def test_only_windows_leave_a_choice_of_ranking(board: str, asked: str, rank_by: str) -> None:
    assert embed({"board": board, "rank_by": asked}).rank_by == rank_by


@pytest.mark.parametrize(
    ("given", "board"),
    [({}, "now"), ({"board": ""}, "now"), ({"board": "week"}, "now"), ({"board": "all"}, "all")],
)
def test_the_dashboard_begins_with_now(given: dict[str, str], board: str) -> None:
    read = dashboard({**given, "limit": "3"})
    assert (read.board, read.limit) == (board, 3)
    # What is told to others leads to the same board.
    assert read.settings == read.attributes == {"board": board, "limit": "3"}
