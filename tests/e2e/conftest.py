"""One stack at a time; tests that can share one run after each other."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from support import browser
from support.stack import Stack, run

# Any module can be run alone. In this order few of them start a new stack, which takes a minute or
# two: the first eleven share one. `timelines` leaves it with data that only `secrets` can use.
ORDER = (
    "demo",
    "security",
    "versions",
    "page",
    "documents",
    "alerts",
    "monitoring",
    "order",
    "faults",
    "standby",
    "timelines",
    "secrets",
    "replay",
    "trending",
    "lifecycle",
    "watch",
    "own_engines",
    "cluster",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the modules by the stack they need."""
    folder = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        is_ours = item.path.parent == folder
        return ORDER.index(item.path.stem.removeprefix("test_")) if is_ours else -1

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the containers and the ends of their logs with a failure."""
    result = yield
    stack = getattr(item, "funcargs", {}).get("any_stack")
    if result.failed and isinstance(stack, Stack):
        states = stack.compose("ps", "--all", check=False)
        logs = stack.compose("logs", "--no-color", "--tail", "15", check=False)
        result.sections.append(("containers", f"{states}\n{logs}"))
    return result


@pytest.fixture(scope="session")
def any_stack() -> Iterator[Stack]:
    """The stack of all tests, in whatever state the last one has left it."""
    project = os.environ.get("COMPOSE_PROJECT_NAME", "tweet-trends-e2e")
    stack = Stack(project, int(os.environ.get("WEB_PORT", "18080")))
    stack.down()
    yield stack
    stack.configure()
    stack.down()


@pytest.fixture(scope="module")
def demo_stack(any_stack: Stack) -> Stack:
    """A stack on demo data, perhaps started by an earlier module but restored to its defaults."""
    return any_stack.on_demo_data()


@pytest.fixture
def stack(demo_stack: Stack) -> Stack:
    """The module's stack, as its last test has left it."""
    return demo_stack


@pytest.fixture
def no_stack(any_stack: Stack) -> Stack:
    """Nothing runs yet, and nothing is kept."""
    any_stack.down()
    any_stack.configure()
    return any_stack


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with browser.chromium() as found:
        yield found


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """Say at once what is missing when no engine answers."""
    run(["docker", "version"])
