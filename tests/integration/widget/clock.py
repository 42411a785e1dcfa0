"""A page by a clock that the test moves, and the requests that it makes."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

Answer = dict[str, Any]

# Notes each request, and gives it `answer` unless that is null. What is made up has no body that
# takes time to be read: the clock of a test does not wait for that.
NOTED = """
window.calls = [];
window.answer = null;
const real = window.fetch;
window.fetch = async (url, options = {}) => {
  calls.push({at: Date.now() / 1000, url: String(url), headers: options.headers ?? null});
  if (!answer) return real(url, options);
  if (answer.unreachable) throw new TypeError("Failed to fetch");
  const {status = 200, headers = {}, body} = answer;
  const json = async () => { if (body) return body; throw new SyntaxError("no JSON"); };
  return {ok: status < 300, status, headers: new Headers(headers), json};
};
"""
UNREACHABLE: Answer = {"unreachable": True}
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
    Object.defineProperty(document, "visibilityState",
        {configurable: true, get: () => hidden ? "hidden" : "visible"});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def noted(answer: Answer | None) -> Callable[[Page], None]:
    """Before a page is loaded: have its requests noted, and answered, by a clock of the test's."""

    def prepare(page: Page) -> None:
        page.clock.install()
        page.add_init_script(f"{NOTED} window.answer = {json.dumps(answer)}")

    return prepare


class Timed:
    """A page whose clock stands still but for what the test lets pass."""

    def __init__(self, page: Page) -> None:
        self.page = page
        # A moment later than the page was opened, or it would have to go back.
        page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))

    def answer(self, answer: Answer) -> None:
        """What requests get from now on."""
        self.page.evaluate("answer => void (window.answer = answer)", answer)

    def let_pass(self, seconds: float) -> list[float]:
        """The times, from now on, of the requests of so many seconds."""
        now, before = self.page.evaluate("[Date.now() / 1000, calls.length]")
        self.page.clock.run_for(int(seconds * 1000))
        calls: list[Any] = self.page.evaluate("calls")
        return [call["at"] - now for call in calls[before:]]


def gaps(times: list[float]) -> list[float]:
    """The seconds between one and the next."""
    return [after - before for before, after in pairwise(times)]
