"""List, compact and ticker; heights, sizes, and what cannot be left out."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from integration.widget.access import violations
from integration.widget.answers import Answers
from integration.widget.host import HostSite
from integration.widget.lab import Service, element
from integration.widget.visits import Visit
from support.browser import CHROMIUM, OPTIONS

HEIGHT = "rows => rows.map(row => row.getBoundingClientRect().height)"
TAGS = tuple(f"tag{n}" for n in range(10))


@pytest.fixture
def shown(visit: Visit, host: HostSite, service: Service) -> Callable[..., Page]:
    """Opens a page with a widget that gets given answers."""

    def show(answers: Answers, head: str = "", **settings: str) -> Page:
        site = host.page(f"<main><h1>A page</h1>{service.element(**settings)}</main>", head=head)
        page = visit(site, before=answers.prepare).page
        expect(page.locator(".board")).to_have_attribute("data-state", "ready")
        return page

    return show


def test_compact_rows_are_single_lines(shown: Callable[..., Page]) -> None:
    page = shown(Answers(*TAGS), layout="compact", board="24h")
    heights = page.locator("li.row").evaluate_all(HEIGHT)
    # A target to press is 24 pixels high at least.
    assert 24 <= min(heights) == max(heights) < 30
    expect(page.locator("svg.bar").first).to_be_hidden()
    assert violations(page) == []


def test_a_ticker_is_a_line_that_runs(shown: Callable[..., Page]) -> None:
    page = shown(Answers(*TAGS), layout="ticker", board="24h")
    board = page.locator(".board")
    box = board.bounding_box()
    assert box is not None and box["height"] < 60
    tops = page.locator("li.row").evaluate_all(
        "rows => rows.map(row => row.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1
    running = "list => list.getAnimations().map(each => each.playState)"
    assert page.locator(".rows").evaluate(running) == ["running"]
    assert violations(page) == []
    page.locator("button.pause").click()
    expect(page.locator(".rows")).to_have_css("animation-play-state", "paused")


def test_a_ticker_stops_for_whoever_points_at_it(shown: Callable[..., Page]) -> None:
    page = shown(Answers(*TAGS), layout="ticker", board="24h")
    page.locator(".body").hover()
    expect(page.locator(".rows")).to_have_css("animation-play-state", "paused")


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_a_ticker_stands_still_where_less_motion_is_wanted(
    visit: Visit, host: HostSite, service: Service, lang: str
) -> None:
    """And can be scrolled."""
    answers = Answers(*TAGS)
    made = service.element(layout="ticker", board="24h", lang=lang, width="400")
    page = visit(host.page(made), before=answers.prepare, reduced_motion="reduce").page
    expect(page.locator("li.row")).to_have_count(10)
    assert page.locator(".rows").evaluate("list => list.getAnimations().length") == 0
    expect(page.locator(".body")).to_have_css("overflow-x", "auto")


@pytest.mark.parametrize("links", ["on", "off"])
def test_more_rows_than_there_is_height_for_are_scrolled_to(
    shown: Callable[..., Page], links: str
) -> None:
    tags = tuple(f"tag{n}" for n in range(60))
    answers = Answers(*tags)
    page = shown(answers, **{"max-height": "300", "limit": "100", "board": "24h", "links": links})
    box = page.locator(".board").bounding_box()
    assert box is not None and 200 < box["height"] <= 300
    body = page.locator(".body")
    assert body.evaluate("body => body.scrollHeight > body.clientHeight + 500")
    # By keyboard too, and with what is around the rows always to be seen.
    expect(body).to_have_attribute("tabindex", "0")
    expect(page.locator("button.pause")).to_be_visible()
    assert violations(page) == []


CHROME = ("noheader", "nofooter", "noheader nofooter noborder transparent")


@pytest.mark.parametrize("chrome", CHROME)
def test_what_has_to_be_said_cannot_be_left_out(shown: Callable[..., Page], chrome: str) -> None:
    answers = Answers(*TAGS, demo=True, stale=True)
    page = shown(answers, chrome=chrome, board="24h")
    for part in (".chip.demo", ".notice", "button.pause"):
        expect(page.locator(part)).to_be_visible()
    expect(page.locator(".title")).to_be_visible(visible="noheader" not in chrome)
    expect(page.locator(".totals")).to_be_visible(visible="nofooter" not in chrome)


def test_a_paused_board_without_a_foot_can_be_started(shown: Callable[..., Page]) -> None:
    page = shown(Answers(*TAGS), chrome="nofooter", paused="", board="24h")
    page.locator("button.pause").click()
    expect(page.locator("button.pause")).to_have_attribute("aria-pressed", "false")


def test_a_head_that_is_left_out_takes_no_room(shown: Callable[..., Page]) -> None:
    page = shown(Answers(*TAGS), chrome="noheader", board="24h")
    board, rows = (page.locator(part).bounding_box() for part in (".board", ".rows"))
    assert board is not None and rows is not None
    assert rows["y"] - board["y"] < 20


@pytest.mark.parametrize("size", [11, 22])
def test_sizes_go_with_the_board_s_own(shown: Callable[..., Page], size: int) -> None:
    """Nothing is cut off, and all grows together."""
    rule = f"<style>trending-hashtags::part(board) {{ font-size: {size}px }}</style>"
    page = shown(Answers("مرحبا", "Python", "日本語"), head=rule, board="24h")
    cut = "all => all.filter(tag => tag.scrollHeight > tag.clientHeight + 1).length"
    assert page.locator("li.row bdi").evaluate_all(cut) == 0
    (height, *_) = page.locator("li.row").evaluate_all(HEIGHT)
    assert height == pytest.approx(44 * size / 16, rel=0.03)


def test_the_page_s_font_size_stays_out(shown: Callable[..., Page]) -> None:
    """The visitor's own is what counts."""
    rule = "<style>html { font-size: 62.5% } body { font-size: 40px }</style>"
    page = shown(Answers(*TAGS), head=rule, board="24h")
    expect(page.locator(".board")).to_have_css("font-size", "16px")


def test_sizes_go_with_the_visitor_s_font_size(
    browser: Browser, host: HostSite, service: Service
) -> None:
    """Which is a setting of the whole browser."""
    options = [*OPTIONS, "--blink-settings=defaultFontSize=24"]
    with browser.browser_type.launch(executable_path=CHROMIUM, args=options) as large:
        page = large.new_page()
        page.goto(host.page(service.element(board="24h")))
        expect(page.locator(".board")).to_have_css("font-size", "24px")
        expect(page.locator("li.row").first).to_be_visible()
        height = page.locator("li.row").first.evaluate("row => row.offsetHeight")
        page.goto(service.url)
        expect(page.locator("body")).to_have_css("font-size", "22.5px")
        expect(page.locator("h1")).to_have_css("font-size", "36px")
    assert height == pytest.approx(44 * 24 / 16, rel=0.03)


def test_a_row_has_the_line_of_its_points(visit: Visit, host: HostSite, service: Service) -> None:
    """And none if there are no points, or one alone."""
    answers = Answers("one", "two", "three")
    for entry, points in zip(answers.hashtags, ([0, 4, 2], [7], None), strict=True):
        entry |= {} if points is None else {"points": points}
    page = visit(host.page(service.element(board="24h")), before=answers.prepare).page
    lines = page.locator("svg.spark")
    expect(lines).to_have_count(3)
    expect(lines.nth(0)).to_be_visible()
    expect(lines.nth(1)).to_be_hidden()
    expect(lines.nth(2)).to_be_hidden()
    expect(lines.first).to_have_attribute("viewBox", "0 0 2 4")
    drawn = "line => [...line.points].map(each => [each.x, each.y])"
    assert lines.first.locator("polyline").evaluate(drawn) == [[0, 4], [1, 0], [2, 2]]
    expect(lines.first).to_have_attribute("aria-hidden", "true")


def test_bars_of_rising_are_as_long_as_scores(
    visit: Visit, host: HostSite, service: Service
) -> None:
    reason = {"window": "5h", "observed": 9, "expected": 0.8, "surprise": 9}
    answers = Answers(board="rising", rank_by="people", known_hours=672, certainty="high")
    answers.put("one", "two", **reason)
    answers.hashtags[0] |= {"people": 9, "score": 20.0}
    answers.hashtags[1] |= {"people": 99, "score": 5.0}
    page = visit(host.page(service.element(board="rising")), before=answers.prepare).page
    bars = page.locator(".bar rect")
    expect(bars.nth(0)).to_have_attribute("width", "100.0%")
    expect(bars.nth(1)).to_have_attribute("width", "25.0%")


def test_elements_do_not_ask_where_they_are_not_rendered(
    visit: Visit, host: HostSite, service: Service
) -> None:
    """In a tab that is not shown, or in details that are closed: once for a first board."""
    answers = Answers(*TAGS)
    hidden = f'<div hidden id="tab">{element(board="24h", refresh="2")}</div>'
    closed = f"<details><summary>More</summary>{element(board='7d', refresh='2')}</details>"

    def prepare(page: Page) -> None:
        page.clock.install()
        answers.prepare(page)

    page = visit(host.page(service.script + hidden + closed), before=prepare).page
    expect(page.locator(".board[data-state=ready]")).to_have_count(2)
    # What is not rendered is told by the browser with its next frame.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
    for _ in range(20):
        page.clock.fast_forward(3_000)
    assert answers.asked == 2
    page.evaluate("document.getElementById('tab').hidden = false")
    page.wait_for_function("() => document.getElementById('tab').offsetHeight")
    page.locator("summary").click()
    for _ in range(100):
        page.clock.fast_forward(3_000)
        if answers.asked >= 6:
            break
        page.wait_for_timeout(50)
    assert answers.asked >= 6
