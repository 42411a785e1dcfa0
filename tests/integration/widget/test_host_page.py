"""What the widget and the page around it do to each other: nothing."""

import gzip
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from integration.widget.host import HostSite
from integration.widget.lab import Service, element
from integration.widget.looks import differences, looks
from integration.widget.visits import Visit
from web.embed.widget import script

CLOSED = (
    "default-src 'none'; img-src 'self'; script-src {service}; connect-src {service}; "
    "style-src 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# Selectors of everybody, names that a widget may use too, and what every element inherits.
RUDE = """<style>
* { color: red !important; font-size: 40px; box-sizing: content-box; margin: 7px }
li, ol, svg, section, button, data, time { display: none !important }
.board, .row, .tag, .bar, [data-state] { background: lime !important; opacity: 0.1 }
:root { --paper: red; --ink: red; --muted: red; --line: red; --track: red; --accent: red; --up: red;
  --down: red; --new: red; --warn: red; --chip: red; --chip-ink: red }
body { text-transform: uppercase; letter-spacing: 9px; word-spacing: 9px; line-height: 3;
  font: italic 900 40px/3 fantasy; text-align: center; white-space: pre; direction: rtl;
  text-shadow: 1px 1px red; cursor: wait; list-style: square; text-indent: 3em;
  word-break: break-all; hyphens: auto; quotes: "<" ">"; font-variant: small-caps;
  -webkit-text-fill-color: red; writing-mode: vertical-rl; visibility: visible }
</style>"""
# Where the element stands and how large it is, is up to the page.
OUTSIDE = {"inline-size", "block-size", "width", "height", "perspective-origin", "transform-origin"}


def ready(page: Page) -> None:
    expect(page.locator(".board").first).to_have_attribute("data-state", "ready")


def inside(page: Page) -> list[dict[str, Any]]:
    """All that is computed for the board but its size."""
    ready(page)
    found = looks(page.locator(".board"), completely=True)
    for each in found:
        each["style"] = {k: v for k, v in each["style"].items() if k not in OUTSIDE}
    return found


def test_the_css_of_the_page_stays_out(visit: Visit, host: HostSite, service: Service) -> None:
    snippet = service.element(board="24h", limit="3", width="300")
    alone, among = (inside(visit(host.page(snippet, head=head)).page) for head in ("", RUDE))
    assert sum(len(each["style"]) for each in alone) > 10_000
    assert differences(among, alone) == []


def test_the_css_of_the_widget_stays_in(visit: Visit, host: HostSite, service: Service) -> None:
    own = (
        '<p class="notice">A notice</p><ol class="rows"><li class="row"><a class="tag" href="#">'
        'A tag</a></li></ol><section class="board empty">A board</section>'
    )
    page = visit(host.page(f"<main>{own}</main>")).page
    among = visit(host.page(f"<main>{own}</main>{service.element()}")).page
    expect(among.locator("trending-hashtags .board")).to_have_attribute("data-state", "ready")
    before, after = (looks(each.locator("main"), completely=True) for each in (page, among))
    assert differences(after, before) == []


def test_a_page_may_change_what_it_is_offered(
    visit: Visit, host: HostSite, service: Service
) -> None:
    """Custom properties that begin with --trends-, and the parts."""
    css = (
        "<style>trending-hashtags { --trends-paper: rgb(1, 2, 3); --trends-accent: rgb(4, 5, 6) }"
        "trending-hashtags::part(tag) { color: rgb(7, 8, 9) }"
        "trending-hashtags::part(rank) { display: none }</style>"
    )
    page = visit(host.page(service.element(board="24h"), head=css)).page
    ready(page)
    expect(page.locator(".board")).to_have_css("background-color", "rgb(1, 2, 3)")
    expect(page.locator(".bar rect").first).to_have_css("fill", "rgb(4, 5, 6)")
    expect(page.locator(".tag").first).to_have_css("color", "rgb(7, 8, 9)")
    expect(page.locator(".rank").first).to_be_hidden()


def test_all_parts_are_there(visit: Visit, host: HostSite, service: Service) -> None:
    page = visit(host.page(service.element(board="24h"))).page
    ready(page)
    parts = ["board", "head", "title", "rows", "row", "rank", "tag", "change", "count", "bar"]
    parts += ["body", "spark", "foot", "notice", "pause"]
    missing = [part for part in parts if not page.locator(f"[part~={part}]").count()]
    assert missing == []
    rising = visit(host.page(service.element(board="rising"))).page
    ready(rising)
    expect(rising.locator("li.row > [part~=reason]")).to_have_count(3)


def test_it_works_under_the_strictest_policy(
    visit: Visit, host: HostSite, service: Service
) -> None:
    """Observed knows of what Chromium refuses; and here what it refuses is noted as well."""
    policy = CLOSED.format(service=service.url)
    site = host.page(service.element(board="24h"), Content_Security_Policy=policy)
    noted = (
        "window.refused = [];"
        "addEventListener('securitypolicyviolation', each => refused.push(each.violatedDirective))"
    )
    widget = visit(site, before=lambda page: page.add_init_script(noted))
    ready(widget.page)
    assert widget.rows() == service.rows(board="24h")
    expect(widget.page.locator(".board")).to_have_css("display", "block")
    colour = widget.page.locator(".bar rect").first.evaluate("bar => getComputedStyle(bar).fill")
    assert colour not in ("rgb(0, 0, 0)", "")
    widget.page.locator("button.pause").click()
    expect(widget.page.locator("button.pause")).to_have_attribute("aria-pressed", "true")
    assert widget.page.evaluate("refused") == []


def test_nothing_is_added_to_the_page(visit: Visit, host: HostSite, service: Service) -> None:
    """No global, no element, no cookie, nothing stored, no class changed."""
    names = """window.before = new Set(Object.getOwnPropertyNames(window).concat('before'));
        window.prototypes = JSON.stringify([Object, Array, String, Element, HTMLElement]
            .map(each => Object.getOwnPropertyNames(each.prototype)));"""
    page = visit(
        host.page(service.element(board="24h")), before=lambda page: page.add_init_script(names)
    ).page
    ready(page)
    added = "Object.getOwnPropertyNames(window).filter(name => !before.has(name))"
    assert page.evaluate(added) == ["prototypes"]
    unchanged = """JSON.stringify([Object, Array, String, Element, HTMLElement]
        .map(each => Object.getOwnPropertyNames(each.prototype))) === prototypes"""
    assert page.evaluate(unchanged)
    children = "[...document.querySelectorAll('*')].map(each => each.localName)"
    assert page.evaluate(children) == [
        *["html", "head", "meta", "meta", "title", "body"],
        *["script", "trending-hashtags"],
    ]
    assert page.evaluate("document.cookie + localStorage.length + sessionStorage.length") == "00"
    assert page.evaluate("document.adoptedStyleSheets.length") == 0


def test_it_asks_for_nothing_but_the_board(visit: Visit, host: HostSite, service: Service) -> None:
    site = host.page(service.element(board="24h"))
    widget = visit(site)
    ready(widget.page)
    # Nor later: a picture or a font would be asked for when the first row is painted.
    painted(widget.page)
    asked = [request.url for request in widget.requests]
    trends = f"{service.url}/api/v1/trends?board=24h&rank_by=tweets&limit=10"
    assert asked == [site, f"{service.url}/widget.js", trends]
    # Nothing that could tell one visitor from another.
    told = {name for request in widget.requests for name in request.headers}
    assert not told & {"cookie", "authorization"}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"limit": "100"},
        {"lang": "ar"},
        {"chrome": "noheader", "board": "all"},
        # As many rows as there are, with a reason in one line, in two and in three.
        {"board": "rising", "limit": "3"},
        {"board": "rising", "limit": "3", "width": "360"},
        {"board": "rising", "limit": "3", "width": "260"},
        # The period comes later, in a line of its own where there is little room.
        {"board": "now", "limit": "5"},
        {"board": "now", "limit": "5", "width": "240"},
    ],
)
def test_a_full_board_moves_nothing(
    visit: Visit, host: HostSite, service: Service, settings: dict[str, str]
) -> None:
    """The cumulative layout shift is 0: the widget keeps the room that its board will need."""
    observe = """window.shifts = [];
        new PerformanceObserver(list => shifts.push(...list.getEntries().map(each => each.value)))
            .observe({type: "layout-shift", buffered: true});"""
    # With `defer` the browser may paint before the script has come, and only the page itself can
    # keep room for something that does not exist yet.
    script = service.script.replace(" defer", "")
    made = element(**{"board": "24h"} | settings)
    body = f"<h1>News</h1>{made}<p>Text below</p>{'<p>More</p>' * 20}"

    def answer(route: Route) -> None:
        painted(route.request.frame.page)
        route.continue_()

    def prepare(page: Page) -> None:
        page.add_init_script(observe)
        page.route("**/api/v1/trends?*", answer)

    window = {"width": 800, "height": 3000}
    page = visit(host.page(body, head=script), before=prepare, viewport=window).page
    ready(page)
    painted(page)
    assert page.evaluate("shifts") == []
    # And the browser does notice such a thing.
    page.evaluate(
        "document.body.prepend(Object.assign(document.createElement('h1'), "
        "{textContent: 'Breaking', style: 'height: 300px'}))"
    )
    page.wait_for_function("shifts.length > 0")


def painted(page: Page) -> None:
    """Wait until what is on the page has been painted."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def test_the_script_may_be_there_twice_and_anywhere(
    visit: Visit, host: HostSite, service: Service
) -> None:
    at_once = f'<script src="{service.url}/widget.js"></script>'
    for body in (
        service.script + element(board="24h") + service.script,
        element(board="24h") + at_once,
    ):
        widget = visit(host.page(body))
        ready(widget.page)
        assert widget.rows() == service.rows(board="24h")


@pytest.mark.parametrize(
    "attributes",
    [
        'type="module" src="{url}/widget.js"',
        'src="{url}/{path}" integrity="{integrity}" crossorigin="anonymous" defer',
    ],
)
def test_the_script_may_be_a_module_or_be_checked(
    visit: Visit, host: HostSite, service: Service, attributes: str
) -> None:
    """Browsers run such scripts of another origin only if that lets everybody read them."""
    made = script()
    filled = attributes.format(url=service.url, path=made.path, integrity=made.integrity)
    widget = visit(host.page(f"<script {filled}></script>{element(board='24h')}"))
    ready(widget.page)
    assert widget.rows() == service.rows(board="24h")


def test_an_element_may_be_made_by_a_script(visit: Visit, host: HostSite, service: Service) -> None:
    widget = visit(host.page(service.script))
    widget.page.evaluate(
        """() => {
            const made = document.createElement("trending-hashtags");
            made.setAttribute("board", "24h");
            document.body.append(made);
        }"""
    )
    ready(widget.page)
    assert widget.rows() == service.rows(board="24h")


def test_a_page_may_take_over_a_click(visit: Visit, host: HostSite, service: Service) -> None:
    """The shadow is open: the click tells which row it was on, and can be kept from the link."""
    page = visit(host.page(service.element(board="24h"))).page
    ready(page)
    page.evaluate(
        """addEventListener("click", event => {
            window.chosen = event.composedPath().find(node => node.matches(".row")).dataset.key;
            event.preventDefault();
        })"""
    )
    page.locator("a.tag").nth(1).click()
    assert page.evaluate("chosen") == "tag2"
    assert len(page.context.pages) == 1


def test_the_script_is_small_and_may_be_kept(service: Service) -> None:
    gzipped = {"Accept-Encoding": "gzip"}
    address = f"{service.url}/widget.js"
    with requests.get(address, headers=gzipped, stream=True, timeout=10) as response:
        sent = response.raw.read(decode_content=False)
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(sent) <= 8 * 1024
    plain = requests.get(address, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert gzip.decompress(sent) == plain.content
    assert "Accept-Encoding" in response.headers["Vary"]
    again = requests.get(address, headers={"If-None-Match": response.headers["ETag"]}, timeout=10)
    assert again.status_code == 304
