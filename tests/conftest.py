"""What holds for all tests."""

import gc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# So that a failure shows what differs.
pytest.register_assert_rewrite("support.checks", "support.driver")

# Hardly anything is garbage before the first test: see pytest_collection_finish.
gc.disable()

# All tests of this folder need the test container; elsewhere a marker says which do.
COMPONENT = Path(__file__).parent / "component"

# A test that fails where the machine is slow tells of the machine.
settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# For the developer who waits (scripts/test-on-host); the test container tries all examples.
settings.register_profile("quick", settings.get_profile("any speed"), max_examples=20)
settings.load_profile("any speed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the folder, before pytest chooses by markers."""
    for item in items:
        if COMPONENT in item.path.parents:
            item.add_marker(pytest.mark.component)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays to the end: modules, and the tests."""
    gc.freeze()
    gc.enable()
