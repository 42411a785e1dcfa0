"""How the tests visit a page."""

from collections.abc import Callable

from playwright.sync_api import Page

from support.browser import Observed
from support.waiting import eventually

Visit = Callable[..., Observed]
"""Opens an address in a page of its own; see the fixture `visit`."""


def hurry(page: Page, until: Callable[[], bool]) -> None:
    """Let time fly on a page whose clock is installed, until something holds.

    It passes 3 seconds at a time: the widget asks anew each time when it is told to every 2.
    """

    def later() -> bool:
        page.clock.fast_forward(3_000)
        return until()

    eventually(later)
