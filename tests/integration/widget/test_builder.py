"""The builder of the page `/`: every choice, in the preview and in what is copied."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from integration.widget.access import violations
from integration.widget.histories import Histories
from integration.widget.host import HostSite
from integration.widget.lab import Service
from integration.widget.visits import Visit
from support.browser import Observed

Open = Callable[..., Page]
PUBLIC = "https://trends.example/sub/"


@pytest.fixture
def builder(visit: Visit, service: Service) -> Open:
    """Opens the page, with a public address if one is given."""

    def open_page(path: str = "/", public: str | None = None, **options: Any) -> Page:
        def with_address(route: Route) -> None:
            answer = route.fetch()
            body = re.sub("<body[^>]*>", f'<body data-public-url="{public}">', answer.text())
            route.fulfill(response=answer, body=body)

        def prepare(page: Page) -> None:
            page.route(lambda url: url.split("?")[0] == f"{service.url}/", with_address)

        page = visit(service.url + path, before=prepare if public else None, **options).page
        expect(page.locator("#snippet")).to_contain_text("min-height")
        return page

    return open_page


def choose(page: Page, **values: str) -> None:
    """Fill fields of the form as a visitor would."""
    for name, value in values.items():
        field = page.locator(f"#builder [name='{name.replace('_height', '-height')}']")
        kind = field.first.evaluate("field => field.type")
        if kind in ("radio", "checkbox"):
            page.locator(f"#builder [name={name}][value='{value}']").check()
        elif kind == "select-one":
            field.select_option(value)
        else:
            field.fill(value)


def code(page: Page, name: str = "snippet") -> str:
    return page.locator(f"#{name}").text_content() or ""


def test_it_begins_with_the_board_that_is_open(builder: Open) -> None:
    page = builder("/?board=7d&rank_by=people")
    assert 'board="7d" rank_by="people"' in code(page)
    assert "badge.svg?board=7d&amp;rank_by=people" in code(page, "badge-code")


def test_a_ranking_is_kept_while_it_is_no_choice(builder: Open) -> None:
    page = builder()
    choose(page, board="7d", rank_by="people")
    assert 'rank_by="people"' in code(page)
    for board in ("rising", "all"):
        choose(page, board=board)
        assert "rank_by" not in code(page)
    choose(page, board="24h")
    assert 'board="24h" rank_by="people"' in code(page)
    expect(page.locator("#preview")).to_have_attribute("rank_by", "people")


def test_choices_outlive_a_tab(builder: Open) -> None:
    """But for the board, which is that of the tab."""
    page = builder("/?board=24h")
    choose(page, limit="7", theme="dark", kind="iframe", language="react", chrome="noborder")
    page.get_by_label("Use this accent").check()
    page.get_by_role("link", name="7 days", exact=True).click()
    expect(page.locator("#snippet")).to_contain_text("board=7d")
    for kept in ("limit=7", "theme=dark", "accent=%234f46e5", "chrome=noborder", "style={{"):
        assert kept in code(page)
    expect(page.locator("#builder [name=chrome]").first).not_to_be_checked()


def test_without_storage_it_begins_with_the_defaults(visit: Visit, service: Service) -> None:
    refuse = """Object.defineProperty(window, "sessionStorage", {
        get() { throw new DOMException("no", "SecurityError"); }})"""
    page = visit(service.url, before=lambda page: page.add_init_script(refuse)).page
    expect(page.locator("#snippet")).to_contain_text('board="now" style')
    page.get_by_role("link", name="7 days", exact=True).click()
    expect(page.locator("#snippet")).to_contain_text('board="7d" style')


def test_on_a_phone_the_code_comes_right_after_the_form(builder: Open) -> None:
    """However many rows are in the preview."""
    page = builder(viewport={"width": 360, "height": 740}, has_touch=True)
    choose(page, limit="100")
    form, result = (page.locator(part).bounding_box() for part in ("#builder", "#snippet"))
    assert form is not None and result is not None
    assert 0 <= result["y"] - (form["y"] + form["height"]) < 60


def test_a_local_address_is_warned_of(builder: Open) -> None:
    warning = builder().locator("#address-warning")
    expect(warning).to_contain_text("Only this computer can open http://127.0.0.1")
    expect(warning).to_contain_text("PUBLIC_URL")


@pytest.mark.parametrize(
    ("address", "warning"),
    [
        ("https://trends.example", ""),
        (PUBLIC, ""),
        ("http://trends.example/", "Browsers block http on pages that use https."),
        ("http://localhost:8080/", "Only this computer"),
    ],
)
def test_the_public_address_is_what_is_written(builder: Open, address: str, warning: str) -> None:
    page = builder(public=address)
    root = address.rstrip("/") + "/"
    assert f'src="{root}widget.js"' in code(page)
    assert f'href="{root}?board=now"' in code(page)
    assert f"{root}badge.svg?board=now" in code(page, "badge-code")
    choose(page, kind="iframe")
    assert f'src="{root}widget?board=now"' in code(page)
    said = page.locator("#address-warning")
    if warning:
        expect(said).to_contain_text(warning)
    else:
        expect(said).to_be_hidden()


def test_the_line_that_lets_a_site_show_the_iframe_is_ready_to_copy(
    builder: Open, host: HostSite
) -> None:
    """With those that may show it already, and an origin alone of what was typed."""
    page = builder(permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#framing")).to_be_hidden()
    choose(page, kind="iframe")
    line = page.locator("#origins")
    known = f"EMBED_ALLOWED_ORIGINS=\"'self' {host.url}"
    expect(line).to_have_text(f'{known} https://your.site"')
    choose(page, site="https://blog.example/2026/a-post?x=1")
    expect(line).to_have_text(f'{known} https://blog.example"')
    page.get_by_role("button", name="Copy line").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()) !== ''")
    assert page.evaluate("navigator.clipboard.readText()") == line.text_content()
    choose(page, site=f"{host.url}/page")
    expect(page.locator("#origins-state")).to_have_text("This site can show the iframe already.")
    expect(line).to_be_hidden()


@pytest.mark.parametrize("name", ["limit", "refresh", "width", "max-height"])
def test_a_number_that_is_not_allowed_is_explained(builder: Open, name: str) -> None:
    page = builder()
    field = page.locator(f"#builder [name='{name}']")
    least, most = field.get_attribute("min"), field.get_attribute("max")
    before = code(page)
    field.fill("0")
    expect(page.locator(f"#{name}-error")).to_contain_text(f"from {least} to {most}")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert code(page) == before
    field.fill(str(most))
    expect(page.locator(f"#{name}-error")).to_be_empty()
    assert f'{name}="{most}"' in code(page)


def test_any_accent_can_be_chosen(builder: Open) -> None:
    """Also the one that a board has in its light theme."""
    page = builder()
    assert "accent" not in code(page)
    page.get_by_label("Use this accent").check()
    assert 'accent="#4f46e5"' in code(page)
    choose(page, accent="#c2410c")
    assert 'accent="#c2410c"' in code(page)
    page.get_by_label("Use this accent").uncheck()
    assert "accent" not in code(page)


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("kind", ["script", "iframe"])
def test_the_preview_is_what_is_chosen_on_the_ground_it_is_for(
    builder: Open, kind: str, ground: str
) -> None:
    page = builder()
    choose(page, board="24h", theme="transparent", kind=kind, ground=ground)
    board = page.locator("#preview .board")
    if kind == "iframe":
        board = page.frame_locator("#preview-frame").locator(".board")
    expect(board).to_be_visible()
    expect(board).to_have_attribute("data-state", "ready")
    expect(board).to_have_css("color-scheme", ground)
    expect(page.locator("#preview")).to_be_visible(visible=kind == "script")
    expect(page.locator("#preview-frame")).to_be_visible(visible=kind == "iframe")


# The frame of the preview has its board, and the height of it.
MEASURED = """() => {
    const frame = document.querySelector("#preview-frame");
    const inside = frame.contentDocument;
    return inside.URL.endsWith(frame.getAttribute("src"))
        && inside.querySelector("trending-hashtags")?.shadowRoot.querySelector(".pause")
        && inside.querySelector("main").offsetHeight === frame.clientHeight;
}"""


@pytest.mark.parametrize(
    "values",
    [
        {"board": "24h"},
        {"board": "24h", "width": "200"},
        {"board": "rising", "width": "200"},
        {"board": "24h", "limit": "40", "max_height": "400"},
        {"board": "24h", "layout": "compact"},
        {"board": "24h", "layout": "ticker"},
        {"board": "24h", "chrome": "noheader"},
    ],
)
def test_an_iframe_is_as_high_as_what_is_in_it(
    builder: Open, visit: Visit, host: HostSite, values: dict[str, str]
) -> None:
    """On a page that has not loaded the script, which would set the height."""
    page = builder()
    choose(page, kind="iframe", **values)
    page.wait_for_function(MEASURED)
    elsewhere = visit(host.page(code(page))).page
    frame = elsewhere.frame_locator("iframe")
    expect(frame.locator(".board")).to_have_attribute("data-state", "ready")
    inside = frame.locator("html").evaluate("html => [html.scrollHeight, innerHeight]")
    assert inside[0] == inside[1]
    if "max_height" in values:
        assert inside[1] <= 400


def test_every_snippet_says_the_same(builder: Open) -> None:
    page = builder()
    choose(page, board="24h", limit="7", theme="dark")
    assert "rank_by" not in code(page)
    html = code(page)
    choose(page, language="wordpress")
    assert code(page) == f"<!-- wp:html -->\n{html}\n<!-- /wp:html -->"
    choose(page, language="react")
    react = code(page)
    assert '<trending-hashtags board="24h" limit="7" theme="dark" style={{' in react
    assert f'script.src = "{page.url}widget.js";' in react
    assert "<script" not in react
    choose(page, kind="iframe")
    assert 'src="' + page.url + 'widget?board=24h&amp;limit=7&amp;theme=dark"' in code(page)
    assert "style={{ border: 0" in code(page)


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_badge_has_the_theme_or_the_reader_s(builder: Open, theme: str) -> None:
    page = builder("/?board=24h")
    choose(page, theme=theme)
    root = page.url.split("?")[0]
    written = code(page, "badge-code")
    dark = f"{root}badge.svg?board=24h{{}}theme=dark"
    if theme == "auto":
        assert f'srcset="{dark.format("&amp;")}"' in written
        assert f'<img src="{root}badge.svg?board=24h"' in written
    else:
        picture = dark.format("&") if theme == "dark" else f"{root}badge.svg?board=24h"
        assert written == f"[![Top hashtags]({picture})]({root}?board=24h)"


SMALL = """all => all.filter(each => each.offsetParent)
    .map(each => [each.name, each.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"""


def test_controls_are_large_enough_to_press(builder: Open) -> None:
    page = builder()
    choose(page, kind="iframe")
    controls = page.locator("#embed :is(input, select, button)")
    assert controls.evaluate_all(SMALL) == []


@pytest.mark.parametrize("kind", ["script", "iframe"])
def test_everybody_can_use_it(builder: Open, kind: str) -> None:
    page = builder()
    choose(page, kind=kind, limit="0")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []


def test_code_and_preview_stay_beside_the_form(builder: Open) -> None:
    page = builder(viewport={"width": 1100, "height": 700})
    choose(page, limit="50")
    page.locator("#builder [name=chrome]").last.scroll_into_view_if_needed()
    expect(page.locator("#copy")).to_be_in_viewport()
    expect(page.locator("#preview li.row").first).to_be_in_viewport()


def test_the_builder_is_not_printed(builder: Open) -> None:
    page = builder()
    page.emulate_media(media="print")
    expect(page.locator("#embed")).to_be_hidden()


def test_what_is_copied_works_in_a_page_of_its_own(
    builder: Open, visit: Visit, host: HostSite
) -> None:
    page = builder()
    choose(page, board="24h", language="wordpress", layout="compact")
    widget: Observed = visit(host.page(code(page)))
    expect(widget.page.locator(".board")).to_have_attribute("data-state", "ready")
    expect(widget.page.get_by_role("link", name="Trending hashtags")).to_be_hidden()


def test_a_tag_s_chart_is_offered_too(builder: Open) -> None:
    page = builder("/?board=24h&tag=tag1&range=7d")
    Histories(1).prepare(page)
    expect(page.locator("#builder [name=tag]")).to_be_hidden()
    choose(page, what="tag")
    expect(page.locator("#builder [name=tag]")).to_have_value("tag1")
    for name in ("board", "rank_by", "limit", "layout", "links"):
        expect(page.locator(f"#builder [name={name}]")).to_be_hidden()
    root = page.url.split("?")[0]
    assert code(page) == (
        f'<script src="{root}hashtag-history.js" defer></script>\n'
        '<hashtag-history tag="tag1" range="7d" style="display:block;min-height:300px">'
        f'<a href="{root}?tag=tag1&amp;range=7d">#tag1</a></hashtag-history>'
    )
    # The badge stays that of the board.
    assert "badge.svg?board=24h" in code(page, "badge-code")
    choose(page, tag="#a<b", range="24h", tz="UTC", theme="dark", height="500")
    made = 'tag="a&lt;b" tz="UTC" height="500" theme="dark" style="display:block;min-height:500px"'
    assert made in code(page)
    choose(page, kind="iframe", tag="a b")
    assert f'src="{root}embed/tag/a%20b?tz=UTC&amp;theme=dark"' in code(page)
    assert 'title="#a b" width="480" height="500"' in code(page)
    choose(page, language="react", kind="script", tag="{x}")
    assert 'customElements.get("hashtag-history")' in code(page)
    assert '<hashtag-history tag="{x}" tz="UTC" height="500" theme="dark" style={{' in code(page)
    assert '>{"#{x}"}</a>' in code(page)
    choose(page, what="board")
    assert "<trending-hashtags" in code(page)


@pytest.mark.parametrize("kind", ["script", "iframe"])
@pytest.mark.parametrize("ground", ["light", "dark"])
def test_the_preview_of_a_chart_is_what_is_chosen(builder: Open, kind: str, ground: str) -> None:
    page = builder("/?board=24h&tag=tag1")
    # Only those who want to see it load its script.
    assert not page.evaluate("Boolean(customElements.get('hashtag-history'))")
    choose(page, what="tag", range="7d", theme="transparent", kind=kind, ground=ground)
    board = page.locator("#chart-preview .board")
    if kind == "iframe":
        board = page.frame_locator("#preview-frame").locator(".board")
    expect(board).to_have_attribute("data-state", "ready")
    expect(board).to_be_visible()
    expect(board).to_have_css("color-scheme", ground)
    expect(board.locator(".title")).to_have_text("#tag1 7 days")
    expect(page.locator("#preview")).to_be_hidden()
    choose(page, height="400")
    shown = page.locator("#chart-preview" if kind == "script" else "#preview-frame")
    expect(shown).to_have_js_property("offsetHeight", 400)


def test_the_card_of_a_tag_leads_to_its_snippet(builder: Open) -> None:
    page = builder("/?board=24h&tag=tag1&range=30d&tz=Asia/Tokyo")
    page.get_by_role("link", name="Embed this chart").click()
    expect(page.locator("#embed-title")).to_be_focused()
    expect(page.locator("#embed-title")).to_be_in_viewport()
    assert '<hashtag-history tag="tag1" range="30d" tz="Asia/Tokyo" style=' in code(page)
    assert "tag=tag1" in page.url


def test_a_chart_needs_a_tag(builder: Open) -> None:
    page = builder("/?board=24h")
    choose(page, what="tag", tag="")
    expect(page.locator("#tag-error")).to_have_text("Enter a hashtag.")
    expect(page.locator("#builder [name=tag]")).to_have_attribute("aria-invalid", "true")
    choose(page, kind="iframe")
    assert page.locator("#preview-frame").get_attribute("src") is None
    choose(page, tag="tea")
    expect(page.locator("#tag-error")).to_be_empty()


@pytest.mark.parametrize("what", ["board", "tag"])
def test_a_fixed_version_is_the_one_that_is_served(
    builder: Open, visit: Visit, host: HostSite, what: str
) -> None:
    page = builder("/?board=24h&tag=tag1")
    choose(page, what=what)
    page.get_by_label("this version only").check()
    name = {"board": "widget", "tag": "hashtag-history"}[what]
    assert re.search(rf'/{name}-[0-9a-f]{{16}}\.js" integrity="sha384-', code(page))
    widget: Observed = visit(host.page(code(page)))
    expect(widget.page.locator(".board")).to_have_attribute("data-state", "ready")


def test_the_chart_s_builder_is_for_everybody(builder: Open) -> None:
    page = builder("/?board=24h&tag=tag1")
    choose(page, what="tag", tag="")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    controls = page.locator("#embed :is(input, select, button)")
    assert controls.evaluate_all(SMALL) == []
