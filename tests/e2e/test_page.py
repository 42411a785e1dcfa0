"""The widget in a real browser, in front of the whole stack."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from support.browser import Observed
from support.stack import Stack
from support.waiting import eventually

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def widget(stack: Stack, chromium: Browser) -> Iterator[Observed]:
    """The widget, asking every 2 seconds, on a board that nothing else changes."""
    with stack.at_rest():
        page = chromium.new_page()
        observed = Observed(page)
        page.goto(f"{stack.url}/widget?refresh=2")
        yield observed
        page.close()
    assert observed.errors == []


def served(stack: Stack) -> list[tuple[str, str, int]]:
    places = stack.board(limit=10)["hashtags"]
    return [(place["key"], f"#{place['tag']}", place["count"]) for place in places]


def totals(widget: Observed) -> int:
    """How many posts have been read, as it is drawn: "4,120 of 18,234 posts have hashtags"."""
    text = widget.page.locator(".totals").text_content() or ""
    return int(text.split(" of ")[-1].split(" posts")[0].replace(",", ""))


def test_the_widget_shows_what_the_api_serves(stack: Stack, widget: Observed) -> None:
    assert len(served(stack)) == 10
    eventually(lambda: widget.rows() == served(stack))
    chip = widget.page.locator(".chip.demo")
    assert chip.is_visible()
    assert chip.text_content() == "Demo data"
    eventually(lambda: totals(widget) == stack.board()["tweets_read"])


def test_the_page_shows_it_too(stack: Stack, widget: Observed) -> None:
    widget.page.goto(f"{stack.url}/?board=24h")
    assert len(widget.rows()) >= 10
    assert widget.page.locator(".chip.demo").first.is_visible()
    snippet = widget.page.locator("#snippet").text_content() or ""
    assert f'src="{stack.url}/widget.js"' in snippet


def test_a_tags_chart_has_an_address(stack: Stack, widget: Observed) -> None:
    leader, other = served(stack)[:2]
    page, card = widget.page, widget.page.locator("#history")
    page.goto(f"{stack.url}/?board=all&tag={leader[0]}&tag={other[0]}&range=3h&tz=UTC")
    eventually(card.locator("canvas").is_visible)
    eventually(lambda: card.locator("h2").text_content() == f"{leader[1]}, {other[1]}")
    assert card.locator("dd").first.text_content() == f"{leader[2]:,}"
    assert page.title() == f"#{leader[0]} and #{other[0]}, 3 hours · Tweet Trends"
    card.locator("summary").click()
    assert card.locator("tbody tr").count() == 180


def test_new_tweets_appear_without_a_reload(stack: Stack, widget: Observed) -> None:
    widget.page.evaluate("window.loaded = 'once'")
    stack.lead_with("FreshFromTheTest", "fresh")
    eventually(lambda: widget.rows()[0][1] == "#FreshFromTheTest")
    eventually(lambda: widget.rows() == served(stack))
    assert widget.page.evaluate("window.loaded") == "once"


def test_the_widget_survives_a_stopped_service(stack: Stack, widget: Observed) -> None:
    """What was drawn stays, marked; with the service back it is up to date again."""
    before = widget.rows()
    notice = widget.page.locator(".notice")
    stack.compose("stop", "web")
    eventually(notice.is_visible)
    assert widget.rows() == before
    stack.compose("start", "web")
    eventually(lambda: stack.api("/readyz").status_code == 200)
    stack.lead_with("BackAgain", "back")
    eventually(lambda: widget.rows()[0][1] == "#BackAgain", within=120)
    eventually(lambda: not notice.is_visible())


def test_a_hostile_tag_stays_text(stack: Stack, widget: Observed) -> None:
    """As drawn by the script, and as drawn by the server."""
    stack.lead_with(HOSTILE, "hostile")
    eventually(lambda: widget.rows()[0][1] == f"#{HOSTILE}")
    for path in ("/widget", "/?board=all"):
        assert widget.page.locator("li.row img").count() == 0
        widget.page.goto(stack.url + path)
        assert widget.rows()[0][1] == f"#{HOSTILE}"
    assert widget.page.locator("li.row img").count() == 0
    link = widget.page.locator("li.row .tag").first.get_attribute("href") or ""
    assert link.startswith("https://x.com/hashtag/%3Cimg")
