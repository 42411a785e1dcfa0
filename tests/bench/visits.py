"""Measures first visits to the page `/` in a browser, over a slow line."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Request, expect

from bench.product import load, read_so_far
from bench.report import say
from bench.slow_line import slow_line
from support.browser import chromium
from support.stack import Stack
from support.waiting import eventually

PHONE = {"viewport": {"width": 412, "height": 823}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
VISITS = 3
TWEETS = 2000
PATIENCE = 60_000  # milliseconds

# Adds up the layout shifts, and notes when the first row of the board has been painted: a frame
# after the one in which it has its style.
OBSERVE = """window.seen = {shift: 0, board: null};
new PerformanceObserver(list => list.getEntries().forEach(each => { seen.shift += each.value; }))
    .observe({type: "layout-shift", buffered: true});
const look = () => {
    const row = document.querySelector("trending-hashtags")?.shadowRoot?.querySelector("li.row");
    if (row?.offsetHeight && getComputedStyle(row).display === "grid")
        requestAnimationFrame(() => { seen.board = performance.now(); });
    else requestAnimationFrame(look);
};
look();"""


@dataclass(frozen=True)
class Visits:
    """What first visits took: bytes in all, seconds to the board of each, the worst shift."""

    size: int
    board: list[float]
    shift: float


def measure_page(stack: Stack) -> Visits:
    """Fill the boards, then visit the page on a phone and on a desktop, always as somebody new."""
    before = read_so_far(stack)
    load(stack, "page", TWEETS, 0, kind="tagged")
    eventually(lambda: read_so_far(stack) >= before + TWEETS, within=60)
    with slow_line(stack.url) as url, chromium() as browser:
        windows = [window for window in (PHONE, DESKTOP) for _ in range(VISITS)]
        say(f"{len(windows)} visits over a slow line")
        found = [visit(browser, url, window) for window in windows]
    return Visits(
        size=max(size for size, _, _ in found),
        board=[board for _, board, _ in found],
        shift=max(shift for _, _, shift in found),
    )


def visit(browser: Browser, url: str, window: dict[str, Any]) -> tuple[int, float, float]:
    """Open the page until its chart is drawn; return bytes, seconds to the board, and shift."""
    requests: list[Request] = []
    with browser.new_context(**window) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(OBSERVE)
        page.on("requestfinished", lambda request: requests.append(request))
        page.goto(url)
        expect(page.locator("#history dd").first).to_be_visible(timeout=PATIENCE)
        page.wait_for_load_state("networkidle")
        size = sum(request.sizes()["responseBodySize"] for request in requests)
        seen = page.evaluate("seen")
    return size, seen["board"] / 1000, seen["shift"]
