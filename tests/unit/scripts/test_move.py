"""scripts/export and scripts/import: what they refuse before they touch anything."""

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from support.stack import ROOT

# On a developer's machine there may be an engine, and a stack.
pytestmark = pytest.mark.component


def refusal(script: str, *arguments: str | Path) -> str:
    """What a script says when it fails; no engine can be reached, so it can change nothing."""
    done = subprocess.run(
        [ROOT / "scripts" / script, *arguments],
        env=os.environ | {"DOCKER_HOST": "unix:///nowhere", "YES": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


def test_an_export_overwrites_nothing(tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl.gz"
    file.write_text("precious")
    assert "exists already; nothing was done" in refusal("export", file)
    assert file.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [file]


def test_an_export_has_to_be_named() -> None:
    assert "name the export: make import FILE=" in refusal("import")


@pytest.mark.parametrize("damage", ["cut off", "empty", "missing", "not compressed"])
def test_a_damaged_export_is_not_imported(tmp_path: Path, damage: str) -> None:
    file, content = tmp_path / "export.jsonl.gz", gzip.compress(os.urandom(10_000))
    if damage != "missing":
        wrong = {"cut off": content[:-100], "empty": b"", "not compressed": b"{}\n"}
        file.write_bytes(wrong[damage])
    assert "cannot be read, or is damaged; nothing was changed" in refusal("import", file)


def test_a_whole_export_is_taken(tmp_path: Path) -> None:
    """The next thing that an import needs is the engine."""
    file = tmp_path / "export.jsonl.gz"
    file.write_bytes(gzip.compress(b"{}\n"))
    assert "no Docker engine answers" in refusal("import", file)
