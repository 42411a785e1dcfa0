"""A browser, the web service in front of real HBase, and a web site that embeds its widget.

One service and one browser serve almost all tests, on boards that are put into HBase once; a test
opens a window of its own. Those that change a board change that of STATES["waiting"].
"""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from integration.widget.host import HostSite
from integration.widget.lab import Boards, Relay, Service, free_port, running
from integration.widget.states import publish
from integration.widget.visits import Visit
from support.browser import Observed, chromium
from support.waiting import SOON

USUAL: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC"}

expect.set_options(timeout=1000 * SOON)

HERE = Path(__file__).parent
# A folder of two runs of these tests, beside each other, that divide the modules among them.
SHARED = os.environ.get("SHARED_MODULES")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the largest modules first, so that both runs end at about the same time."""
    sizes = Counter(item.path for item in items)
    if SHARED:
        items.sort(key=lambda item: -sizes[item.path] if item.path.parent == HERE else -math.inf)


@cache
def claim(module: str, folder: str) -> bool:
    """Claim a module for this run; return False if the other run has claimed it before."""
    try:
        (Path(folder) / module).mkdir()
    except FileExistsError:
        return False
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Leave out the tests that the other run has claimed: pytest takes True for "it is done"."""
    is_here = item.path.parent == HERE
    return True if SHARED and is_here and not claim(item.path.stem, SHARED) else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def host() -> Iterator[HostSite]:
    """Somebody else's site."""
    with HostSite().open() as site:
        yield site


@pytest.fixture(scope="session")
def relay() -> Iterator[Relay]:
    """The service's way to HBase."""
    found = Relay()
    found.mend()
    yield found
    found.cut()


@pytest.fixture(scope="session")
def boards() -> Boards:
    """HBase with a board for each state."""
    found = Boards()
    publish(found)
    return found


@pytest.fixture(scope="session")
def service(
    boards: Boards, relay: Relay, host: HostSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The web service, which may be framed by one of the site's two names."""
    folder = tmp_path_factory.mktemp("service")
    settings = {"HBASE_THRIFT_PORT": relay.port, "EMBED_ALLOWED_ORIGINS": f"'self' {host.url}"}
    with running(Service(folder, **settings)) as found:
        yield found


@pytest.fixture(scope="session")
def boardless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A web service that has never seen HBase."""
    service = Service(tmp_path_factory.mktemp("boardless"), HBASE_THRIFT_PORT=free_port())
    with running(service, until="/healthz") as found:
        yield found


@pytest.fixture(scope="session")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody who has been here before, perhaps: what may be kept is kept."""
    with browser.new_context(**USUAL) as found:
        yield found


@pytest.fixture
def visit(browser: Browser, visitor: BrowserContext) -> Iterator[Visit]:
    """Opens addresses, each in a page of its own; nothing may have gone wrong in the end.

    `before` is called with the page before it is loaded. Options are Playwright's for a context;
    with them, or with `before`, it is a context of its own.
    """
    opened: list[Page | BrowserContext] = []
    visited: list[Observed] = []

    def visit(url: str, before: Callable[[Page], object] | None = None, **options: Any) -> Observed:
        context = visitor
        if options or before:
            context = browser.new_context(**USUAL | options)
            opened.append(context)
        page = context.new_page()
        opened.insert(0, page)
        observed = Observed(page)
        visited.append(observed)
        if before is not None:
            before(page)
        page.goto(url)
        return observed

    yield visit
    for each in opened:
        each.close()
    assert [error for observed in visited for error in observed.errors] == []
