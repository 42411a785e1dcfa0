"""The alert rules fire when they should, and only then: promtool runs the files of this folder."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.component

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.yml"))
RULES = sorted((HERE.parents[2] / "monitoring/rules").glob("*.yml"))


def promtool(file: Path) -> subprocess.CompletedProcess[str]:
    command = ["promtool", "test", "rules", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_each_file_of_rules_has_cases() -> None:
    assert [case.name for case in CASES] == [rules.name for rules in RULES] != []


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should(case: Path) -> None:
    done = promtool(case)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_expectation_fails(tmp_path: Path) -> None:
    """Otherwise none of the cases would mean anything."""
    case = (HERE / "disks.yml").read_text(encoding="utf-8")
    case = case.replace("../../../monitoring/rules", str(RULES[0].parent))
    file = tmp_path / "disks.yml"
    file.write_text(case)
    assert promtool(file).returncode == 0
    file.write_text(case.replace("9% left", "8% left"))
    assert promtool(file).returncode == 1
