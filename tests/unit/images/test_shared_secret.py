"""The secret shared by Spark's processes: the first to ask creates it, and all get the same."""

import base64
import subprocess
from pathlib import Path

import pytest

# Each test runs the script.
pytestmark = pytest.mark.component

SCRIPT = Path(__file__).parents[3] / "services/spark/shared-secret"


def ask(folder: Path, times: int) -> list[str]:
    """Run the script several times at once; return what each run printed."""
    asking = [
        subprocess.Popen([SCRIPT, folder], stdout=subprocess.PIPE, text=True) for _ in range(times)
    ]
    told = [each.communicate(timeout=60)[0] for each in asking]
    assert {each.returncode for each in asking} == {0}
    return told


@pytest.mark.parametrize("attempt", range(5))
def test_all_who_ask_at_once_are_told_the_same(tmp_path: Path, attempt: int) -> None:
    told = set(ask(tmp_path, 20))
    assert len(told) == 1
    assert len(base64.b64decode(told.pop(), validate=True)) == 32
    assert [file.name for file in tmp_path.iterdir()] == ["spark"]


def test_it_stays_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    assert ask(tmp_path, 1) == ask(tmp_path, 1)
    assert (tmp_path / "spark").stat().st_mode & 0o777 == 0o600


def test_each_stack_has_another(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    first, second = (ask(folder, 1) for folder in folders)
    assert first != second


def test_what_a_killed_one_left_behind_is_not_taken_for_the_secret(tmp_path: Path) -> None:
    (tmp_path / "new.000000").write_text("half")
    assert ask(tmp_path, 1) != ["half"]
    assert ask(tmp_path, 2) == [(tmp_path / "spark").read_text()] * 2


def test_without_a_place_to_keep_it_there_is_none(tmp_path: Path) -> None:
    """An empty secret would be one that anybody knows."""
    done = subprocess.run([SCRIPT, tmp_path / "missing"], capture_output=True, check=False)
    assert done.returncode != 0
    assert done.stdout == b""
