"""The page `/`: boards behind tabs, and the builder of a snippet; test_explorer.py has the rest."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from integration.widget.host import HostSite
from integration.widget.lab import Service
from integration.widget.looks import differences, looks
from integration.widget.states import HOSTILE, HOSTILE_BOARD, USUAL
from integration.widget.visits import Visit
from support.browser import Observed

# A field of the builder, what is chosen in it, and what the snippet says then.
CHOICES = {
    "board": "24h",
    "rank_by": "people",
    "limit": "3",
    "refresh": "60",
    "theme": "dark",
    "lang": "de",
    "width": "300",
    "links": "off",
    "count": "exact",
    "accent": "#c2410c",
}
FILL = """(form, [name, value]) => {
    const field = form.elements[name];
    if (field.type === "checkbox") field.checked = Boolean(value);
    else field.value = value;
    for (const kind of ["input", "change"])
        (field.length && !field.type ? field[0] : field)
            .dispatchEvent(new Event(kind, {bubbles: true}));
}"""


@pytest.fixture
def dashboard(visit: Visit, service: Service) -> Observed:
    found = visit(service.url + "/", permissions=["clipboard-read", "clipboard-write"])
    expect(main(found.page)).to_have_attribute("data-state", "ready")
    return found


def main(page: Page):
    """The board of the page itself: the builder's preview comes after it."""
    return page.locator(".board").first


def rows(page: Page) -> list[str]:
    return page.locator("trending-hashtags").first.locator("li.row bdi").all_text_contents()


def test_tabs_show_the_boards(dashboard: Observed, service: Service) -> None:
    page = dashboard.page
    tabs = page.get_by_role("navigation", name="Period").get_by_role("link")
    expect(tabs).to_have_text(["Now", "Rising", "Last hour", "24 hours", "7 days", "All time"])
    expect(tabs.first).to_have_attribute("aria-current", "page")
    assert dashboard.rows() == service.rows(board="now")
    labels = {
        "Rising": "rising",
        "Now": "now",
        "24 hours": "24h",
        "7 days": "7d",
        "All time": "all",
    }
    for label, board in labels.items():
        page.get_by_role("link", name=label, exact=True).click()
        expect(page.get_by_role("link", name=label, exact=True)).to_have_attribute(
            "aria-current", "page"
        )
        first = service.rows(1, board=board)[0][1]
        expect(page.locator("li.row bdi").first).to_have_text(first)
        assert f"board={board}" in page.url
    page.go_back()
    assert "board=7d" in page.url
    expect(page.get_by_role("link", name="7 days", exact=True)).to_have_attribute(
        "aria-current", "page"
    )


def test_people_are_a_choice_where_they_are_counted(visit: Visit, service: Service) -> None:
    page = visit(f"{service.url}/?board=24h").page
    page.get_by_role("link", name="People", exact=True).click()
    expect(page.locator("li.row bdi").first).to_have_text(f"#{USUAL[0]}")
    assert "rank_by=people" in page.url
    page.goto(service.url + "/")
    expect(page.get_by_role("link", name="People", exact=True)).to_have_count(0)


def test_a_click_shows_a_tags_history(dashboard: Observed) -> None:
    page = dashboard.page
    history = page.locator("#history")
    page.locator("a.tag").first.click()
    expect(history).to_be_visible()
    expect(history).to_contain_text(f"#{USUAL[0]}")
    expect(history.locator("svg, canvas").first).to_be_visible()
    assert len(page.context.pages) == 1
    own = {request.url.split("/")[2] for request in dashboard.requests}
    assert own == {page.url.split("/")[2]}  # nothing from elsewhere


def test_a_tag_that_is_known_no_more_is_no_trouble(dashboard: Observed) -> None:
    """It is on the board, but its row is not there: hidden since, or HBase is away."""
    page = dashboard.page
    page.locator("a.tag").nth(1).click()
    expect(page.locator("#history")).to_be_visible()
    expect(page.locator("#history")).to_contain_text(f"#{USUAL[1]}")
    # Chromium's own line on the 404.
    dashboard.errors[:] = [error for error in dashboard.errors if "404" not in error]


def test_hostile_tags_have_a_history_like_any_other(visit: Visit, service: Service) -> None:
    query = "&".join(f"{name}={value}" for name, value in HOSTILE_BOARD.items())
    page = visit(f"{service.url}/?{query}&limit=100").page
    history = page.locator("#history")
    shown = {tag: n for n, tag in enumerate(rows(page))}
    for tag in HOSTILE:
        if f"#{tag}" in shown:
            page.locator("a.tag").nth(shown[f"#{tag}"]).click()
            expect(history.get_by_text(f"#{tag}", exact=True).first).to_be_attached()
            expect(history.locator("svg, canvas").first).to_be_visible()
            assert history.locator("img, script, b, [onload], [onmouseover]").count() == 0
    assert len(shown) >= 10


def test_the_builder_keeps_preview_and_snippet_in_step(
    dashboard: Observed, visit: Visit, host: HostSite
) -> None:
    page = dashboard.page
    form, snippet = page.locator("form#builder"), page.locator("#snippet")
    element = page.locator("#preview")
    for name, value in CHOICES.items():
        form.evaluate(FILL, [name, value])
        expect(snippet).to_contain_text(f'{name}="{value}"')
        expect(element).to_have_attribute(name, value)
    expect(element.locator(".board")).to_have_attribute("data-state", "ready")
    expect(element.locator("li.row")).to_have_count(3)
    # What is copied does on another page what the preview does.
    copied = visit(host.page(text_of(page))).page
    expect(copied.locator(".board")).to_have_attribute("data-state", "ready")
    assert differences(looks(copied.locator(".board")), looks(element.locator(".board"))) == []
    assert copied.locator(".board").bounding_box()["width"] == 300


def text_of(page: Page) -> str:
    text = page.locator("#snippet").evaluate("node => node.value ?? node.textContent")
    assert isinstance(text, str)
    return text


def test_the_snippet_says_what_differs_and_no_more(dashboard: Observed, service: Service) -> None:
    page = dashboard.page
    link = f'<a href="{service.url}/?board={{}}">Trending hashtags</a></trending-hashtags>'
    room = ' style="display:block;min-height:550px">'
    begin = f"{service.script}\n<trending-hashtags"
    assert text_of(page) == f'{begin} board="now"{room}{link.format("now")}'
    assert page.locator("#preview").get_attribute("board") == "now"
    page.locator("form#builder").evaluate(FILL, ["board", "all"])
    assert text_of(page) == f"{begin}{room}{link.format('all')}"


def test_the_copy_button_copies_the_snippet(dashboard: Observed) -> None:
    page = dashboard.page
    page.locator("form#builder").evaluate(FILL, ["board", "24h"])
    expect(page.locator("#snippet")).to_contain_text("24h")
    page.get_by_role("button", name="Copy", exact=True).click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()) !== ''")
    assert page.evaluate("navigator.clipboard.readText()") == text_of(page)


def test_an_iframe_from_the_builder_works_elsewhere(
    dashboard: Observed, visit: Visit, host: HostSite
) -> None:
    page = dashboard.page
    page.locator("form#builder").evaluate(FILL, ["board", "24h"])
    page.get_by_label("iframe").click()
    expect(page.locator("#snippet")).to_contain_text("<iframe")
    frame = visit(host.page(text_of(page))).page.frame_locator("iframe")
    expect(frame.locator(".board")).to_have_attribute("data-state", "ready")
    expect(frame.locator("li.row bdi").first).to_have_text("#tag1")


def test_an_iframe_of_reasons_is_higher(dashboard: Observed) -> None:
    page = dashboard.page
    page.get_by_label("iframe").click()
    heights = []
    for board in ("now", "rising"):
        page.locator("form#builder").evaluate(FILL, ["board", board])
        expect(page.locator("#snippet")).to_contain_text(f"widget?board={board}")
        frame = page.frame_locator("#preview-frame")
        expect(frame.locator(".board[data-state=ready]")).to_be_visible()
        heights.append(int(text_of(page).split('height="')[1].split('"')[0]))
    assert heights[1] > heights[0] + 300


def test_the_builder_offers_a_ranking_where_there_is_a_choice(dashboard: Observed) -> None:
    page = dashboard.page
    ranking = page.locator("form#builder").get_by_label("Ranked by")
    expect(ranking).to_be_hidden()
    for board in ("1h", "24h", "7d"):
        page.locator("form#builder").evaluate(FILL, ["board", board])
        expect(ranking).to_be_visible()
        page.locator("form#builder").evaluate(FILL, ["rank_by", "people"])
        expect(page.locator("#snippet")).to_contain_text('rank_by="people"')
    for board in ("rising", "now", "all"):
        page.locator("form#builder").evaluate(FILL, ["board", board])
        expect(ranking).to_be_hidden()
        assert "rank_by" not in text_of(page)


def test_a_snippet_cannot_be_broken_out_of(dashboard: Observed) -> None:
    """What is no number of those allowed counts as not typed at all."""
    page = dashboard.page
    before = text_of(page)
    for name in "limit", "refresh", "width":
        page.locator(f"form#builder [name={name}]").fill("")
        page.locator(f"form#builder [name={name}]").press_sequentially('9e9"><script>-.')
    assert text_of(page) == before
    assert page.locator("#snippet script, #preview script").count() == 0


def test_an_address_leads_to_a_tags_history(dashboard: Observed, service: Service) -> None:
    """The API of a history takes what the page asks it for, slashes and all."""
    for tag in HOSTILE[:1] + HOSTILE[7:8]:
        answer = service.get(f"/api/v1/hashtags/{quote(tag, safe='')}")
        assert answer.status_code == 200
        assert answer.json()["tag"] == tag
