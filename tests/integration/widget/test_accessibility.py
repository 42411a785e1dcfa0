"""For everybody: by keyboard, by a screen reader, with less motion, with one's own colours."""

import pytest
from playwright.sync_api import Page, expect

from integration.widget.access import FOCUS, violations
from integration.widget.host import HostSite
from integration.widget.lab import Boards, Service, element
from integration.widget.states import STATES, places, play, settled, sheet
from integration.widget.visits import Visit, hurry

CHANGING, ROW = STATES["waiting"], "7d.people"

# Nothing moves but what moves for ever.
STILL = """() => [...document.querySelectorAll("trending-hashtags")].every(element =>
    element.shadowRoot.getAnimations().every(each => each.effect.getTiming().iterations > 1))"""


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_every_state_in_every_theme(
    visit: Visit, host: HostSite, service: Service, boardless: Service, ground: str
) -> None:
    variants = [{"theme": theme} for theme in ("auto", "light", "dark", "transparent")]
    colours = "color-scheme: light; background: #fff; color: #000"
    if ground == "dark":
        colours = "color-scheme: dark; background: #111; color: #fff"
    head = f"<style>body {{ {colours} }}</style>"
    no_board_yet = boardless.get("/api/v1/trends")
    page = visit(
        host.page(sheet(service.script, variants), head=head),
        before=lambda page: play(page, no_board_yet),
        color_scheme=ground,
    ).page
    settled(page)
    # A new row fades in, and is no easy read until it has.
    page.wait_for_function(STILL)
    # On this page alone there is the same board several times, by the same name.
    assert violations(page, "landmark-unique") == []


@pytest.mark.parametrize("path", ["/", "/widget", "/status"])
def test_the_services_own_pages(
    visit: Visit, service: Service, boardless: Service, path: str
) -> None:
    for url in (service.url, boardless.url):
        page = visit(url + path).page
        if (url, path) == (service.url, "/"):
            expect(page.locator("#history dd").first).to_be_visible()
        for scheme in "light", "dark":
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == [], f"{url} {scheme}"


@pytest.fixture
def board(visit: Visit, host: HostSite, service: Service) -> Page:
    """The widget between two links of its page."""
    snippet = service.element(board="24h", limit="3")
    page = visit(host.page(f'<a href="#a">before</a>{snippet}<a href="#b">after</a>')).page
    expect(page.locator(".board")).to_have_attribute("data-state", "ready")
    return page


def test_it_is_used_by_keyboard(board: Page) -> None:
    """In the order in which it is read, with the place always to be seen."""
    order = []
    for _ in range(6):
        board.keyboard.press("Tab")
        name, text, outline = board.evaluate(FOCUS)
        assert outline != "none"
        order.append(text or name)
    assert order == ["before", "#tag1", "#tag2", "#tag3", "pause", "after"]
    board.keyboard.press("Shift+Tab")
    pause = board.locator("button.pause")
    for key, pressed in (("Enter", "true"), ("Space", "false")):
        board.keyboard.press(key)
        expect(pause).to_have_attribute("aria-pressed", pressed)
        expect(pause).to_be_focused()


def test_it_is_a_named_section_with_a_list(board: Page) -> None:
    section = board.get_by_role("region", name="Trending")
    assert section.get_by_role("listitem").count() == 3
    first = section.get_by_role("listitem").first
    assert first.get_by_role("link", name="#tag1", exact=True).count() == 1
    # A number alone says nothing.
    assert "posts" in (first.text_content() or "")
    expect(section.get_by_role("button", name="Pause")).to_be_visible()
    expect(section.locator("svg.bar").first).to_have_attribute("aria-hidden", "true")


def test_a_screen_reader_is_told_of_trouble_and_of_nothing_else(
    visit: Visit, host: HostSite, service: Service, boards: Boards
) -> None:
    """A list that changes every few seconds would talk all the time."""
    boards.put(ROW, hashtags=places(("one", "two"), people=True))
    site = host.page(service.element(**CHANGING, refresh="2"))
    page = visit(site, before=lambda page: page.clock.install()).page
    hurry(page, lambda: page.locator("li.row").count() == 2)
    live = page.locator(":is([aria-live]:not([aria-live=off]), [role=status], [role=alert])")
    assert live.evaluate_all("all => all.map(each => each.classList.contains('notice'))") == [True]
    live.evaluate(
        "node => { window.said = []; new MutationObserver(() => "
        "said.push(node.textContent)).observe(node, {childList: true, subtree: true, "
        "characterData: true}) }"
    )
    boards.put(ROW, hashtags=places(("two", "one", "three"), people=True))
    hurry(page, lambda: page.locator("li.row").count() == 3)
    assert page.evaluate("said") == []


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_motion_is_for_those_who_want_it(
    visit: Visit, host: HostSite, service: Service, boards: Boards, motion: str
) -> None:
    boards.put(ROW, hashtags=places(("one", "two", "three"), people=True))
    page = visit(host.page(service.element(**CHANGING, refresh="2")), reduced_motion=motion).page
    expect(page.locator("li.row bdi")).to_have_text(["#one", "#two", "#three"])
    # Every animation and transition that begins from now on.
    page.locator("trending-hashtags").evaluate(
        """element => {
            window.most = 0;
            const look = () => {
                most = Math.max(most, element.shadowRoot.getAnimations().length);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    boards.put(ROW, hashtags=places(("three", "new", "one"), people=True))
    expect(page.locator("li.row bdi")).to_have_text(["#three", "#new", "#one"])
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    assert (page.evaluate("most") == 0) == (motion == "reduce")


@pytest.mark.parametrize("state", ["loading", "waiting"])
def test_waiting_does_not_move_for_those_who_do_not_want_it(
    visit: Visit, host: HostSite, service: Service, boardless: Service, state: str
) -> None:
    no_board_yet = boardless.get("/api/v1/trends")
    page = visit(
        host.page(service.element(**STATES[state])),
        before=lambda page: play(page, no_board_yet),
        reduced_motion="reduce",
    ).page
    expect(page.locator(".board")).to_have_attribute("data-state", state)
    running = "element => element.shadowRoot.getAnimations().length"
    assert page.locator("trending-hashtags").evaluate(running) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_forced_colours_everything_is_still_told_apart(
    visit: Visit, host: HostSite, service: Service, scheme: str
) -> None:
    snippet = service.element(board="all", theme="light")
    page = visit(host.page(snippet), forced_colors="active", color_scheme=scheme).page
    expect(page.locator(".board")).to_have_attribute("data-state", "ready")
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    canvas = page.evaluate("""() => {
        document.body.style.backgroundColor = "Canvas";
        return getComputedStyle(document.body).backgroundColor;
    }""")
    drawn = page.locator(".board").evaluate(
        """board => {
            const of = (selector, name) => getComputedStyle(board.querySelector(selector))[name];
            return {bar: of(".bar rect", "fill"), tag: of(".tag", "color"),
                    count: of(".count", "color"), edge: getComputedStyle(board).borderTopColor};
        }"""
    )
    assert ground != drawn["bar"]
    assert [name for name, colour in drawn.items() if colour == canvas] == []


def test_an_accent_colours_the_bars_and_no_text(
    visit: Visit, host: HostSite, service: Service
) -> None:
    """A pale one would be no colour for letters."""
    made = element(board="24h", theme="light", accent="#ffff00")
    page = visit(host.page(f"{service.script}<main><h1>A page</h1>{made}</main>")).page
    expect(page.locator(".board")).to_have_attribute("data-state", "ready")
    expect(page.locator(".bar rect").first).to_have_css("fill", "rgb(255, 255, 0)")
    assert violations(page) == []
