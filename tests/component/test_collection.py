"""The quick tests can be imported in `.venv`, which has less than the test container."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Imports of the packages named by the first argument fail, as they do where those are missing.
PROGRAM = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[1].split()))
import pytest
sys.exit(pytest.main(["--collect-only", "--quiet", "tests/unit", "tests/contract"]))
"""


def left_out() -> list[str]:
    """The packages that scripts/provide-venv does not install."""
    found = re.search(r"^LEFT_OUT='([^']*)'$", (ROOT / "scripts/provide-venv").read_text(), re.M)
    assert found
    return found[1].split()


def test_what_is_left_out_is_in_the_lock() -> None:
    lock = (ROOT / "tests/requirements.txt").read_text()
    assert set(left_out()) <= set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))


def test_the_quick_tests_do_without_it() -> None:
    modules = " ".join(left_out()).replace("-", "_")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, modules],
        cwd=ROOT,
        # Schemathesis and Trio, which are left out, are plugins too.
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HYPOTHESIS_NO_PLUGINS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
