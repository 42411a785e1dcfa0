"""Every setting, as an attribute of the element and as a parameter of /widget."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from integration.widget.host import HostSite
from integration.widget.lab import Service, element
from integration.widget.looks import differences, looks
from integration.widget.visits import Visit
from support.browser import Observed

Settings = dict[str, str]

# Each changes how a board looks.
VISIBLE: list[Settings] = [
    *({"board": board} for board in ("1h", "24h", "7d", "rising", "now")),
    *({"board": board, "rank_by": "people"} for board in ("1h", "24h", "7d")),
    *({"limit": limit} for limit in ("1", "7")),
    {"board": "24h", "limit": "100"},
    *({"theme": theme} for theme in ("dark", "transparent")),
    *({"lang": lang} for lang in ("en", "de", "es", "fr", "ja", "ar", "de-CH", "ar-EG")),
    *({"layout": layout} for layout in ("compact", "ticker")),
    {"board": "rising", "layout": "compact"},
    {"max-height": "300"},
    *({"chrome": word} for word in ("noheader", "nofooter", "noborder", "transparent")),
    {"chrome": "noheader nofooter noborder transparent"},
    {"links": "off"},
    *({"count": count} for count in ("compact", "exact", "off")),
    {"paused": "1"},
    {"accent": "#c2410c"},
    {"accent": "0369a1"},
    {"board": "24h", "limit": "3", "theme": "dark", "lang": "de", "chrome": "noborder"},
]
# These say what is the default here, or nothing that can be seen.
SAME: list[Settings] = [
    {},
    {"board": "all", "rank_by": "tweets", "limit": "10", "theme": "auto", "lang": "en-GB"},
    {"theme": "light", "links": "on", "count": "auto", "refresh": "3600"},
    {"layout": "list"},
]

WRONG: dict[str, list[str]] = {
    "board": ["week", "ALL"],
    "rank_by": ["likes"],
    "limit": ["0", "101", "ten", "1e1", "-5", "5.5", "99999999999999999999"],
    "refresh": ["1", "3601", "soon"],
    "theme": ["blue"],
    "lang": ["tlh", "en-", "en-GB-GB"],
    "max-height": ["99", "4001", "50%"],
    "layout": ["cloud", "list compact"],
    "width": ["199", "1201", "50%"],
    "chrome": ["nohat", "noheader,nofooter"],
    "links": ["yes"],
    "count": ["many"],
    "paused": ["maybe"],
    "accent": ["red", "#12345", "#000;display:none", "url(x)"],
}


def named(settings: Settings) -> str:
    return urlencode(settings) or "none"


def shown(board: Locator) -> Locator:
    """A board when it is drawn."""
    expect(board).not_to_have_attribute("data-state", "loading")
    return board


@pytest.fixture(scope="module")
def elements(browser: Browser, host: HostSite, service: Service) -> Iterator[Page]:
    """A page with an element for each of the settings."""
    made = "".join(f"<div>{element(**settings)}</div>" for settings in (*SAME, *VISIBLE))
    with browser.new_context(locale="en-GB", timezone_id="UTC") as context:
        page = context.new_page()
        observed = Observed(page)
        page.goto(host.page(service.script + made, lang="en-GB"))
        yield page
        assert observed.errors + observed.warnings == []


@pytest.fixture(scope="module")
def own_page(browser: Browser, service: Service) -> Iterator[Callable[[Settings], Locator]]:
    """Opens the service's own page with given parameters; what it shows."""
    with browser.new_context(locale="en-GB", timezone_id="UTC") as context:
        page = context.new_page()
        observed = Observed(page)

        def visit(settings: Settings) -> Locator:
            page.goto(f"{service.url}/widget?{urlencode(settings)}")
            return shown(page.locator(".board"))

        yield visit
        assert observed.errors == []


@pytest.mark.parametrize("settings", SAME + VISIBLE, ids=named)
def test_attributes_and_parameters_mean_the_same(
    elements: Page, own_page: Callable[[Settings], Locator], settings: Settings
) -> None:
    place = (SAME + VISIBLE).index(settings)
    as_attributes = looks(shown(elements.locator(".board").nth(place)))
    assert differences(looks(own_page(settings)), as_attributes) == []
    default = looks(shown(elements.locator(".board").first))
    assert (as_attributes == default) == (settings in SAME)


def test_the_width_is_the_boards(
    visit: Visit, elements: Page, own_page: Callable[[Settings], Locator], service: Service, host
) -> None:
    page = visit(host.page(service.element(width="300"))).page
    for board in shown(page.locator(".board")), own_page({"width": "300"}):
        assert board.bounding_box()["width"] == 300


def test_what_a_wrong_value_falls_back_to_and_says(
    visit: Visit, host: HostSite, service: Service
) -> None:
    """The default; and one line in the console for each, however often it is met."""
    wrong = [{name: value} for name, values in WRONG.items() for value in values]
    made = "".join(f"<div>{element(**each)}</div>" for each in ({}, *wrong, *wrong))
    widget = visit(host.page(service.script + made))
    boards = widget.page.locator(".board")
    expect(widget.page.locator(".board[data-state=ready]")).to_have_count(1 + 2 * len(wrong))
    default = looks(boards.first)
    for place, each in enumerate(wrong, start=1):
        assert differences(looks(boards.nth(place)), default) == [], each
    pairs = [pair for each in wrong for pair in each.items()]
    starts = [f'{name} is "{value}", but must be ' for name, value in pairs]
    said = [text.removeprefix("trending-hashtags: ") for text in widget.warnings]
    assert sorted(start for start in starts for text in said if text.startswith(start)) == sorted(
        starts
    )
    assert len(said) == len(starts)


def test_what_a_wrong_parameter_falls_back_to(
    own_page: Callable[[Settings], Locator],
) -> None:
    default = looks(own_page({}))
    for name, (value, *_) in WRONG.items():
        assert differences(looks(own_page({name: value})), default) == [], name


def test_a_wrong_parameter_is_told_of_once(visit: Visit, service: Service) -> None:
    widget = visit(f"{service.url}/widget?limit=0&theme=light")
    shown(widget.page.locator(".board"))
    assert [text[:42] for text in widget.warnings] == ['trending-hashtags: limit is "0", but must ']


def test_all_time_is_not_ranked_by_people(visit: Visit, host: HostSite, service: Service) -> None:
    widget = visit(host.page(service.element(board="all", rank_by="people")))
    shown(widget.page.locator(".board"))
    assert widget.rows() == service.rows(board="all")
    (text,) = widget.warnings
    assert text.startswith('trending-hashtags: rank_by is "people", but must be tweets')


def test_attributes_may_change_at_any_time(visit: Visit, host: HostSite, service: Service) -> None:
    """And the element looks as if it had been made so."""
    another, dark = {"board": "24h", "limit": "20", "lang": "de"}, {"theme": "dark"}
    few = dark | {"count": "off", "links": "off"}
    more: tuple[Settings, ...] = ({}, another, dark | {"accent": "#c2410c"}, few)
    made = "".join(element(**settings) for settings in ({}, *more))
    page = visit(host.page(service.script + made)).page
    expect(page.locator(".board[data-state=ready]")).to_have_count(1 + len(more))
    change = """(element, settings) => {
        for (const name of element.getAttributeNames()) element.removeAttribute(name);
        for (const [name, value] of Object.entries(settings)) element.setAttribute(name, value);
    }"""
    for settings in (*more[1:], {}):
        page.locator("trending-hashtags").first.evaluate(change, settings)
        expected: list[dict[str, Any]] = looks(page.locator(".board").nth(1 + more.index(settings)))
        rows = sum("row" in node["attributes"].get("class", "").split() for node in expected)
        expect(page.locator("trending-hashtags").first.locator("li.row")).to_have_count(rows)
        expect(page.locator(".board").first).to_have_attribute("data-state", "ready")
        assert differences(looks(page.locator(".board").first), expected) == [], settings


def test_the_page_chooses_the_language(visit: Visit, host: HostSite, service: Service) -> None:
    """With its region; then the visitor's. One that the widget does not speak is skipped."""
    own, other = element(), f'<div lang="ja-JP">{element()}</div>'
    asked = f"{service.script}{own}{other}"
    for page_lang, expected in (("fr", "fr"), ("en-GB", "en-GB"), ("tlh", "de-AT")):
        page = visit(host.page(asked, lang=page_lang), locale="de-AT").page
        languages = [shown(board).get_attribute("lang") for board in page.locator(".board").all()]
        assert languages == [expected, "ja-JP"]


@pytest.mark.parametrize(
    ("lang", "count", "time"),
    [
        ("en-GB", "98,765", r"\d\d:\d\d:\d\d"),
        ("en-US", "98,765", r"\d{1,2}:\d\d:\d\d\s[AP]M"),
        ("de-CH", "98['’]765", r"\d\d:\d\d:\d\d"),
        ("de", "98.765", r"\d\d:\d\d:\d\d"),
    ],
)
def test_numbers_and_times_are_those_of_the_region(
    visit: Visit, host: HostSite, service: Service, lang: str, count: str, time: str
) -> None:
    served = service.get("/api/v1/trends?board=24h").json()
    served["hashtags"] = [served["hashtags"][0] | {"count": 98_765}]
    anyone = {"Access-Control-Allow-Origin": "*"}
    page = visit(
        host.page(service.element(board="24h"), lang=lang),
        before=lambda page: page.route(
            "**/api/v1/trends?*", lambda route: route.fulfill(json=served, headers=anyone)
        ),
    ).page
    shown(page.locator(".board"))
    expect(page.locator("data.count")).to_have_text(re.compile(f"^{count}$"))
    assert re.fullmatch(time, page.locator("time").inner_text())
