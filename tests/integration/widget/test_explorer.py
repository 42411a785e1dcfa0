"""The card beside the board of `/`: a tag's chart, comparisons, search, and their address."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from integration.widget.lab import Boards, Service
from integration.widget.states import USUAL
from integration.widget.visits import Visit, hurry
from support.browser import Observed
from support.waiting import eventually

PHONE = {"width": 360, "height": 740}
IN_VIEW = """node => {
    const {top, bottom} = node.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
}"""
HOURS = {hour: 1 + hour % 5 for hour in range(100)}
SEARCH = re.compile(r"/api/v1/hashtags\?")
FOUND = {"hashtags": [{"tag": "Tag1", "key": "tag1", "count": 999}]}

Open = Callable[..., Page]


@pytest.fixture
def open_page(visit: Visit, service: Service) -> Open:
    """Opens `/` with a query, and waits for the card."""

    def opened(query: str, **options: Any) -> Page:
        page = visit(f"{service.url}/?{query}", **options).page
        expect(page.locator("#history dd").first).to_be_visible()
        return page

    return opened


def heading(page: Page) -> Any:
    return page.locator("#history h2")


def rows_of_table(page: Page) -> list[list[str]]:
    page.locator("#history details").evaluate("details => { details.open = true; }")
    expect(page.locator("#history tbody tr").first).to_be_visible()
    cells = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    found: list[list[str]] = page.locator("#history tbody tr").evaluate_all(cells)
    return found


def test_on_a_phone_a_tag_opens_its_card_in_view(open_page: Open) -> None:
    page = open_page("board=24h", viewport=PHONE, has_touch=True)
    page.locator("a.tag").first.tap()
    expect(heading(page)).to_have_text("#tag1")
    expect(heading(page)).to_be_focused()
    eventually(lambda: heading(page).evaluate(IN_VIEW))
    link = page.locator("#history .networks a[data-page]")
    expect(link).to_have_text("X")
    expect(link).to_have_attribute("href", "https://x.com/hashtag/tag1")


def test_a_choice_is_told_marked_and_undone_by_keyboard(open_page: Open) -> None:
    page = open_page("board=now")
    row = page.locator("#board li.row").first
    expect(row).to_have_attribute("aria-current", "true")
    row.locator("a.tag").focus()
    page.keyboard.press("Enter")
    expect(heading(page)).to_be_focused()
    news = page.locator("#history .news")
    expect(news).to_have_role("status")
    expect(news).to_contain_text(re.compile(rf"#{USUAL[0]}: [\d,]+ posts"))
    page.keyboard.press("Escape")
    expect(row.locator("a.tag")).to_be_focused()
    expect(page.locator("#board li.row[aria-current]")).to_have_count(1)


def test_the_card_keeps_up_with_the_board(open_page: Open, boards: Boards) -> None:
    boards.put_hashtag("live", "Live", {0: 3})
    page = open_page("board=24h&tag=Live", before=lambda page: page.clock.install())
    posts = page.locator("#history dd").first
    expect(posts).to_have_text("3")
    boards.put_hashtag("live", "Live", {0: 8})
    hurry(page, lambda: posts.text_content() == "8")
    assert rows_of_table(page)[0][1] == "8"


def test_the_card_recovers_and_keeps_its_name(open_page: Open) -> None:
    page = open_page("board=now", before=lambda page: page.clock.install())
    expect(heading(page)).to_have_text(f"#{USUAL[0]}")
    page.route("**/api/v1/hashtags/*", lambda route: route.abort())
    page.get_by_role("button", name="7 days", exact=True).click()
    problem = page.locator("#history .problem")
    expect(problem).to_have_text("Couldn't load this hashtag. Retrying…")
    expect(heading(page)).to_have_text(f"#{USUAL[0]}")
    # A drawing of another time would be taken for the one that was asked for.
    expect(page.locator("#history .chart")).to_be_hidden()
    page.unroute("**/api/v1/hashtags/*")
    hurry(page, problem.is_hidden)
    expect(page.locator("#history .chart")).to_be_visible()
    assert len(rows_of_table(page)) == 7 * 24


def test_all_that_is_chosen_is_in_the_address(open_page: Open) -> None:
    page = open_page("board=24h&limit=30")
    page.locator("a.tag").first.click()
    page.get_by_role("button", name="30 days", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?board=24h&limit=30&tag=tag1&range=30d$"))
    expect(page).to_have_title("#tag1, 30 days · Tweet Trends")
    pressed = page.locator("#history .spans [aria-pressed=true]")
    page.reload()
    expect(pressed).to_have_text("30 days")
    expect(heading(page)).to_have_text("#tag1")
    assert page.locator("#board li.row").count() == 30
    page.go_back()
    expect(pressed).to_have_text("24 hours")
    expect(page).to_have_title("#tag1, 24 hours · Tweet Trends")
    page.go_back()
    expect(page).to_have_title("Trending, last 24 hours · Tweet Trends")
    page.go_forward()
    page.go_forward()
    expect(pressed).to_have_text("30 days")
    # Another board keeps it all.
    page.get_by_role("link", name="7 days", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?board=7d&limit=30&tag=tag1&range=30d$"))
    expect(heading(page)).to_have_text("#tag1")


def test_a_link_can_be_shared(open_page: Open, service: Service) -> None:
    """Also of the leading tag, which nobody has chosen."""
    page = open_page("board=now", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{service.url}/?board=now&tag=Caf%C3%A9"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_day_is_the_visitors(open_page: Open, boards: Boards, zone: str) -> None:
    """Posts of the last hour are of the day that it is where the visitor is."""
    boards.put_hashtag("today", "Today", {0: 5})
    page = open_page("board=24h&tag=today&range=30d", timezone_id=zone)
    expect(page.locator("#history .chart")).to_have_attribute("aria-label", re.compile("30 days"))
    today = page.evaluate(
        "new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium'}).format(new Date())"
    )
    rows = rows_of_table(page)
    assert rows[0] == [today, "5"]
    assert len(rows) == 30
    expect(page.locator("#history th").first).to_have_text(f"From ({zone})")
    expect(page.locator("#history figcaption select")).to_have_value(zone)


def test_a_time_zone_can_be_chosen(open_page: Open) -> None:
    page = open_page("board=now&tz=Asia/Tokyo")
    rows_of_table(page)
    zone, head = page.locator("#history figcaption select"), page.locator("#history th").first
    expect(head).to_have_text("From (Asia/Tokyo)")
    zone.select_option("UTC")
    expect(head).to_have_text("From (UTC)")
    assert "tz=" not in page.url
    page.go_back()
    expect(head).to_have_text("From (Asia/Tokyo)")


def test_a_time_zone_that_there_is_not_is_named(open_page: Open) -> None:
    page = open_page("board=now&tz=Mars/Base")
    told = page.locator("#zone-problem")
    expect(told).to_have_text("There is no time zone “Mars/Base”. Showing times in UTC.")


def test_a_year_is_labelled_as_days_of_utc(open_page: Open) -> None:
    page = open_page("board=now&range=1y&tz=Asia/Tokyo")
    expect(page.locator("#history .days")).to_have_text("Days in UTC")
    assert len(rows_of_table(page)) == 365


def answer_search(page: Page, asked: list[str] | None = None) -> None:
    def answer(route: Route) -> None:
        if asked is not None:
            asked.append(route.request.url)
        route.fulfill(body=json.dumps(FOUND), content_type="application/json")

    page.route(SEARCH, answer)


def test_tags_are_found_as_you_type(open_page: Open) -> None:
    asked: list[str] = []
    page = open_page("board=now", before=lambda page: answer_search(page, asked))
    field = page.get_by_role("combobox", name="Search hashtags")
    field.press_sequentially("ta", delay=20)
    option = page.locator("[role=option]")
    expect(option).to_have_text("#Tag1 999")
    assert [url.split("?")[1] for url in asked] == ["prefix=ta&limit=8"]
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("#tag1")
    assert page.url.endswith("&tag=Tag1")
    expect(field).to_have_value("")
    expect(option).to_have_count(0)


def test_where_nothing_is_found_it_is_said(open_page: Open) -> None:
    def none(page: Page) -> None:
        body = json.dumps({"hashtags": []})
        page.route(SEARCH, lambda route: route.fulfill(body=body, content_type="application/json"))

    page = open_page("board=now", before=none)
    field = page.get_by_role("combobox", name="Search hashtags")
    field.press_sequentially("zzz")
    expect(page.get_by_text("No hashtags found")).to_be_visible()
    field.press("Escape")
    expect(page.get_by_text("No hashtags found")).to_be_hidden()


def test_what_is_typed_can_be_opened_without_an_answer(open_page: Open) -> None:
    def refuse(page: Page) -> None:
        page.route(SEARCH, lambda route: route.abort())

    page = open_page("board=now", before=refuse)
    search = page.locator("[data-open]")
    search.get_by_role("combobox").press_sequentially("#tag1")
    expect(search.get_by_role("status")).to_contain_text("Couldn't search")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("#tag1")


def test_tags_are_compared_in_one_chart(open_page: Open) -> None:
    page = open_page("board=now", before=answer_search)
    page.get_by_role("combobox", name="Compare").press_sequentially("ta")
    page.locator("[role=option]").click()
    entries = page.locator("#history .compared li")
    expect(entries).to_have_count(2)
    expect(heading(page)).to_have_text(f"#{USUAL[0]}, #tag1")
    assert page.url.count("tag=") == 2
    rows = rows_of_table(page)
    assert {len(row) for row in rows} == {3}
    expect(page.locator("#history th")).to_have_text(["From (UTC)", f"#{USUAL[0]}", "#tag1"])
    colours = entries.evaluate_all("each => each.map(one => getComputedStyle(one).color)")
    assert len(set(colours)) == 2
    page.get_by_role("button", name=f"Remove #{USUAL[0]}").click()
    expect(heading(page)).to_have_text("#tag1")
    expect(page.locator("#history .compared")).to_be_hidden()


def test_four_tags_are_enough(open_page: Open, boards: Boards) -> None:
    for tag in "one", "two", "three":
        boards.put_hashtag(tag, tag, HOURS)
    page = open_page("board=now&tag=tag1&tag=one&tag=two&tag=three")
    expect(page.locator("#history .compared li")).to_have_count(4)
    expect(page.locator("[data-compare]")).to_be_hidden()


def test_each_history_is_a_file(open_page: Open, boards: Boards) -> None:
    boards.put_hashtag("file", "File", {0: 4, 1: 7})
    page = open_page("board=now&tag=file&tag=tag1&range=7d")
    rows_of_table(page)
    links = page.locator("#history .files a")
    expect(links).to_have_text(["Download #File as CSV", "Download #tag1 as CSV"])
    with page.expect_download() as started:
        links.first.click()
    lines = started.value.path().read_text().splitlines()
    assert lines[0] == "from,count"
    assert [line.split(",")[1] for line in lines[-2:]] == ["7", "4"]
    assert len(lines) == 1 + 7 * 24


def test_a_chart_is_read_by_keyboard(open_page: Open, boards: Boards) -> None:
    boards.put_hashtag("keys", "Keys", {0: 4, 1: 7})
    page = open_page("board=now&tag=keys")
    page.locator("#history .chart").focus()
    tip, news = page.locator("#history .tip"), page.locator("#history .news")
    page.keyboard.press("ArrowLeft")
    expect(tip).to_contain_text("4 posts")
    expect(tip).to_contain_text("so far")
    page.keyboard.press("ArrowLeft")
    expect(tip).to_contain_text("7 posts")
    expect(news).to_contain_text("7 posts")
    page.keyboard.press("Home")
    expect(tip).to_contain_text("0 posts")
    expect(page.locator("#history canvas")).to_be_visible()
    page.locator("#history summary").focus()
    expect(tip).to_be_hidden()


def test_the_card_says_why_a_tag_rises(open_page: Open, boards: Boards) -> None:
    boards.put_hashtag("café", "Café", HOURS)
    page = open_page(f"board=rising&tag={USUAL[0]}")
    why = page.locator("#history dl div", has_text="Why it is rising")
    expect(why).to_contain_text("people in the last 5 hours, 0.8 usual")
    page = open_page("board=rising&tag=tag1")
    expect(page.locator("#history dl")).not_to_contain_text("Why")


@pytest.mark.parametrize(("locale", "has_noon"), [("en-US", True), ("en-GB", False)])
def test_times_are_written_as_in_the_visitors_region(
    open_page: Open, locale: str, has_noon: bool
) -> None:
    page = open_page("board=all&tag=tag1", locale=locale)
    seen = page.locator("#history dl div", has_text="Last seen").text_content() or ""
    assert ("AM" in seen or "PM" in seen) == has_noon
    expect(page.locator("#board trending-hashtags")).to_have_attribute("lang", locale)


@pytest.mark.parametrize(("locale", "has_noon"), [("en-US", True), ("en-GB", False)])
def test_so_they_are_on_the_status_page(
    visit: Visit, service: Service, boards: Boards, locale: str, has_noon: bool
) -> None:
    boards.put_report()
    page = visit(f"{service.url}/status", locale=locale).page
    expect(page.locator("[data-zone]")).to_have_text(" · Times in UTC")
    shown = page.locator("[data-part=as_of] time").text_content() or ""
    assert ("AM" in shown or "PM" in shown) == has_noon, shown


def test_a_browser_takes_the_manifest(open_page: Open) -> None:
    """The page's policy lets it."""
    page = open_page("board=now")
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["url"].endswith("/static/site.webmanifest")
    assert manifest["errors"] == []
    assert json.loads(manifest["data"])["name"] == "Tweet Trends"


def test_what_is_current_is_seen_without_colours(visit: Visit, service: Service) -> None:
    url = f"{service.url}/?board=24h"
    forced = visit(url, forced_colors="active").page
    printed = visit(url).page
    printed.emulate_media(media="print")
    for page in forced, printed:
        for name in "24 hours", "Posts":
            link = page.locator(".choices").get_by_role("link", name=name, exact=True)
            expect(link).to_have_css("text-decoration-line", "underline")
        other = page.locator(".choices").get_by_role("link", name="7 days", exact=True)
        expect(other).to_have_css("text-decoration-line", "none")
    for part in "#embed", "#demo", "[data-open]":
        expect(printed.locator(part)).to_be_hidden()


# What can be pressed and is smaller than 24 pixels, in whatever shadow it is; a check box has the
# size of its label's line.
SMALL = """() => {
    const all = root => [...root.querySelectorAll("*")].flatMap(
        node => [node, ...(node.shadowRoot ? all(node.shadowRoot) : [])]);
    return all(document)
        .filter(node => node.matches("a[href], button, select, input, summary, [role=option]"))
        .filter(node => node.checkVisibility({visibilityProperty: true}))
        .filter(node => !node.closest("[inert]"))
        .map(node => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
        .filter(([, box]) => box.height && (box.width < 24 || box.height < 24))
        .map(([name, box]) => `${name}: ${box.width} x ${box.height}`);
}"""


def test_what_is_pressed_is_large_enough(open_page: Open) -> None:
    """With everything open and found that there is to press."""
    page = open_page("board=24h&tag=tag1&tag=caf%C3%A9", before=answer_search)
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    page.get_by_role("combobox", name="Search hashtags").press_sequentially("ta")
    expect(page.locator("[role=option]")).to_be_visible()
    expect(page.locator("#history .files a")).to_have_count(2)
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("path", ["/status", "/widget?board=24h", "/widget?layout=compact"])
def test_so_it_is_on_the_other_pages(visit: Visit, service: Service, path: str) -> None:
    page = visit(service.url + path).page
    expect(page.locator("main")).to_be_visible()
    assert page.evaluate(SMALL) == []


def test_demo_data_says_how_to_go_on(visit: Visit, service: Service) -> None:
    page = visit(f"{service.url}/?board=24h").page
    banner = page.get_by_role("region", name="You are looking at demo data.")
    expect(banner).to_be_visible()
    banner.get_by_text("Connect your own timeline").click()
    expect(banner.get_by_text("make up")).to_be_visible()


def test_the_status_page_does_not_claim_what_it_does_not_know(
    visit: Visit, service: Service, boards: Boards
) -> None:
    boards.put_report()
    observed: Observed = visit(f"{service.url}/status", before=lambda page: page.clock.install())
    page = observed.page
    fine = page.get_by_text("Nothing, everything is running.")
    unknown = page.get_by_text("Unknown while the server can't be reached.")
    notice = page.get_by_text("Can't reach the server. Showing the last known status; retrying…")
    expect(fine).to_be_visible()
    page.route("**/api/v1/status", lambda route: route.abort())
    hurry(page, notice.is_visible)
    expect(unknown).to_be_visible()
    expect(fine).to_be_hidden()
    states = ".state", "node => getComputedStyle(node, '::after').content"
    assert page.locator(states[0]).first.evaluate(states[1]) == '" (last known)"'
    page.unroute("**/api/v1/status")
    hurry(page, notice.is_hidden)
    expect(fine).to_be_visible()
    expect(unknown).to_be_hidden()
    expect(page.locator("[data-zone]")).to_have_text(" · Times in UTC")
