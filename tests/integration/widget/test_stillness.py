"""What a visitor looks at, points at or has the focus on does not move away."""

from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from integration.widget.access import FOCUS
from integration.widget.answers import Answers
from integration.widget.host import HostSite
from integration.widget.lab import Service, element
from integration.widget.visits import Visit, hurry

BEFORE, AFTER = ("one", "two", "three"), ("three", "two", "one")

SHIFTS = """window.shifts = [];
    new PerformanceObserver(list => shifts.push(...list.getEntries().map(each => each.value)))
        .observe({type: "layout-shift", buffered: true});"""


def tags(names: tuple[str, ...]) -> list[str]:
    return [f"#{name}" for name in names]


def more_asked(answers: Answers, number: int) -> bool:
    return answers.asked >= number


@pytest.fixture
def answers() -> Answers:
    return Answers(*BEFORE)


@pytest.fixture
def page(visit: Visit, host: HostSite, service: Service, answers: Answers) -> Page:
    """The widget between two links of its page, with a clock of the test's."""

    def prepare(page: Page) -> None:
        page.clock.install()
        answers.prepare(page)

    made = service.element(board="24h", refresh="2")
    page = visit(host.page(f'{made}<a href="#after">after</a>'), before=prepare).page
    expect(page.locator("li.row bdi")).to_have_text(tags(BEFORE))
    return page


def let_two_answers_come(page: Page, answers: Answers) -> None:
    # With the second one, the first has been drawn or not.
    hurry(page, partial(more_asked, answers, answers.asked + 2))


def test_rows_keep_still_under_a_pointer(page: Page, answers: Answers) -> None:
    """Until it leaves; then what came meanwhile is there at once."""
    shown = page.locator("li.row bdi")
    shown.nth(2).hover()
    answers.put(*AFTER)
    let_two_answers_come(page, answers)
    expect(shown).to_have_text(tags(BEFORE))
    page.mouse.move(0, 0)
    expect(shown).to_have_text(tags(AFTER))


def test_rows_keep_still_under_the_focus(page: Page, answers: Answers) -> None:
    shown = page.locator("li.row bdi")
    for _ in BEFORE:
        page.keyboard.press("Tab")
    answers.put(*AFTER)
    let_two_answers_come(page, answers)
    expect(shown).to_have_text(tags(BEFORE))
    page.keyboard.press("Tab")
    expect(shown).to_have_text(tags(AFTER))


def test_a_row_that_moves_after_all_keeps_the_focus(page: Page, answers: Answers) -> None:
    """A pointer or a focus that was left there does not hold the board up for ever."""
    for _ in BEFORE:
        page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)[1] == "#three"
    answers.put(*AFTER)
    page.clock.fast_forward(31_000)
    hurry(page, lambda: page.locator("li.row bdi").all_text_contents() == tags(AFTER))
    assert page.evaluate(FOCUS)[1] == "#three"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)[1] == "#two"


def test_a_row_that_leaves_hands_on_the_focus(page: Page, answers: Answers) -> None:
    for _ in range(2):
        page.keyboard.press("Tab")
    answers.put("one", "four", "three")
    page.clock.fast_forward(31_000)
    hurry(page, lambda: "#four" in page.locator("li.row bdi").all_text_contents())
    assert page.evaluate(FOCUS)[1] == "#four"


def test_a_touch_does_not_hold_the_board(
    visit: Visit, host: HostSite, service: Service, answers: Answers
) -> None:
    """A finger is lifted, and no pointer stays where it was."""
    made = service.element(board="24h", refresh="2", links="off")
    page = visit(host.page(made), before=answers.prepare, has_touch=True).page
    shown = page.locator("li.row bdi")
    expect(shown).to_have_text(tags(BEFORE))
    shown.first.tap()
    answers.put(*AFTER)
    expect(shown).to_have_text(tags(AFTER))


def test_rows_that_stay_in_order_are_not_touched(page: Page, answers: Answers) -> None:
    """An element that is put where it is already loses what goes on in it."""
    page.locator(".rows").evaluate(
        """list => {
            window.moved = [];
            new MutationObserver(all => moved.push(...all.flatMap(each =>
                [...each.addedNodes].map(node => node.className)))).observe(list, {childList: true})
        }"""
    )
    let_two_answers_come(page, answers)
    assert "row" not in page.evaluate("moved")


# What comes in place of the ten tags that there is room for.
SHORT: dict[str, dict[str, Any]] = {
    "three tags": {"tags": BEFORE},
    "no tag": {"tags": ()},
    "no board": {"status": 500},
}


@pytest.mark.parametrize("script", ["first", "late"])
@pytest.mark.parametrize("name", SHORT)
def test_a_short_board_moves_nothing(
    visit: Visit, host: HostSite, service: Service, name: str, script: str
) -> None:
    """The room stays; before the script has come, it is the snippet that keeps it."""
    short = SHORT[name]
    answers = Answers(*short.get("tags", ()))
    answers.status = short.get("status", 200)
    made = element(board="24h").replace(" board", ' style="display:block;min-height:550px" board')
    below = f"<p>Text below</p>{'<p>More</p>' * 20}"
    late = f"{made}{below}{service.script}"
    site = host.page(late) if script == "late" else host.page(service.script + made + below)

    def prepare(page: Page) -> None:
        page.add_init_script(SHIFTS)
        answers.prepare(page)
        page.route("**/widget.js", painted_first)

    size = {"width": 800, "height": 3000}
    widget = visit(site, before=prepare, viewport=size)
    page = widget.page
    state = {"three tags": "ready", "no tag": "empty", "no board": "failed"}[name]
    expect(page.locator(".board")).to_have_attribute("data-state", state)
    painted(page)
    assert page.evaluate("shifts") == []
    widget.errors[:] = [error for error in widget.errors if "status of 500" not in error]


def painted_first(route: Route) -> None:
    painted(route.request.frame.page)
    route.continue_()


def painted(page: Page) -> None:
    """Wait until what is on the page has been painted."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
