"""A smoke run in Firefox ESR: the page, its chart, and the widget on another page."""

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Firefox, FirefoxOptions, FirefoxService
from selenium.webdriver.common.by import By

from integration.widget.host import HostSite
from integration.widget.lab import Boards, Service
from support.browser import ROWS
from support.waiting import eventually

BINARY, DRIVER = "/usr/bin/firefox-esr", "/usr/local/bin/geckodriver"
BOARD = "document.querySelector('trending-hashtags').shadowRoot.querySelector('.board')"
# How many pixels have a colour.
DRAWN = """
    const canvas = document.querySelector("#history canvas");
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((byte, place) => place % 4 === 3 && byte > 0).length;
"""
FOLLOWS = """<style>
    body { background: #fff; color: #111 }
    .dark body { background: #101014; color: #eee }
</style>"""
END = "the end of the test"


class Visitor:
    """Firefox, and what has been said on the console of its pages."""

    def __init__(self, driver: Firefox) -> None:
        self.driver = driver
        self.said: list[str] = []
        for listen in (
            driver.script.add_console_message_handler,
            driver.script.add_javascript_error_handler,
        ):
            listen(lambda entry: self.said.append(f"{entry.level}: {entry.text}"))

    def js(self, script: str) -> Any:
        """Run a script on the page."""
        return self.driver.execute_script(script)

    def rows(self) -> list[tuple[str, str, int]]:
        """Key, tag and count of each row of the first board, as they are drawn."""
        rows = f"({ROWS})([...{BOARD}.querySelectorAll('li.row')])"
        return [tuple(row) for row in self.js(f"return {rows}")]

    def complaints(self) -> list[str]:
        """Errors and warnings so far. Messages come in order, and later than their causes."""
        self.js(f"console.log('{END}')")
        eventually(lambda: any(END in each for each in self.said))
        said, self.said[:] = [*self.said], []
        return [each for each in said if not each.startswith(("info", "debug"))]


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    options = FirefoxOptions()
    options.binary_location = BINARY
    options.add_argument("-headless")
    options.add_argument("--width=1280")
    options.add_argument("--height=900")
    options.enable_bidi = True
    log = tmp_path_factory.mktemp("firefox") / "log"
    with Firefox(options, FirefoxService(DRIVER, log_output=str(log))) as driver:
        yield Visitor(driver)


@pytest.fixture
def visitor(firefox: Visitor) -> Iterator[Visitor]:
    """Nothing may have gone wrong in the end."""
    firefox.driver.get("about:blank")
    firefox.said.clear()
    yield firefox
    assert firefox.complaints() == []


def is_ready(visitor: Visitor) -> bool:
    return bool(visitor.js(f"return {BOARD}.dataset.state") == "ready")


def test_what_is_said_on_the_console_is_noticed(firefox: Visitor, host: HostSite) -> None:
    script = "console.error('first'); setTimeout(() => { throw new Error('second') })"
    firefox.driver.get(host.page(f"<script>{script}</script>"))
    eventually(lambda: len(firefox.said) >= 2)
    first, second = firefox.complaints()
    assert "first" in first and "second" in second


def test_the_page_shows_a_board_and_draws_the_chart_of_what_is_chosen(
    visitor: Visitor, service: Service, boards: Boards
) -> None:
    boards.put_hashtag("firefox", "Firefox", {0: 3, 5: 7, 30: 2})
    driver = visitor.driver
    driver.get(f"{service.url}/?board=24h&tag=Firefox")
    eventually(lambda: is_ready(visitor))
    assert visitor.rows() == service.rows(board="24h")
    heading = driver.find_element(By.CSS_SELECTOR, "#history h2")
    eventually(lambda: driver.find_element(By.CSS_SELECTOR, "#history dd").text == "12")
    eventually(lambda: visitor.js(DRAWN) > 1000)

    week = driver.find_element(By.CSS_SELECTOR, "#history .spans [value='7d']")
    week.click()
    eventually(lambda: week.get_attribute("aria-pressed") == "true")
    assert "range=7d" in driver.current_url
    eventually(lambda: visitor.js(DRAWN) > 1000)

    shown = driver.find_element(By.CSS_SELECTOR, "#board trending-hashtags").shadow_root
    shown.find_elements(By.CSS_SELECTOR, "a.tag")[0].click()
    eventually(lambda: heading.text == "#tag1")
    eventually(lambda: "tag=tag1" in driver.current_url)
    driver.back()
    eventually(lambda: heading.text == "#Firefox")


def test_the_widget_shows_its_rows_elsewhere_and_follows_the_page(
    visitor: Visitor, service: Service, host: HostSite
) -> None:
    visitor.driver.get(host.page(service.element(board="24h", limit="5"), head=FOLLOWS))
    eventually(lambda: is_ready(visitor))
    assert visitor.rows() == service.rows(5, board="24h")
    scheme = f"return getComputedStyle({BOARD}).colorScheme"
    eventually(lambda: visitor.js(scheme) == "light")
    visitor.js("document.documentElement.classList.add('dark')")
    eventually(lambda: visitor.js(scheme) == "dark")
    visitor.js("document.documentElement.classList.remove('dark')")
    eventually(lambda: visitor.js(scheme) == "light")
