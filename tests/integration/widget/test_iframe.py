"""The widget in an iframe, on pages that may show it and on one that may not."""

import json
from functools import partial

import pytest
from playwright.sync_api import Locator, expect

from integration.widget.host import HostSite
from integration.widget.lab import Boards, Service
from integration.widget.states import STATES, places
from integration.widget.visits import Visit, hurry
from support.memory_store import entries

CHANGING, ROW = STATES["waiting"], "7d.people"

FORGED = {"trending-hashtags": {"height": 33}}


def test_a_page_that_is_named_may_frame_it(visit: Visit, host: HostSite, service: Service) -> None:
    widget = visit(host.page(service.iframe(board="24h")))
    frame = widget.page.frame_locator("iframe")
    expect(frame.locator(".board")).to_have_attribute("data-state", "ready")
    shown = frame.locator("li.row bdi").all_text_contents()
    assert shown == [tag for _, tag, _ in service.rows(board="24h")]


def test_any_other_page_may_not(visit: Visit, host: HostSite, service: Service) -> None:
    site = host.page(service.iframe(board="24h")).replace(host.url, host.other_url)
    widget = visit(site)
    widget.page.wait_for_function("document.querySelector('iframe').contentWindow.length === 0")
    expect(widget.page.frame_locator("iframe").locator(".board")).to_have_count(0)
    (error,) = widget.errors
    assert "frame-ancestors" in error
    widget.errors.clear()


@pytest.mark.parametrize("path", ["/", "/status"])
def test_the_other_pages_may_not_be_framed_at_all(
    visit: Visit, host: HostSite, service: Service, path: str
) -> None:
    """A click on them could be stolen."""
    widget = visit(host.page(f'<iframe src="{service.url}{path}" title="A page"></iframe>'))
    expect(widget.page.frame_locator("iframe").locator("main")).to_have_count(0)
    assert any("frame-ancestors" in error for error in widget.errors)
    widget.errors.clear()


def test_it_stays_up_to_date(
    visit: Visit, host: HostSite, service: Service, boards: Boards
) -> None:
    boards.put(ROW, hashtags=places(("one", "two"), people=True))
    page = visit(host.page(service.iframe(**CHANGING, refresh="2"))).page
    tags = page.frame_locator("iframe").locator("li.row bdi")
    expect(tags).to_have_text(["#one", "#two"])
    boards.put(ROW, hashtags=places(("three", "one"), people=True))
    expect(tags).to_have_text(["#three", "#one"])


def test_the_frame_is_as_high_as_its_board(
    visit: Visit, host: HostSite, service: Service, boards: Boards
) -> None:
    boards.put(ROW, hashtags=entries(3, people=1))
    snippet = service.script + service.iframe(**CHANGING, limit="100", refresh="2")
    page = visit(host.page(snippet), before=lambda page: page.clock.install()).page
    frame = page.frame_locator("iframe")
    rows, inside = frame.locator("li.row"), frame.locator("html")
    for count in (3, 40, 5):
        boards.put(ROW, hashtags=entries(count, people=1))
        hurry(page, partial(has, rows, count))
        height = inside.evaluate("page => page.offsetHeight")
        expect(page.locator("iframe")).to_have_js_property("clientHeight", height)
        assert inside.evaluate("page => page.scrollHeight - page.clientHeight") == 0


def has(rows: Locator, count: int) -> bool:
    return rows.count() == count


def test_without_the_script_the_frame_is_as_high_as_it_says(
    visit: Visit, host: HostSite, service: Service
) -> None:
    page = visit(host.page(service.iframe(board="24h"))).page
    expect(page.frame_locator("iframe").locator(".board")).to_have_attribute("data-state", "ready")
    expect(page.locator("iframe")).to_have_js_property("clientHeight", 600)


def test_nobody_else_sets_the_height(visit: Visit, host: HostSite, service: Service) -> None:
    """Neither the page, nor a frame of another site; nor does nonsense from the right one."""
    told = f"parent.postMessage({json.dumps(FORGED)}, '*')"
    stranger = host.page(f"<script>{told}</script>")
    frames = f'{service.iframe(board="24h")}<iframe src="{stranger}" title="Other"></iframe>'
    page = visit(host.page(service.script + frames)).page
    own, other = (page.frame_locator("iframe").nth(n).locator("html") for n in (0, 1))
    expect(own.locator(".board")).to_have_attribute("data-state", "ready")
    right = own.evaluate("page => page.offsetHeight")
    heights = "frames => frames.map(frame => frame.clientHeight)"
    expect(page.locator("iframe").first).to_have_js_property("clientHeight", right)
    page.evaluate("window.heard = []; addEventListener('message', each => heard.push(each.data))")
    page.evaluate(told)
    other.evaluate(f"() => {told}")
    for nonsense in ("null", "'33'", "{}", "{height: null}", "{height: -5}", "{height: NaN}"):
        own.evaluate(f"() => parent.postMessage({{'trending-hashtags': {nonsense}}}, '*')")
    own.evaluate("() => parent.postMessage(null, '*')")
    own.evaluate("() => parent.postMessage('the last', '*')")
    page.wait_for_function("heard.includes('the last')")
    assert page.locator("iframe").evaluate_all(heights) == [right, 150]
