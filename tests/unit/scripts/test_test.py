"""scripts/test says what it cannot run, before it builds or starts anything."""

import os
import subprocess

import pytest

from support.stack import ROOT


@pytest.mark.parametrize(
    ("stage", "file", "said"),
    [
        ("units", "", "there is no stage units; the stages are: static unit"),
        ("", "tests/unit/test_none.py", "there is no tests/unit/test_none.py"),
        ("", "tests/unit/test_none.py::test_x", "there is no tests/unit/test_none.py"),
        ("", "scripts/test", "it must be a path below tests/unit"),
        ("", "./tests/conftest.py", "it must be a path below tests/unit"),
    ],
)
def test_what_does_not_exist_is_named(stage: str, file: str, said: str) -> None:
    done = subprocess.run(
        [ROOT / "scripts/test", stage],
        env={"PATH": os.environ["PATH"], "FILE": file},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""
