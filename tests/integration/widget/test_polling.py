"""When the widget asks, and when it does not, by a clock that the test moves."""

import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from integration.widget.clock import HIDE, UNREACHABLE, Answer, Timed, gaps, noted
from integration.widget.host import HostSite
from integration.widget.lab import Call, Service, element
from integration.widget.visits import Visit
from support.waiting import eventually

BOARD = {
    "board": "all",
    "rank_by": "tweets",
    "as_of": "2026-11-22T10:00:00Z",
    "stale": False,
    "source": ["x"],
    "demo": False,
    "tweets_read": 1,
    "tweets_tagged": 1,
    "poll_after_seconds": 10,
    "hashtags": [
        {"rank": 1, "tag": "a", "key": "a", "count": 1, "change": 0, "url": "https://x.com/a"}
    ],
}
ANSWERED: Answer = {"body": BOARD}


@pytest.fixture
def timed(visit: Visit, host: HostSite, service: Service) -> Callable[..., Timed]:
    """Opens a page with widgets that get a given answer."""

    def open_page(answer: Answer, *elements: str) -> Timed:
        page = visit(host.page(service.script + "".join(elements)), before=noted(answer)).page
        expect(page.locator(".board").first).not_to_have_attribute("data-state", "loading")
        return Timed(page)

    return open_page


@pytest.mark.parametrize("refresh", [2, 10, 3600])
def test_it_asks_every_refresh_seconds_more_or_less(
    timed: Callable[..., Timed], refresh: int
) -> None:
    page = timed(ANSWERED, element(refresh=str(refresh)))
    waits = gaps(page.let_pass(40 * refresh))
    assert len(waits) >= 35
    assert 0.899 * refresh <= min(waits) < 0.97 * refresh
    assert 1.03 * refresh < max(waits) <= 1.101 * refresh


def test_it_asks_as_often_as_the_service_wants(timed: Callable[..., Timed]) -> None:
    answer = {"body": BOARD | {"poll_after_seconds": 25}}
    waits = gaps(timed(answer, element()).let_pass(500))
    assert 22.4 <= min(waits) <= max(waits) <= 27.6


def test_failures_double_the_wait_up_to_five_minutes(timed: Callable[..., Timed]) -> None:
    page = timed(ANSWERED, element(refresh="10"))
    page.answer(UNREACHABLE)
    waits = gaps(page.let_pass(2_000))
    expected = [20, 40, 80, 160, 300, 300, 300, 300]
    for wait, nominal in zip(waits, expected, strict=False):
        assert wait == pytest.approx(nominal, rel=0.101), waits
    assert len(waits) >= 7
    # With the first answer all is as it was.
    page.answer(ANSWERED)
    times = page.let_pass(400)
    assert times[0] <= 331
    assert 8.9 <= min(gaps(times)) <= max(gaps(times)) <= 11.1


def test_an_answer_that_is_no_board_counts_as_a_failure(timed: Callable[..., Timed]) -> None:
    page = timed(ANSWERED, element(refresh="10"))
    outdated = page.page.locator(".board.outdated .notice")
    # The last one is a portal's page in front of the network, for instance.
    for status in 400, 404, 429, 500, 502, 503, 504, 200:
        page.answer({"status": status})
        assert gaps(page.let_pass(200))[:3] == pytest.approx([20, 40, 80], rel=0.101), status
        expect(outdated).to_be_visible()
        expect(page.page.locator("li.row")).to_have_count(1)
        page.answer(ANSWERED)
        page.let_pass(200)
        expect(outdated).to_have_count(0)


@pytest.mark.parametrize("is_date", [False, True])
def test_it_obeys_retry_after(timed: Callable[..., Timed], is_date: bool) -> None:
    after = formatdate(time.time() + 3_600, usegmt=True) if is_date else "3600"
    page = timed({"status": 503, "headers": {"Retry-After": after}}, element(refresh="2"))
    times = page.let_pass(9_000)
    assert 3_590 <= times[0] <= 4_400
    # A date that has passed says nothing any more.
    assert len(times) >= (10 if is_date else 2)


def test_retry_after_is_obeyed_again_and_again(timed: Callable[..., Timed]) -> None:
    page = timed({"status": 503, "headers": {"Retry-After": "120"}}, element(refresh="2"))
    waits = gaps(page.let_pass(1_000))
    assert 120 <= min(waits) <= max(waits) <= 150


def test_a_page_elsewhere_can_read_retry_after(
    visit: Visit, host: HostSite, boardless: Service
) -> None:
    """The real service says 5 seconds; a second failure would make it 4 on its own."""
    site = host.page(boardless.element(refresh="2"))
    page = visit(site, before=noted(None)).page
    expect(page.locator(".board")).to_have_attribute("data-state", "waiting")
    timed = Timed(page)
    assert timed.let_pass(3.8) == []
    assert len(timed.let_pass(3)) == 1


def test_nothing_is_asked_while_nobody_looks(timed: Callable[..., Timed]) -> None:
    page = timed(ANSWERED, element(refresh="10"))
    page.page.evaluate(HIDE, True)
    assert page.let_pass(3_600) == []
    page.page.evaluate(HIDE, False)
    # What was due is asked for now.
    assert len(page.let_pass(1)) == 1
    assert len(page.let_pass(100)) in range(9, 12)


def test_looking_away_and_back_asks_no_more_often(timed: Callable[..., Timed]) -> None:
    page = timed(ANSWERED, element(refresh="10"))
    times = []
    for _ in range(50):
        page.page.evaluate(HIDE, True)
        page.page.evaluate(HIDE, False)
        times += page.let_pass(1)
    assert len(times) in range(4, 7)


def test_a_removed_widget_asks_no_more(timed: Callable[..., Timed]) -> None:
    page = timed(ANSWERED, element(refresh="10"))
    page.page.evaluate(
        "window.widget = document.querySelector('trending-hashtags'); widget.remove()"
    )
    assert page.let_pass(3_600) == []
    page.page.evaluate("document.body.append(widget)")
    assert len(page.let_pass(100)) in range(9, 13)


def test_a_paused_widget_asks_for_its_first_board_only(timed: Callable[..., Timed]) -> None:
    page = timed(ANSWERED, element(refresh="10", paused=""))
    expect(page.page.locator("li.row")).to_have_count(1)
    assert page.let_pass(3_600) == []
    assert page.page.evaluate("calls.length") == 1
    pause = page.page.locator("button.pause")
    expect(pause).to_have_attribute("aria-pressed", "true")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "false")
    assert len(page.let_pass(100)) in range(9, 13)
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    assert page.let_pass(3_600) == []


def test_one_paused_widget_does_not_hold_back_another(timed: Callable[..., Timed]) -> None:
    page = timed(ANSWERED, element(refresh="10", paused=""), element(refresh="20"))
    assert len(page.let_pass(200)) in range(9, 12)
    page.answer({"body": BOARD | {"hashtags": [BOARD["hashtags"][0] | {"tag": "b"}]}})
    page.let_pass(25)
    assert page.page.locator("li.row bdi").all_text_contents() == ["#a", "#b"]


def test_no_header_of_its_own_and_so_no_preflight(
    visit: Visit, host: HostSite, service: Service
) -> None:
    """The browser revalidates by itself, and the service answers that nothing has changed."""
    before = len(service.calls())
    page = visit(host.page(service.element(board="24h", refresh="2")), before=noted(None)).page
    expect(page.locator(".board")).to_have_attribute("data-state", "ready")
    timed = Timed(page)
    for number in (2, 3):
        timed.let_pass(3)
        eventually(partial(answered, service, before, number))
    assert [call["headers"] for call in page.evaluate("calls")] == [None] * 3
    expected = [("GET", 200), *[("GET", 304)] * 2]
    assert [(call.method, call.status) for call in trends_calls(service, before)] == expected


def answered(service: Service, since: int, number: int) -> bool:
    return len(trends_calls(service, since)) == number


def trends_calls(service: Service, since: int) -> list[Call]:
    return [call for call in service.calls(since) if call.path == "/api/v1/trends"]


def test_it_gives_up_after_8_seconds(visit: Visit, host: HostSite, service: Service) -> None:
    """By the browser's own clock: what gives up may be no timer of the page's."""
    timed = """const real = window.fetch;
        window.fetch = (...all) => {
            const begin = performance.now();
            return real(...all).finally(() => { window.took = performance.now() - begin; });
        };"""

    # Whoever calls gets through, and nobody ever answers.
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = f"http://127.0.0.1:{server.getsockname()[1]}/"

        def prepare(page: Page) -> None:
            page.route("**/api/v1/trends?*", lambda route: route.continue_(url=silent))
            page.add_init_script(timed)

        page = visit(host.page(service.element()), before=prepare).page
        page.wait_for_function("window.took")
    assert 7_900 < page.evaluate("took") < 12_000
    expect(page.locator(".board")).to_have_attribute("data-state", "failed")
