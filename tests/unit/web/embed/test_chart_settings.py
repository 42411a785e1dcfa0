import pytest

from web.embed.chart_settings import chart


def test_without_settings_there_are_defaults() -> None:
    default = chart({"unknown": "1", "board": "24h", "limit": "3"})
    assert (default.range, default.lang, default.theme) == ("24h", None, "auto")
    assert default.color_scheme == "light dark"
    assert default.attributes == default.settings == {}


RIGHT = [
    ("range", "3h"),
    ("range", "1y"),
    ("tz", "Europe/Paris"),
    ("tz", "America/Argentina/Buenos_Aires"),
    ("tz", "Etc/GMT+5"),
    ("theme", "transparent"),
    ("lang", "es-419"),
    ("refresh", "2"),
    ("chrome", "noborder transparent"),
    ("paused", ""),
    ("accent", "0AF"),
]
WRONG = [
    ("range", "2h"),
    ("range", ""),
    ("tz", ""),
    ("tz", "Europe/Paris; x"),
    ("tz", '"'),
    ("tz", "a" * 65),
    ("theme", "blue"),
    ("lang", "xx"),
    ("refresh", "1"),
    ("chrome", "noheader"),
    ("paused", "true"),
    ("accent", "red"),
]


@pytest.mark.parametrize(("name", "text"), RIGHT)
def test_a_right_value_is_a_setting(name: str, text: str) -> None:
    assert chart({name: text}).settings == {name: text}


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_a_wrong_value_counts_as_absent_but_is_handed_on(name: str, text: str) -> None:
    read = chart({name: text})
    assert read.settings == {}
    assert read.attributes == {name: text}
    assert (read.range, read.lang, read.theme) == ("24h", None, "auto")


@pytest.mark.parametrize(("theme", "scheme"), [("dark", "dark"), ("light", "light")])
def test_the_page_has_the_scheme_of_its_theme(theme: str, scheme: str) -> None:
    assert chart({"theme": theme}).color_scheme == scheme
