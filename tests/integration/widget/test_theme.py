"""The colours are those of the page, in an element and in an iframe, whatever the visitor has."""

import base64
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from integration.widget.answers import Answers
from integration.widget.host import HostSite
from integration.widget.lab import Boards, Service, element
from integration.widget.visits import Visit

SCHEME = "board => getComputedStyle(board).colorScheme"
VISITORS = ("light", "dark")

# The head of a page, and whether it is dark to a visitor who has light and to one who has dark.
PAGES = {
    "nothing": ("", False, False),
    "light": ("<style>body { background: #fff; color: #111 }</style>", False, False),
    "dark": ("<style>body { background: #101014; color: #eee }</style>", True, True),
    "dark scheme": ("<style>:root { color-scheme: dark }</style>", True, True),
    "light scheme": ("<style>:root { color-scheme: light }</style>", False, False),
    "both schemes": ("<style>:root { color-scheme: light dark }</style>", False, True),
    "both by meta": ('<meta name="color-scheme" content="light dark">', False, True),
    "light over both": (
        "<style>:root { color-scheme: light dark } body { background: #fff }</style>",
        False,
        False,
    ),
    "picture": (
        "<style>body { background: linear-gradient(#000, #222); color: #fff }</style>",
        True,
        True,
    ),
    "another space": ("<style>body { background: oklch(0.2 0.02 250) }</style>", True, True),
    "glass": ("<style>body { background: rgb(0 0 0 / 0.1) }</style>", False, False),
    "dark box": ("<style>main { background: #000 }</style>", True, True),
    "media query": (
        "<style>@media (prefers-color-scheme: dark) { body { background: #000 } }</style>",
        False,
        True,
    ),
}


@pytest.mark.parametrize("theme", ["auto", "transparent"])
@pytest.mark.parametrize("name", PAGES)
def test_the_board_goes_with_what_is_behind_it(
    visit: Visit, host: HostSite, service: Service, name: str, theme: str
) -> None:
    head, *is_dark = PAGES[name]
    site = host.page(f"<main>{service.element(board='24h', theme=theme)}</main>", head=head)
    page = visit(site, color_scheme="light").page
    board = page.locator(".board")
    expect(board).to_have_attribute("data-state", "ready")
    for scheme, dark in zip(VISITORS, is_dark, strict=True):
        page.emulate_media(color_scheme=scheme)
        expect(board).to_have_css("color-scheme", "dark" if dark else "light")


@pytest.mark.parametrize("scheme", VISITORS)
def test_a_theme_that_is_set_holds_everywhere(
    visit: Visit, host: HostSite, service: Service, scheme: str
) -> None:
    made = "".join(element(board="24h", theme=theme) for theme in VISITORS)
    ground = "<style>body { background: #000 }</style>"
    page = visit(host.page(service.script + made, head=ground), color_scheme=scheme).page
    expect(page.locator(".board[data-state=ready]")).to_have_count(2)
    assert page.locator(".board").evaluate_all(f"boards => boards.map({SCHEME})") == [*VISITORS]


@pytest.mark.parametrize("transition", ["none", "background-color 0.3s, color 0.3s"])
@pytest.mark.parametrize("change", ["classList.add('dark')", "dataset.theme = 'dark'"])
def test_the_board_follows_a_page_that_changes_its_theme(
    visit: Visit, host: HostSite, service: Service, transition: str, change: str
) -> None:
    """At once, and not with the next answer."""
    head = f"""<style>
    body {{ background: #fff; color: #111; transition: {transition} }}
    :is(.dark, [data-theme=dark]) body {{ background: #111; color: #eee }}
    </style>"""
    site = host.page(service.element(board="24h", paused=""), head=head)
    page = visit(site, color_scheme="light").page
    board = page.locator(".board")
    expect(board).to_have_attribute("data-state", "ready")
    expect(board).to_have_css("color-scheme", "light")
    page.evaluate(f"document.documentElement.{change}")
    expect(board).to_have_css("color-scheme", "dark")


def test_the_board_follows_a_change_of_its_attribute(
    visit: Visit, host: HostSite, service: Service
) -> None:
    page = visit(host.page(service.element(board="24h"))).page
    board = page.locator(".board")
    for theme, scheme in (("dark", "dark"), ("light", "light"), ("auto", "light")):
        page.locator("trending-hashtags").evaluate(
            "(element, theme) => element.setAttribute('theme', theme)", theme
        )
        expect(board).to_have_css("color-scheme", scheme)


def test_in_another_shadow_it_sees_the_page_around_that(
    visit: Visit, host: HostSite, service: Service
) -> None:
    body = f"""<div style="background: #000"><x-card><template shadowrootmode="open">
    <slot></slot></template>{element(board="24h")}</x-card></div>{service.script}"""
    page = visit(host.page(body)).page
    expect(page.locator(".board")).to_have_css("color-scheme", "dark")


def test_text_without_a_ground_can_be_read(visit: Visit, host: HostSite, service: Service) -> None:
    """On a dark page that says nothing of a colour scheme, too."""
    head = "<style>body { background: #0d0f12; color: #ddd }</style>"
    page = visit(host.page(service.element(board="24h", theme="transparent"), head=head)).page
    expect(page.locator(".board")).to_have_css("color", "rgb(236, 238, 242)")


def pixel(page: Page, x: float, y: float) -> list[int]:
    """The colour of a place in a page's window."""
    picture = page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    reader = page.context.new_page()
    found: list[int] = reader.evaluate(
        """async data => {
            const picture = new Image();
            picture.src = data;
            await picture.decode();
            const context = document.createElement("canvas").getContext("2d");
            context.drawImage(picture, 0, 0);
            return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
        }""",
        "data:image/png;base64," + base64.b64encode(picture).decode(),
    )
    reader.close()
    return found


# A page's scheme, its ground, and a theme that goes with it.
FRAMED = [
    ("dark", [16, 32, 48], "transparent", "dark"),
    ("light", [240, 248, 255], "transparent", "light"),
    ("dark", [16, 32, 48], "auto", "dark"),
    ("dark", [16, 32, 48], "dark", "light"),
    ("light", [240, 248, 255], "light", "dark"),
    ("light", [240, 248, 255], "auto", "light"),
    ("light dark", [16, 32, 48], "auto", "dark"),
]


@pytest.mark.parametrize(("scheme", "ground", "theme", "visitor"), FRAMED)
def test_a_frame_has_no_corners_of_another_colour(
    visit: Visit,
    host: HostSite,
    service: Service,
    scheme: str,
    ground: list[int],
    theme: str,
    visitor: str,
) -> None:
    """A browser puts an opaque ground behind a frame whose scheme is not that of its page."""
    colour = "rgb({}, {}, {})".format(*ground)
    head = f"<style>:root {{ color-scheme: {scheme} }} body {{ background: {colour} }}</style>"
    site = host.page(service.iframe(board="24h", theme=theme), head=head)
    page = visit(site, color_scheme=visitor).page
    board = page.frame_locator("iframe").locator(".board")
    expect(board).to_have_attribute("data-state", "ready")
    box: Any = page.locator("iframe").bounding_box()
    assert pixel(page, box["x"] + 1, box["y"] + 1) == ground


def test_a_printed_board_is_dark_on_light(visit: Visit, host: HostSite, service: Service) -> None:
    page = visit(host.page(service.element(board="24h", theme="dark"))).page
    expect(page.locator(".board")).to_have_css("color-scheme", "dark")
    page.emulate_media(media="print")
    expect(page.locator(".board")).to_have_css("color-scheme", "light")
    expect(page.locator("button.pause")).to_be_hidden()


def test_boards_without_a_script_have_the_theme_too(
    visit: Visit, service: Service, boards: Boards
) -> None:
    for theme in VISITORS:
        page = visit(f"{service.url}/widget?theme={theme}", java_script_enabled=False).page
        expect(page.locator(".board")).to_have_css("color-scheme", theme)


def test_answers_do_not_change_the_colours(visit: Visit, host: HostSite, service: Service) -> None:
    """What is asked of the page leaves nothing behind on the board."""
    answers = Answers("one")
    page = visit(host.page(service.element(board="24h")), before=answers.prepare).page
    expect(page.locator("li.row")).to_have_count(1)
    assert page.locator(".board").evaluate("board => board.style.outlineColor") == ""
