"""`<hashtag-history>`: the chart of one tag on somebody else's page."""

import json
import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from integration.widget.access import FOCUS, violations
from integration.widget.clock import HIDE, UNREACHABLE, Answer, Timed, gaps, noted
from integration.widget.histories import ASKED, Histories, history
from integration.widget.host import HostSite
from integration.widget.lab import Service, chart
from integration.widget.looks import differences, looks
from integration.widget.test_host_page import CLOSED, OUTSIDE, RUDE, painted
from integration.widget.test_stillness import SHIFTS
from integration.widget.test_theme import PAGES, SCHEME, VISITORS
from integration.widget.visits import Visit, hurry
from support.browser import Observed
from web.embed.hashtag_history import words
from web.embed.widget import LANGUAGES
from web.pages.query import RANGES

Open = Callable[..., Page]

# What goes with the width that the page gives the element.
SIZED = re.compile(f"{'|'.join(OUTSIDE)}|inset|top|right|bottom|left|grid-template|margin")


@pytest.fixture
def histories() -> Histories:
    return Histories(1, 0, 4, 2)


@pytest.fixture
def open_page(visit: Visit, host: HostSite, service: Service, histories: Histories) -> Open:
    """Opens a page with elements that get the made-up histories."""

    def opened(*made: str, clock: bool = False, head: str = "", **options: Any) -> Page:
        def prepare(page: Page) -> None:
            if clock:
                page.clock.install()
            histories.prepare(page)

        site = host.page(service.chart_script + "".join(made or [chart(tag="tea")]), head=head)
        return visit(site, before=prepare, **options).page

    return opened


def ready(page: Page, state: str = "ready") -> Locator:
    board = page.locator("hashtag-history .board")
    expect(board.first).to_have_attribute("data-state", state)
    return board


def tip(page: Page) -> Locator:
    return page.locator("hashtag-history .tip")


def dimension(page: Page, selector: str) -> Any:
    return page.locator(selector).bounding_box()


def more_asked(histories: Histories, number: int) -> bool:
    return len(histories.asked) >= number


# --- What it shows ---


def test_it_shows_what_the_api_serves(visit: Visit, host: HostSite, service: Service) -> None:
    site = host.page(service.chart(tag="#CAFÉ", range="7d"))
    widget: Observed = visit(site)
    board = ready(widget.page)
    answer = service.get("/api/v1/hashtags/caf%C3%A9?hours=168&step=hour").json()
    total, most = sum(answer["counts"]), max(answer["counts"])
    expect(board.locator(".title")).to_have_text("#Café 7 days")
    expect(board.locator(".summary")).to_have_text(f"{total:,} posts · Peak: {most} posts per hour")
    bars = board.locator(".bars polyline").get_attribute("points") or ""
    assert len(bars.split(" ")) == 4 * 168
    # Nothing else is asked for, and nothing that could tell one visitor from another.
    painted(widget.page)
    asked = [request.url for request in widget.requests]
    history = f"{service.url}/api/v1/hashtags/CAF%C3%89?hours=168&step=hour"
    assert asked == [site, f"{service.url}/hashtag-history.js", history]
    told = {name for request in widget.requests for name in request.headers}
    assert not told & {"cookie", "authorization"}


@pytest.mark.parametrize("range_", RANGES)
def test_every_range_has_its_points(open_page: Open, histories: Histories, range_: str) -> None:
    page = open_page(chart(tag="tea", range=range_, tz="UTC"))
    board = ready(page)
    assert board.locator(".times span").count() in range(2, 6)
    step = {"3h": "minute", "24h": "hour", "7d": "hour"}.get(range_, "day")
    assert f"per {step}" in (board.locator(".summary").text_content() or "")
    # Days are the sums of their hours.
    expect(board.locator(".summary")).to_contain_text("7 posts")
    assert len(histories.asked) == 1


@pytest.mark.parametrize("most", [0, 1, 2, 3, 7, 100, 1234567])
def test_the_axis_has_whole_round_numbers_and_room_for_the_highest_bar(
    open_page: Open, histories: Histories, most: int
) -> None:
    histories.counts = (most,)
    page = open_page()
    ready(page)
    texts = page.locator(".ticks span").all_text_contents()
    ticks = [int(text.replace(",", "")) for text in texts]
    assert ticks[0] == 0 and ticks[-1] >= max(1, most) and 2 <= len(ticks) <= 5
    assert len({after - before for before, after in pairwise(ticks)}) == 1
    first, last = (page.locator(".ticks span").nth(n).bounding_box() for n in (0, -1))
    assert first and last and first["y"] > last["y"]
    summary = "No posts in this period" if most == 0 else "Peak"
    expect(page.locator(".summary")).to_contain_text(summary)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_every_language(open_page: Open, language: str) -> None:
    said = words(language)
    page = open_page(chart(tag="tea", lang=language, tz="Europe/Paris"))
    board = ready(page)
    expect(board).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    expect(board.locator(".zone")).to_have_text(said["zone"].format(zone="Europe/Paris"))
    expect(board.locator(".summary")).to_contain_text(said["count"])
    expect(board.get_by_role("button", name=said["table"])).to_be_visible()
    expect(board.get_by_role("button", name=said["pause"])).to_be_visible()
    board.get_by_role("button", name=said["table"]).click()
    expect(board.locator("th").first).to_have_text(said["from"])
    whole = page.locator("hashtag-history").evaluate("element => element.shadowRoot.textContent")
    assert "undefined" not in whole


def test_times_are_those_of_the_named_zone(open_page: Open) -> None:
    zones = ["Asia/Tokyo", "America/New_York"]
    made = [chart(tag="tea", tz=zone, lang="en-GB") for zone in zones]
    page = open_page(*made, chart(tag="tea", lang="en-GB"), timezone_id="Asia/Kolkata")
    boards = ready(page)
    zones.append(page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone"))
    expect(boards.locator(".zone")).to_have_text([f"Times in {zone}" for zone in zones])
    last = []
    for n in range(3):
        boards.nth(n).locator(".plot").press("End")
        last += re.findall(r"\d\d:\d\d", boards.nth(n).locator(".tip").text_content() or "")
    assert len(set(last)) == len(last) == 3


def test_days_of_another_zone_are_called_so(open_page: Open) -> None:
    """Where a day begins within an hour of UTC, days are those of UTC."""
    page = open_page(
        chart(tag="tea", range="30d", tz="Asia/Kathmandu"),
        chart(tag="tea", range="30d", tz="Asia/Tokyo"),
        chart(tag="tea", range="1y", tz="Asia/Tokyo"),
    )
    boards = ready(page)
    expected = ["Days in UTC", "Times in Asia/Tokyo", "Days in UTC"]
    expect(boards.locator(".zone")).to_have_text(expected)


# --- What is wrong ---


@pytest.mark.parametrize(
    ("attribute", "state", "said"),
    [
        ("", "absent", 'This chart has no hashtag. Set one, for example tag="cats"'),
        ('tag=" "', "absent", 'This chart has no hashtag. Set one, for example tag="cats"'),
        ('tag="#"', "invalid", "“#” is not a hashtag"),
        ('tag="\u00ad"', "invalid", "“\u00ad” is not a hashtag"),
        ('tag="nobodyusesthis"', "unseen", "No posts with \u2068#nobodyusesthis\u2069 yet"),
    ],
)
def test_a_tag_that_cannot_be_drawn_is_explained(
    visit: Visit, host: HostSite, service: Service, attribute: str, state: str, said: str
) -> None:
    """By the real service, which refuses some of them."""
    made = f"{service.chart_script}<hashtag-history {attribute}></hashtag-history>"
    widget = visit(host.page(made))
    board = ready(widget.page, state)
    expect(board.locator(".message")).to_have_text(said)
    expect(board.locator(".foot")).to_be_hidden()
    # The console has it for the page's author.
    assert len(widget.warnings) == (attribute in ("", 'tag=" "', 'tag="#"'))
    widget.errors[:] = [error for error in widget.errors if "status of 40" not in error]


def test_a_tag_may_be_set_later(open_page: Open) -> None:
    page = open_page("<hashtag-history></hashtag-history>")
    ready(page, "absent")
    page.locator("hashtag-history").evaluate("element => element.setAttribute('tag', '#tea')")
    expect(ready(page).locator(".title")).to_have_text("#tea 24 hours")
    page.locator("hashtag-history").evaluate("element => element.removeAttribute('tag')")
    ready(page, "absent")


def test_wrong_settings_count_as_absent_and_are_named_once(
    visit: Visit, host: HostSite, service: Service, histories: Histories
) -> None:
    wrong = {"range": "2h", "tz": "Mars/Base", "theme": "blue", "height": "10", "lang": "xx"}
    made = chart(tag="tea", **wrong)
    widget = visit(host.page(service.chart_script + made + made), before=histories.prepare)
    expect(ready(widget.page).locator(".title").first).to_have_text("#tea 24 hours")
    assert len(widget.warnings) == len(wrong)
    for name, value in wrong.items():
        assert any(f'{name} is "{value}", but must be' in each for each in widget.warnings)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_without_a_history_it_says_that_it_tries_again(
    visit: Visit, host: HostSite, service: Service, histories: Histories, status: int
) -> None:
    histories.status = status
    widget = visit(host.page(service.chart(tag="tea")), before=histories.prepare)
    board = ready(widget.page, "failed")
    expect(board.locator(".message")).to_have_text("Couldn’t load trends. Retrying…")
    histories.status = 200
    ready(widget.page)
    widget.errors[:] = [error for error in widget.errors if "status of" not in error]


@pytest.mark.parametrize("how", ["stale", "offline"])
def test_what_gets_old_is_marked_and_stays(open_page: Open, histories: Histories, how: str) -> None:
    if how == "stale":
        histories.changes = {"stale": True, "as_of": "2026-11-22T10:00:00Z"}
    page = open_page(chart(tag="tea", refresh="2", chrome="noborder transparent"), clock=True)
    board = ready(page)
    if how == "offline":
        expect(board.locator(".notice")).to_be_hidden()
        page.unroute(ASKED)
        page.route(ASKED, lambda route: route.abort())
        hurry(page, lambda: board.locator(".notice").is_visible())
    expect(board.locator(".notice")).to_contain_text("Out of date · ")
    expect(board.locator(".summary")).to_contain_text("7 posts")
    expect(board.locator(".bars")).to_be_visible()
    if how == "stale":
        expect(board.locator(".notice")).to_contain_text("Nov 22, 2026")


@pytest.mark.parametrize("chrome", ["", "noborder transparent"])
def test_demo_data_is_called_so(open_page: Open, histories: Histories, chrome: str) -> None:
    histories.changes = {"demo": True}
    page = open_page(chart(tag="tea", chrome=chrome))
    expect(ready(page).locator(".chip.demo")).to_have_text("Demo data")
    expect(page.locator(".chip.demo")).to_be_visible()


def test_a_tag_that_is_hidden_leaves_nothing_behind(
    visit: Visit, host: HostSite, service: Service, histories: Histories
) -> None:
    """The API answers as if it had never been used."""
    site = host.page(service.chart(tag="tea", refresh="2"))
    widget = visit(site, before=histories.prepare)
    board = ready(widget.page)
    histories.status = 404
    expect(board).to_have_attribute("data-state", "unseen")
    expect(board.locator(".chart")).to_be_hidden()
    expect(board.locator(".summary")).to_be_hidden()
    histories.status = 200
    expect(widget.page.locator(".chart")).to_be_visible()
    widget.errors[:] = [error for error in widget.errors if "status of 404" not in error]


# --- The page around it ---


@pytest.mark.parametrize("theme", ["auto", "transparent"])
@pytest.mark.parametrize("name", ["nothing", "dark", "dark scheme", "both schemes", "picture"])
def test_it_goes_with_what_is_behind_it(open_page: Open, name: str, theme: str) -> None:
    head, *is_dark = PAGES[name]
    page = open_page(chart(tag="tea", theme=theme), head=head, color_scheme="light")
    board = ready(page)
    for scheme, dark in zip(VISITORS, is_dark, strict=True):
        page.emulate_media(color_scheme=scheme)
        expect(board).to_have_css("color-scheme", "dark" if dark else "light")


def test_it_follows_the_page_and_its_attribute(open_page: Open) -> None:
    head = "<style>body { background: #fff } .dark body { background: #111 }</style>"
    page = open_page(chart(tag="tea"), head=head, color_scheme="light")
    board = ready(page)
    expect(board).to_have_css("color-scheme", "light")
    page.evaluate("document.documentElement.classList.add('dark')")
    expect(board).to_have_css("color-scheme", "dark")
    page.locator("hashtag-history").evaluate("element => element.setAttribute('theme', 'light')")
    expect(board).to_have_css("color-scheme", "light")


@pytest.mark.parametrize("scheme", VISITORS)
def test_a_theme_that_is_set_holds_everywhere(open_page: Open, scheme: str) -> None:
    made = [chart(tag="tea", theme=theme) for theme in VISITORS]
    page = open_page(*made, color_scheme=scheme, head="<style>body { background: #000 }</style>")
    ready(page)
    assert page.locator(".board").evaluate_all(f"boards => boards.map({SCHEME})") == [*VISITORS]


def test_the_css_of_the_page_stays_out(open_page: Open) -> None:
    def inside(head: str) -> list[dict[str, Any]]:
        page = open_page(chart(tag="tea", tz="UTC"), head=head)
        ready(page)
        # The time goes on between the two.
        page.locator(".time").evaluate("time => time.remove()")
        found = looks(page.locator(".board"), completely=True)
        for each in found:
            each["style"] = {k: v for k, v in each["style"].items() if not SIZED.match(k)}
        return found

    alone, among = inside(""), inside(RUDE)
    assert sum(len(each["style"]) for each in alone) > 5_000
    assert differences(among, alone) == []


def test_it_works_under_the_strictest_policy(
    visit: Visit, host: HostSite, service: Service, histories: Histories
) -> None:
    policy = CLOSED.format(service=service.url)
    site = host.page(service.chart(tag="tea"), Content_Security_Policy=policy)
    noted = (
        "window.refused = [];"
        "addEventListener('securitypolicyviolation', each => refused.push(each.violatedDirective))"
    )

    def prepare(page: Page) -> None:
        page.add_init_script(noted)
        histories.prepare(page)

    page = visit(site, before=prepare).page
    board = ready(page)
    expect(board).to_have_css("display", "flex")
    expect(board.locator(".bars polyline")).to_have_css("fill", "rgb(79, 70, 229)")
    board.locator(".plot").press("End")
    expect(tip(page)).to_be_visible()
    board.locator("button.pause").click()
    expect(board.locator("button.pause")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("refused") == []


@pytest.mark.parametrize("script", ["first", "late"])
@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("width", [800, 300])
def test_nothing_moves(
    visit: Visit,
    host: HostSite,
    service: Service,
    histories: Histories,
    status: int,
    script: str,
    width: int,
) -> None:
    """Before the script has come, it is the snippet that keeps the room."""
    histories.status = status
    histories.changes = {"tag": "TEA", "demo": True, "stale": True}
    style = ' style="display:block;min-height:300px"'
    made = chart(tag="tea").replace(" tag", f"{style} tag")
    below = f"<p>Text below</p>{'<p>More</p>' * 20}"
    body = made + below
    site = host.page(
        body + service.chart_script if script == "late" else service.chart_script + body
    )

    def painted_first(route: Route) -> None:
        painted(route.request.frame.page)
        route.fallback()

    def prepare(page: Page) -> None:
        page.add_init_script(SHIFTS)
        histories.prepare(page)
        page.route("**/hashtag-history.js", painted_first)
        page.route(ASKED, painted_first)

    widget = visit(site, before=prepare, viewport={"width": width, "height": 3000})
    ready(widget.page, {200: "ready", 404: "unseen", 500: "failed"}[status])
    painted(widget.page)
    assert widget.page.evaluate("shifts") == []
    assert dimension(widget.page, "hashtag-history")["height"] == 300
    widget.errors[:] = [error for error in widget.errors if "status of" not in error]


@pytest.mark.parametrize("height", ["200", "1000"])
def test_it_is_as_high_as_it_says_whatever_is_shown(open_page: Open, height: str) -> None:
    page = open_page(chart(tag="tea", height=height), viewport={"width": 400, "height": 1200})
    board = ready(page)
    for _ in range(2):
        assert dimension(page, "hashtag-history")["height"] == int(height)
        assert board.evaluate("board => board.scrollHeight <= board.clientHeight")
        foot, outer = dimension(page, ".foot"), dimension(page, ".board")
        assert foot["y"] + foot["height"] <= outer["y"] + outer["height"]
        board.locator(".turn").click()


# --- The page's scripts, and the author's own content ---


def test_an_answer_is_an_event_and_can_be_asked_for(open_page: Open, histories: Histories) -> None:
    """Also for one that is paused, or that nobody sees."""
    page = open_page(
        chart(tag="tea", refresh="3600"), f"<div hidden>{chart(tag='coffee', paused='')}</div>"
    )
    expect(page.locator(".board[data-state=ready]")).to_have_count(2)
    page.evaluate(
        """() => {
            window.heard = [];
            addEventListener("trends-update", ({detail, target}) =>
                heard.push([target.localName, detail.key, detail.counts.at(-1)]));
        }"""
    )
    histories.counts = (9,)
    page.locator("hashtag-history").evaluate_all("all => all.forEach(each => each.refresh())")
    page.wait_for_function("heard.length === 2")
    assert sorted(page.evaluate("heard")) == [
        ["hashtag-history", "coffee", 9],
        ["hashtag-history", "tea", 9],
    ]
    assert len(histories.asked) == 4


def test_what_the_page_has_inside_is_left_alone(open_page: Open) -> None:
    inside = (
        '<script>window.ran = true</script><script type="application/json">{"own": 1}</script>'
        '<a href="/all">All of it</a>'
    )
    page = open_page(chart(tag="tea").replace("></", f">{inside}</"))
    ready(page)
    assert page.locator("hashtag-history script").count() == 2
    assert page.evaluate("ran")
    # The link is for those for whom the script does not run.
    expect(page.get_by_role("link", name="All of it")).to_be_hidden()


def test_without_the_script_the_page_s_link_is_there(visit: Visit, host: HostSite) -> None:
    made = chart(tag="tea").replace("></", '><a href="/all">All of it</a></')
    page = visit(host.page(made)).page
    expect(page.get_by_role("link", name="All of it")).to_be_visible()


def test_it_goes_beside_the_board(
    visit: Visit, host: HostSite, service: Service, histories: Histories
) -> None:
    """Both scripts, in any order, and each of them twice."""
    scripts = service.chart_script + service.script
    body = scripts + service.element(board="24h") + chart(tag="tea") + scripts
    page = visit(host.page(body), before=histories.prepare).page
    ready(page)
    expect(page.locator("trending-hashtags .board")).to_have_attribute("data-state", "ready")


# --- Polling ---


def test_elements_of_one_tag_and_range_share_a_request(
    open_page: Open, histories: Histories
) -> None:
    made = [chart(tag=tag, tz=zone) for tag in ("tea", "#tea") for zone in ("UTC", "Asia/Tokyo")]
    page = open_page(*made, chart(tag="tea", range="7d"))
    expect(page.locator(".board[data-state=ready]")).to_have_count(5)
    assert sorted(histories.asked) == [
        "/api/v1/hashtags/tea?hours=168&step=hour",
        "/api/v1/hashtags/tea?hours=24&step=hour",
    ]


def test_it_keeps_up(open_page: Open, histories: Histories) -> None:
    page = open_page(chart(tag="tea", refresh="2"), clock=True)
    board = ready(page)
    histories.counts = (40, 2)
    hurry(page, lambda: "42 posts" in (board.locator(".summary").text_content() or ""))


@pytest.fixture
def timed(visit: Visit, host: HostSite, service: Service) -> Callable[..., Timed]:
    """Opens a page with elements that get one answer, by a clock of the test's."""

    def opened(answer: Answer, *made: str) -> Timed:
        site = host.page(service.chart_script + "".join(made))
        page = visit(site, before=noted(answer)).page
        expect(page.locator(".board").first).not_to_have_attribute("data-state", "loading")
        return Timed(page)

    return opened


def answered(step: str = "hour", hours: int = 24) -> Answer:
    return {"body": history("tea", step, hours, (1,))}


@pytest.mark.parametrize(
    ("settings", "answer", "seconds"),
    [
        ({}, answered(), 10),
        ({"range": "3h"}, answered("minute", 3), 10),
        # A point is a day.
        ({"range": "30d"}, answered(hours=31 * 24), 60),
        ({"range": "1y"}, answered("day", 365 * 24), 60),
        ({"range": "1y", "refresh": "5"}, answered("day", 365 * 24), 5),
        ({"refresh": "600"}, answered(), 600),
        # A tag that has not been seen yet may be; what is no tag never becomes one.
        ({}, {"status": 404, "body": {"detail": "#tea has not been seen."}}, 60),
        ({}, {"status": 400, "body": {"detail": "tag must be a hashtag"}}, 3600),
    ],
)
def test_it_asks_again_when_there_may_be_something_new(
    timed: Callable[..., Timed], settings: dict[str, str], answer: Answer, seconds: int
) -> None:
    waits = gaps(timed(answer, chart(tag="tea", **settings)).let_pass(12 * seconds))
    assert len(waits) >= 9
    assert 0.89 * seconds <= min(waits) <= max(waits) <= 1.11 * seconds


def test_failures_double_the_wait(timed: Callable[..., Timed]) -> None:
    page = timed(answered(), chart(tag="tea"))
    for wrong in (UNREACHABLE, {"status": 500, "body": {}}, {"status": 200, "body": {}}):
        page.answer(wrong)
        waits = gaps(page.let_pass(150))
        assert waits[:4] == pytest.approx([4, 8, 16, 32], rel=0.101)
        expect(page.page.locator(".outdated .notice")).to_be_visible()
        page.answer(answered())
        page.let_pass(300)
        expect(page.page.locator(".outdated")).to_have_count(0)


def test_retry_after_is_obeyed(timed: Callable[..., Timed]) -> None:
    limited = {"status": 503, "headers": {"Retry-After": "120"}, "body": {"detail": "wait"}}
    page = timed(limited, chart(tag="tea", refresh="2"))
    expect(page.page.locator(".board")).to_have_attribute("data-state", "failed")
    waits = gaps(page.let_pass(1_000))
    assert 120 <= min(waits) <= max(waits) <= 150


def test_nothing_is_asked_while_nobody_looks(timed: Callable[..., Timed]) -> None:
    page = timed(answered(), chart(tag="tea"))
    page.page.evaluate(HIDE, True)
    assert page.let_pass(3_600) == []
    page.page.evaluate(HIDE, False)
    # What was due is asked for now.
    assert len(page.let_pass(1)) == 1
    assert len(page.let_pass(100)) in range(9, 12)


def test_a_paused_chart_asks_for_its_first_history_only(timed: Callable[..., Timed]) -> None:
    page = timed(answered(), chart(tag="tea", paused=""))
    assert page.let_pass(3_600) == []
    assert page.page.evaluate("calls.length") == 1
    pause = page.page.get_by_role("button", name="Pause")
    expect(pause).to_have_attribute("aria-pressed", "true")
    pause.click()
    assert len(page.let_pass(100)) in range(9, 13)
    pause.click()
    assert page.let_pass(3_600) == []


def test_a_removed_chart_asks_no_more(timed: Callable[..., Timed]) -> None:
    page = timed(answered(), chart(tag="tea"))
    page.page.evaluate("window.made = document.querySelector('hashtag-history'); made.remove()")
    assert page.let_pass(3_600) == []
    page.page.evaluate("document.body.append(made)")
    assert len(page.let_pass(100)) in range(9, 13)


def test_what_is_not_rendered_asks_only_once(open_page: Open, histories: Histories) -> None:
    """Until it is, as in a tab of the page."""
    page = open_page(f"<div id=box hidden>{chart(tag='tea', refresh='2')}</div>", clock=True)
    ready(page)
    page.clock.fast_forward(60_000)
    painted(page)
    assert len(histories.asked) == 1
    page.evaluate("box.hidden = false")
    hurry(page, partial(more_asked, histories, 3))


# --- For everybody ---


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_state_in_every_theme(
    visit: Visit,
    host: HostSite,
    service: Service,
    histories: Histories,
    ground: str,
    language: str,
) -> None:
    histories.changes = {"demo": True, "stale": True}
    colours = {"light": "background: #fff; color: #000", "dark": "background: #111; color: #fff"}
    head = f"<style>body {{ color-scheme: {ground}; {colours[ground]} }}</style>"
    themes = ("auto", "light", "dark", "transparent")
    made = "".join(
        chart(**setting, theme=theme, lang=language)
        for theme in themes
        for setting in ({"tag": "tea"}, {"tag": "coffee", "range": "1y"}, {"height": "200"})
    )
    body = f"{service.chart_script}<main><h1>Charts</h1>{made}</main>"
    page = visit(host.page(body, head=head), before=histories.prepare, color_scheme=ground).page
    expect(page.locator(".board[data-state=ready]")).to_have_count(2 * len(themes))
    for each in page.locator(".board[data-state=ready] .turn").all()[::2]:
        each.click()
    for each in page.locator(".plot").all():
        if each.is_visible():
            each.press("End")
    # On this page alone there is the same chart several times, by the same name.
    assert violations(page, "landmark-unique") == []


def test_it_is_used_by_keyboard(open_page: Open) -> None:
    page = open_page('<a href="#a">before</a>', chart(tag="tea"), '<a href="#b">after</a>')
    ready(page)
    order = []
    for _ in range(5):
        page.keyboard.press("Tab")
        name, text, outline = page.evaluate(FOCUS)
        assert outline != "none"
        order.append(name or text)
    assert order == ["before", "plot", "turn", "pause", "after"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("hashtag-history table")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("group", name="Table")).to_be_focused()


def test_the_values_are_read_by_keyboard(open_page: Open) -> None:
    page = open_page()
    board = ready(page)
    name = re.compile("tea.*24 hours. 7 posts · Peak: 4 posts per hour")
    plot = page.get_by_role("application", name=name)
    expect(plot).to_have_attribute("aria-roledescription", "chart")
    plot.press("End")
    expect(tip(page)).to_contain_text("2 posts (so far)")
    keys = (("ArrowLeft", "4 posts"), ("ArrowLeft", "0 posts"), ("ArrowRight", "4 posts"))
    for key, said in keys:
        plot.press(key)
        expect(tip(page)).to_contain_text(said)
        expect(board.locator(".news")).to_have_text(tip(page).text_content() or "")
    plot.press("Home")
    expect(tip(page)).to_contain_text("0 posts")
    plot.press("Escape")
    expect(tip(page)).to_be_hidden()


def test_the_table_has_the_same_numbers(open_page: Open) -> None:
    page = open_page(chart(tag="tea", tz="UTC"))
    ready(page)
    page.get_by_role("button", name="Table").click()
    cells = "rows => rows.map(row => row.lastChild.textContent)"
    counts = page.locator("hashtag-history tbody tr").evaluate_all(cells)
    assert counts == ["2", "4", "0", "1"] + ["0"] * 20
    expect(page.locator(".chart")).to_be_hidden()
    page.get_by_role("button", name="Table").click()
    expect(page.locator(".chart")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_pointer_reads_the_values_from_where_reading_begins(
    open_page: Open, language: str
) -> None:
    page = open_page(chart(tag="tea", lang=language, tz="UTC"))
    ready(page)
    box = dimension(page, ".plot")
    left, right = box["x"] + 3, box["x"] + box["width"] - 3
    newest, oldest = (right, left) if language == "en" else (left, right)
    middle = box["y"] + box["height"] / 2
    running = words(language)["running"]
    page.mouse.move(newest, middle)
    expect(tip(page)).to_contain_text(running)
    mark = dimension(page, ".mark")
    assert mark["x"] - 1 <= newest <= mark["x"] + mark["width"] + 1
    page.mouse.move(oldest, middle)
    expect(tip(page)).not_to_contain_text(running)
    inside = dimension(page, ".tip")
    assert box["x"] - 1 <= inside["x"]
    assert inside["x"] + inside["width"] <= box["x"] + box["width"] + 1
    page.mouse.move(0, 0)
    expect(tip(page)).to_be_hidden()
    page.locator(".plot").press("End")
    expect(tip(page)).to_contain_text(running)
    page.locator(".plot").press("ArrowRight" if language == "ar" else "ArrowLeft")
    expect(tip(page)).not_to_contain_text(running)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_forced_colours_the_bars_are_still_seen(open_page: Open, scheme: str) -> None:
    page = open_page(forced_colors="active", color_scheme=scheme)
    board = ready(page)
    fill = board.locator(".bars polyline").evaluate("line => getComputedStyle(line).fill")
    ground = board.evaluate("board => getComputedStyle(board).backgroundColor")
    assert fill != ground


@pytest.mark.parametrize("tag", ["<img src=x onerror=alert(1)>", "__proto__", "\u202egnp.exe"])
def test_a_hostile_tag_is_text(
    visit: Visit, host: HostSite, service: Service, histories: Histories, tag: str
) -> None:
    site = host.page(service.chart_script)
    page = visit(site, before=histories.prepare).page
    page.evaluate(
        """tag => {
            const made = document.createElement("hashtag-history");
            made.setAttribute("tag", tag);
            document.body.append(made);
        }""",
        tag,
    )
    expect(ready(page).locator("bdi.tag")).to_have_text(f"#{tag}")
    assert page.locator("hashtag-history img").count() == 0


# --- In an iframe ---


def frame(service: Service, path: str, height: int = 300) -> str:
    return (
        f'<iframe src="{service.url}/embed/tag/{path}" title="#café" width="480" '
        f'height="{height}" style="border:0"></iframe>'
    )


@pytest.mark.parametrize("height", [200, 500])
def test_in_an_iframe_it_fills_the_frame(
    visit: Visit, host: HostSite, service: Service, height: int
) -> None:
    page = visit(host.page(frame(service, "caf%C3%A9?range=7d", height))).page
    inside = page.frame_locator("iframe")
    board = inside.locator(".board")
    expect(board).to_have_attribute("data-state", "ready")
    expect(board.locator(".title")).to_have_text("#Café 7 days")
    box = inside.locator("html").evaluate("html => [html.scrollHeight, innerHeight]")
    assert box == [height, height]
    assert board.evaluate("board => board.getBoundingClientRect().height") == height


def test_any_other_page_may_not_frame_it(visit: Visit, host: HostSite, service: Service) -> None:
    site = host.page(frame(service, "caf%C3%A9")).replace(host.url, host.other_url)
    widget = visit(site)
    widget.page.wait_for_function("document.querySelector('iframe').contentWindow.length === 0")
    expect(widget.page.frame_locator("iframe").locator(".board")).to_have_count(0)
    (error,) = widget.errors
    assert "frame-ancestors" in error
    widget.errors.clear()


def test_the_page_says_something_without_a_script(visit: Visit, service: Service) -> None:
    page = visit(f"{service.url}/embed/tag/caf%C3%A9", java_script_enabled=False).page
    link = page.get_by_role("link", name="#Café")
    expect(link).to_be_visible()
    said = page.locator("hashtag-history p")
    expect(said).to_contain_text(re.compile(r"#Café · 24 h: \d+ posts"))
    address = link.evaluate("link => link.href")
    assert address == f"{service.url}/?tag=caf%C3%A9&range=24h"


@pytest.mark.parametrize("path", ["caf%C3%A9", "nobody?lang=ar&theme=dark"])
def test_the_page_is_for_everybody(visit: Visit, service: Service, path: str) -> None:
    widget = visit(f"{service.url}/embed/tag/{path}")
    expect(widget.page.locator(".board")).not_to_have_attribute("data-state", "loading")
    for scheme in VISITORS:
        widget.page.emulate_media(color_scheme=scheme)
        assert violations(widget.page) == []
    widget.errors[:] = [error for error in widget.errors if "status of 404" not in error]


def test_the_version_of_the_snippet_is_checked_by_the_browser(
    visit: Visit, host: HostSite, service: Service, histories: Histories
) -> None:
    text = service.get("/").text
    path, integrity = re.findall(r'data-chart-script="(.*?)" data-chart-integrity="(.*?)"', text)[0]
    for known, is_run in ((integrity, True), ("sha384-" + "A" * 64, False)):
        script = (
            f'<script src="{service.url}/{path}" integrity="{known}" crossorigin="anonymous" '
            "defer></script>"
        )
        widget = visit(host.page(script + chart(tag="tea")), before=histories.prepare)
        widget.page.wait_for_load_state()
        defined = widget.page.evaluate("Boolean(customElements.get('hashtag-history'))")
        assert defined == is_run
        if not is_run:
            assert "integrity" in json.dumps(widget.errors)
            widget.errors.clear()
