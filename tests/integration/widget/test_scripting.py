"""What a page's own scripts can do with the element: events, a method, and their own data."""

import pytest
from playwright.sync_api import Page, expect

from integration.widget.answers import Answers
from integration.widget.host import HostSite
from integration.widget.lab import Service, element
from integration.widget.visits import Visit

NOTED = """window.heard = [];
for (const name of ["trends-update", "trends-select"])
    document.addEventListener(name, event => {
        const {key, hashtags} = event.detail;
        heard.push([name, key ?? hashtags.length, event.target.localName]);
        if (window.taken) event.preventDefault();
    });"""


@pytest.fixture
def answers() -> Answers:
    return Answers("one", "two", "three")


@pytest.fixture
def page(visit: Visit, host: HostSite, service: Service, answers: Answers) -> Page:
    def prepare(page: Page) -> None:
        page.add_init_script(NOTED)
        answers.prepare(page)
        page.context.route("https://x.com/**", lambda route: route.fulfill(body="X"))

    page = visit(host.page(service.element(board="24h")), before=prepare).page
    expect(page.locator("li.row")).to_have_count(3)
    return page


def test_an_answer_is_an_event(page: Page) -> None:
    assert page.evaluate("heard") == [["trends-update", 3, "trending-hashtags"]]


def test_a_choice_is_an_event_and_then_a_link(page: Page) -> None:
    with page.context.expect_page() as opened:
        page.locator("a.tag").nth(1).click()
    assert opened.value.url == "https://x.com/hashtag/two"
    assert page.evaluate("heard.at(-1)") == ["trends-select", "two", "trending-hashtags"]
    expect(page.locator("[aria-current]")).to_have_count(0)


def test_a_page_that_takes_over_a_choice_has_it_marked(page: Page, answers: Answers) -> None:
    """Also when the row moves, and until another one is chosen."""
    page.evaluate("window.taken = true")
    page.locator("a.tag").nth(1).click()
    current = page.locator("li.row[aria-current=true]")
    expect(current).to_have_attribute("data-key", "two")
    page.mouse.move(0, 0)
    answers.put("two", "three", "one")
    page.locator("trending-hashtags").evaluate("element => element.refresh()")
    expect(page.locator("li.row bdi").first).to_have_text("#two")
    expect(current).to_have_attribute("data-key", "two")
    page.locator("a.tag").nth(1).click()
    expect(current).to_have_attribute("data-key", "three")
    assert len(page.context.pages) == 1


def test_a_link_that_is_opened_elsewhere_is_no_choice(page: Page) -> None:
    with page.context.expect_page():
        page.locator("a.tag").first.click(modifiers=["ControlOrMeta"])
    assert [name for name, *_ in page.evaluate("heard")] == ["trends-update"]


def test_a_board_can_be_asked_for_at_once(
    visit: Visit, host: HostSite, service: Service, answers: Answers
) -> None:
    """Also one that is paused, or that nobody sees."""
    made = element(board="24h", refresh="3600") + element(board="7d", paused="")
    hidden = f"<div hidden>{element(board='1h', refresh='3600')}</div>"
    site = host.page(service.script + made + hidden)
    page = visit(site, before=answers.prepare).page
    expect(page.locator(".board[data-state=ready]")).to_have_count(3)
    answers.put("four")
    page.locator("trending-hashtags").evaluate_all("all => all.forEach(each => each.refresh())")
    expect(page.locator("li.row bdi")).to_have_text(["#four"] * 3)
    assert answers.asked == 6


def test_a_script_of_the_page_inside_is_left_alone(
    visit: Visit, host: HostSite, service: Service, answers: Answers
) -> None:
    inside = (
        '<script>window.ran = true</script><script type="application/json">{"own": 1}</script>'
        '<a href="/all">All trends</a>'
    )
    made = element(board="24h").replace("></", f">{inside}</")
    page = visit(host.page(service.script + made), before=answers.prepare).page
    expect(page.locator("li.row")).to_have_count(3)
    assert page.locator("trending-hashtags script").count() == 2
    assert page.evaluate("ran")
    # The link is for those for whom the script does not run.
    expect(page.get_by_role("link", name="All trends")).to_be_hidden()


def test_without_the_script_the_page_s_link_is_there(visit: Visit, host: HostSite) -> None:
    made = element(board="24h").replace("></", '><a href="/all">All trends</a></')
    page = visit(host.page(made)).page
    expect(page.get_by_role("link", name="All trends")).to_be_visible()


def test_a_change_of_place_has_words(
    visit: Visit, host: HostSite, service: Service, answers: Answers
) -> None:
    for entry, change in zip(answers.hashtags, (5, -1, 0), strict=True):
        entry["change"] = change
    page = visit(host.page(service.element(board="24h")), before=answers.prepare).page
    rows = page.get_by_role("listitem")
    expect(rows.nth(0).get_by_role("img", name="up 5 places", exact=True)).to_have_text("▲5")
    expect(rows.nth(1).get_by_role("img", name="down 1 place", exact=True)).to_have_text("▼1")
    expect(rows.nth(2).get_by_role("img")).to_have_count(0)


def test_tags_are_not_for_translation(page: Page) -> None:
    expect(page.locator("a.tag").first).to_have_attribute("translate", "no")


@pytest.mark.parametrize("status", [500, 404, 503])
def test_a_failure_is_called_one(
    visit: Visit, host: HostSite, service: Service, answers: Answers, status: int
) -> None:
    """Before a board and after it; nobody is offline."""
    answers.status = status
    widget = visit(host.page(service.element(board="24h", refresh="2")), before=answers.prepare)
    board = widget.page.locator(".board")
    expect(board).to_have_attribute("data-state", "failed")
    expect(board).to_contain_text("Couldn’t load trends. Retrying…")
    answers.status = 200
    expect(board).to_have_attribute("data-state", "ready")
    answers.status = status
    expect(board.locator(".notice")).to_contain_text("Out of date")
    widget.errors[:] = [error for error in widget.errors if "status of" not in error]
