"""The snippets of README and docs, in a browser and in front of the whole stack.

What needs no stack is in tests/contract/test_documents.py, which also says of each block of code
who tests it.
"""

import re
import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from support.browser import Observed
from support.documents import Block, blocks
from support.stack import Stack
from support.waiting import eventually

# The addresses that stand for the reader's own.
SERVICES = ("https://trends.example/", "https://your.site/trends/", "http://127.0.0.1:8080/")
VERSIONED = re.compile(r'widget-[0-9a-f]+\.js" integrity="[^"]+"')
DRAWN = "li.row, section.board[data-state=ready] .chart"


def ids(found: list[Block]) -> list[str]:
    return [str(block) for block in found]


@pytest.fixture
def counted(stack: Stack) -> Stack:
    """A stack whose boards have hashtags."""
    for board in ("24h", "all"):
        eventually(lambda board=board: stack.board(board)["hashtags"], within=120)
    return stack


@pytest.fixture
def visit(counted: Stack, chromium: Browser) -> Iterator[Observed]:
    page = chromium.new_page()
    observed = Observed(page)
    yield observed
    page.close()
    assert (observed.errors, observed.warnings) == ([], [])


def here(text: str, stack: Stack) -> str:
    """A snippet with the stack's address, and with a hashtag that the stack has counted."""
    for address in SERVICES:
        text = text.replace(address, f"{stack.url}/")
    tags = (each["key"] for each in stack.board("24h")["hashtags"])
    known = next(key for key in tags if re.fullmatch("[a-z]+", key))
    return re.sub(r'(?<=tag=")python|(?<=/embed/tag/)python', known, text)


def show(page: Page, stack: Stack, body: str) -> None:
    """Open a page with a snippet in it.

    It is of the stack's own origin: an iframe is shown there without any setting.
    """
    address = f"{stack.url}/your-page"
    html = f'<!doctype html><html lang="en"><title>Your page</title><body>{body}</body></html>'

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route(address, answer)
    page.goto(address)


def expect_drawn(page: Page, html: str) -> None:
    """Wait until a snippet shows what it is for."""
    if "<iframe" in html:
        expect(page.frame_locator("iframe").locator(DRAWN).first).to_be_visible()
    elif "<picture" in html:
        eventually(lambda: page.locator("img").evaluate("picture => picture.naturalWidth > 0"))
    elif "<script" not in html:
        expect(page.get_by_role("link")).to_be_visible()
    elif "></script>\n" in html:
        page.wait_for_function("() => !!customElements.get('trending-hashtags')")
    else:
        expect(page.locator(DRAWN).first).to_be_visible()


@pytest.mark.parametrize("block", blocks("html"), ids=ids(blocks("html")))
def test_a_snippet_shows_what_it_is_for(counted: Stack, visit: Observed, block: Block) -> None:
    html = here(block.text, counted)
    if VERSIONED.search(html):
        visit.page.goto(counted.url)
        body = visit.page.locator("body")
        path, integrity = (body.get_attribute(f"data-{name}") for name in ("script", "integrity"))
        assert path and integrity
        html = VERSIONED.sub(f'{path}" integrity="{integrity}"', html)
    show(visit.page, counted, html)
    expect_drawn(visit.page, html)


def board_on_a_page(counted: Stack, visit: Observed) -> None:
    html = here(blocks("html")[0].text, counted)
    show(visit.page, counted, html)
    expect_drawn(visit.page, html)


@pytest.mark.parametrize("block", blocks("css"), ids=ids(blocks("css")))
def test_a_style_sheet_reaches_the_board(counted: Stack, visit: Observed, block: Block) -> None:
    """Each of its rules is one that the browser understands, and each part exists."""
    board_on_a_page(counted, visit)
    rules = visit.page.evaluate(
        """text => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(text);
            document.adoptedStyleSheets = [sheet];
            return [...sheet.cssRules].map(rule => rule.style.length);
        }""",
        block.text,
    )
    assert len(rules) == block.text.count("{")
    assert 0 not in rules
    for part in re.findall(r"::part\((\w+)\)", block.text):
        assert visit.page.locator(f"[part~={part}], .{part}").count() > 0


@pytest.mark.parametrize("block", blocks("js"), ids=ids(blocks("js")))
def test_a_script_hears_from_the_board(counted: Stack, visit: Observed, block: Block) -> None:
    board_on_a_page(counted, visit)
    with visit.page.expect_console_message() as heard:
        visit.page.add_script_tag(content=f"var shown, showTag = tag => shown = tag;{block.text}")
    assert heard.value.type == "log"
    row = visit.page.locator("li.row").first
    row.get_by_role("link").click()
    assert visit.page.evaluate("shown") == row.get_attribute("data-key")


@pytest.mark.parametrize("block", blocks("markdown"), ids=ids(blocks("markdown")))
def test_addresses_in_markdown_are_served(counted: Stack, block: Block) -> None:
    addresses = re.findall(r"\]\(([^)]+)\)", here(block.text, counted))
    assert addresses
    for address in addresses:
        assert counted.api(address.removeprefix(counted.url)).status_code == 200


CALLS = [
    (str(block), command)
    for block in blocks("sh")
    for command in block.text.splitlines()
    if command.startswith("curl ")
]


@pytest.mark.parametrize("command", [call for _, call in CALLS], ids=[name for name, _ in CALLS])
def test_calls_of_the_api_are_answered(counted: Stack, command: str) -> None:
    """The address is what a command is about; curl itself is not in the test container."""
    _, url = shlex.split(here(command, counted))
    answer = counted.api(url.removeprefix(counted.url))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert urlsplit(url).path.startswith("/api/") and answer.json()["hashtags"]
