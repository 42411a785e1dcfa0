"""scripts/import: what it refuses before it touches anything."""

import gzip
import os
from pathlib import Path

import pytest

from support.refusal import refusal

# On a developer's machine there may be an engine, and a stack.
pytestmark = pytest.mark.component


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
