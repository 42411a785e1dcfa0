"""Debian's Chromium, driven by Playwright, and what goes wrong on a page."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright

CHROMIUM = "/usr/bin/chromium"
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

ROWS = """rows => rows.map(row => [
    row.dataset.key, row.querySelector(".tag bdi").textContent,
    Number(row.querySelector("data.count").value)])"""

# What Chromium itself says of a request that found no server, no answer, or no board yet.
_EXPECTED = ("net::ERR_", "the server responded with a status of 503")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        yield browser
        browser.close()


class Observed:
    """A page, what it asked for, and what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.requests: list[Request] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"page: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self.requests.append(request))

    def _console(self, message: ConsoleMessage) -> None:
        # The widget's own words on a wrong setting are for the tests to judge.
        if message.text.startswith(("trending-hashtags: ", "hashtag-history: ")):
            self.warnings.append(message.text)
            return
        is_network = message.text.startswith("Failed to load resource: ")
        if is_network and any(each in message.text for each in _EXPECTED):
            return
        if message.type in ("error", "warning"):
            self.errors.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def rows(self) -> list[tuple[str, str, int]]:
        """Key, tag and count of each row of the first board, as they are drawn."""
        board = self.page.locator(".board").first
        return [tuple(row) for row in board.locator("li.row").evaluate_all(ROWS)]
