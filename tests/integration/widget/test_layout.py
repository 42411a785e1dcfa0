"""Everything has its room: narrow and wide, in either direction of writing."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from integration.widget.host import HostSite
from integration.widget.lab import Service, element
from integration.widget.states import (
    AWKWARD,
    HOSTILE_BOARD,
    STATES,
    USUAL,
    play,
    settled,
    sheet,
)
from integration.widget.visits import Visit
from web.embed.widget import LANGUAGES

WIDTHS = (200, 281, 360, 480, 1200)
HOSTILE_QUERY = urlencode(HOSTILE_BOARD | {"limit": "100"})

# Has a page's requests wait for `answered()`.
HELD = """const real = window.fetch;
window.fetch = (...all) => new Promise(done => { window.answered = () => done(real(...all)); });"""

# Whatever stands out of its board, or is wider than it has room for; a tag that is too long is
# cut by the box it is in.
OUTSIDE = """boards => boards.flatMap(board => {
    const room = board.getBoundingClientRect();
    const wrong = board.scrollWidth > board.clientWidth ? ["the board scrolls"] : [];
    for (const node of board.querySelectorAll("*")) {
        const box = node.getBoundingClientRect();
        const cuts = node.closest("bdi, .unseen");
        if (!cuts && box.width && (box.left < room.left - 0.5 || box.right > room.right + 0.5))
            wrong.push(`${node.className?.baseVal ?? node.className} ${node.textContent}: `
                + `${box.left} to ${box.right}, not in ${room.left} to ${room.right}`);
    }
    return wrong;
})"""

# Texts of a row that lie upon each other.
OVERLAPS = """rows => rows.flatMap(row => {
    const parts = [".rank", ".tag", ".change", ".count"].map(name => row.querySelector(name))
        .filter(node => node.textContent && node.getBoundingClientRect().width)
        .map(node => [node.className, node.getBoundingClientRect()]);
    return parts.flatMap(([name, a], i) => parts.slice(i + 1)
        .filter(([, b]) => a.left < b.right - 0.5 && b.left < a.right - 0.5
                        && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5)
        .map(([other]) => `${row.dataset.key}: ${name} and ${other}`));
})"""


def ready(page: Page) -> None:
    expect(page.locator(".board:not([data-state=ready])")).to_have_count(0)
    expect(page.locator(".board").first).to_be_visible()


def well_laid_out(page: Page) -> None:
    wrong = page.locator(".board").evaluate_all(OUTSIDE)
    wrong += page.locator("li.row").evaluate_all(OVERLAPS)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("lang", ["en", "de", "ar", "ja"])
def test_every_state_fits_from_200_pixels_up(
    visit: Visit, host: HostSite, service: Service, boardless: Service, lang: str
) -> None:
    no_board_yet = boardless.get("/api/v1/trends")
    variants = [{"lang": lang, "width": str(width)} for width in WIDTHS]
    page = visit(
        host.page(sheet(service.script, variants)),
        before=lambda page: play(page, no_board_yet),
        viewport={"width": 1280, "height": 1000},
    ).page
    settled(page)
    widths = page.locator("[data-shown=ready] .board").evaluate_all(
        "boards => boards.map(board => board.getBoundingClientRect().width)"
    )
    assert widths == list(WIDTHS)
    well_laid_out(page)


@pytest.mark.parametrize(
    "path", ["/widget", f"/widget?{HOSTILE_QUERY}", "/", f"/?{HOSTILE_QUERY}", "/status"]
)
def test_the_pages_fit_any_window(visit: Visit, service: Service, path: str) -> None:
    """From 320 pixels up, a window of 1280 at four times its size; the board alone from 200 up."""
    page = visit(service.url + path).page
    if path != "/status":
        ready(page)
    for width in (200, 320, 1280) if path.startswith("/widget") else (320, 800, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(overflow) == 0, width
        well_laid_out(page)


def test_long_tags_are_cut_and_told_in_full(visit: Visit, host: HostSite, service: Service) -> None:
    page = visit(host.page(service.element(board="all", width="200"))).page
    ready(page)
    rows = page.locator("li.row")
    assert [rows.nth(n).locator("a.tag").get_attribute("title") for n in range(10)] == [
        f"#{tag}" for tag in USUAL + AWKWARD
    ]
    cut = "tags => tags.map(tag => tag.scrollWidth > tag.clientWidth)"
    assert page.locator("li.row bdi").evaluate_all(cut)[5]
    lines = "rows => rows.map(row => row.getBoundingClientRect().height)"
    heights = rows.evaluate_all(lines)
    assert max(heights) - min(heights) < 1  # one line each


def test_a_tag_begins_where_its_own_writing_does(
    visit: Visit, host: HostSite, service: Service
) -> None:
    """Cut is its end, on whichever side that is."""
    page = visit(host.page(service.element(board="all", width="200"))).page
    ready(page)
    directions = "tags => tags.map(tag => tag.matches(':dir(rtl)'))"
    expected = [tag == AWKWARD[1] for tag in USUAL + AWKWARD]
    assert page.locator("li.row bdi").evaluate_all(directions) == expected


def test_arabic_reads_from_right_to_left(visit: Visit, host: HostSite, service: Service) -> None:
    made = element(board="all", lang="ar") + element(board="all", lang="en")
    page = visit(host.page(service.script + made)).page
    ready(page)
    places = page.locator(".board").evaluate_all(
        """boards => boards.map(board => {
            const left = name => board.querySelector(name).getBoundingClientRect().left;
            const bar = board.querySelectorAll(".bar")[1], filled = bar.firstElementChild;
            const [track, full] = [bar, filled].map(node => node.getBoundingClientRect());
            return {dir: getComputedStyle(board).direction,
                    rankFirst: left(".rank") < left(".tag"),
                    countLast: left(".count") > left(".tag"),
                    gap: [full.left - track.left, track.right - full.right].map(Math.round)};
        })"""
    )
    arabic, english = places
    assert (arabic["dir"], arabic["rankFirst"], arabic["countLast"]) == ("rtl", False, False)
    assert (english["dir"], english["rankFirst"], english["countLast"]) == ("ltr", True, True)
    assert arabic["gap"] == english["gap"][::-1]
    assert arabic["gap"][1] == 0 < arabic["gap"][0]
    # Arabic has digits of its own only in some countries; Intl knows.
    short = "new Intl.NumberFormat('ar', {notation: 'compact'}).format(123456)"
    expect(page.locator("data.count").first).to_have_text(page.evaluate(short))


@pytest.mark.parametrize("style", ["display: table-cell", "display: inline-block", "float: left"])
def test_it_has_a_width_where_the_page_asks_for_one(
    visit: Visit, host: HostSite, service: Service, style: str
) -> None:
    page = visit(host.page(f'<div style="{style}">{service.element()}</div>')).page
    ready(page)
    assert page.locator(".board").bounding_box()["width"] >= 200


def test_hostile_tags_keep_to_their_rows(visit: Visit, host: HostSite, service: Service) -> None:
    page = visit(host.page(service.element(**HOSTILE_BOARD, limit="100", width="200"))).page
    ready(page)
    well_laid_out(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_rows_are_equally_high(visit: Visit, host: HostSite, service: Service, width: int) -> None:
    """On the board `rising` they are higher, by the room for a reason, and equally high too."""
    boards = ("rising", "now", "all")
    made = [element(board=board, limit="3", width=str(width)) for board in boards]
    page = visit(
        host.page(service.script + "".join(made)), viewport={"width": 1280, "height": 1000}
    ).page
    ready(page)
    high = "rows => rows.map(row => Math.round(row.getBoundingClientRect().height))"
    rising, now, everything = (
        board.locator("li.row").evaluate_all(high) for board in page.locator(".board").all()
    )
    assert now == everything == [everything[0]] * 3
    assert rising == [rising[0]] * 3
    assert rising[0] > everything[0]
    assert everything[0] == 44


@pytest.mark.parametrize("width", [200, 300, 400, 700])
def test_a_reason_has_its_room_before_it_comes(
    visit: Visit, host: HostSite, service: Service, width: int
) -> None:
    """In every language, and for the longest one too."""
    made = [element(board="rising", limit="3", width=str(width), lang=lang) for lang in LANGUAGES]
    page = visit(
        host.page(service.script + "".join(made)), before=lambda page: page.add_init_script(HELD)
    ).page
    expect(page.locator(".board[data-state=loading]")).to_have_count(len(LANGUAGES))
    high = "rows => rows.map(row => Math.round(row.getBoundingClientRect().height))"
    before = page.locator("li.slot").evaluate_all(high)
    page.wait_for_function("() => window.answered")
    page.evaluate("answered()")
    ready(page)
    assert page.locator("li.row").evaluate_all(high) == before == [before[0]] * 18
    well_laid_out(page)


def test_bars_are_as_long_as_counts(visit: Visit, host: HostSite, service: Service) -> None:
    page = visit(host.page(service.element(**STATES["ready"]))).page
    ready(page)
    counts = [count for _, _, count in service.rows(5, board="all")]
    # They grow to their length, and that takes a moment.
    expect(page.locator(".bar rect").first).to_have_attribute("width", "100.0%")
    page.wait_for_function(
        "() => !document.querySelector('trending-hashtags').shadowRoot.getAnimations().length"
    )
    shares = page.locator("li.row svg.bar").evaluate_all(
        "bars => bars.map(bar => bar.firstElementChild.getBoundingClientRect().width "
        "/ bar.getBoundingClientRect().width)"
    )
    assert shares == pytest.approx([count / counts[0] for count in counts], abs=0.01)


def test_counts_end_where_their_bars_do(visit: Visit, host: HostSite, service: Service) -> None:
    made = [element(lang=lang, width=width) for lang in ("en", "ar") for width in ("200", "480")]
    page = visit(host.page(service.script + "".join(made))).page
    ready(page)
    gap = """row => {
        const [count, bar] = [".count", ".bar"].map(
            name => row.querySelector(name).getBoundingClientRect());
        const isArabic = getComputedStyle(row).direction === "rtl";
        return Math.abs(isArabic ? count.left - bar.left : count.right - bar.right);
    }"""
    assert max(page.locator("li.row").evaluate_all(f"rows => rows.map({gap})")) < 1
