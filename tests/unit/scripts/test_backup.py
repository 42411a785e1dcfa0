"""What the scripts for backups refuse, before they touch the stack."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from e2e.stack import ROOT

VOLUMES = ("kafka-data", "hbase-data", "checkpoint")


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


def archive(path: Path, folders: tuple[str, ...]) -> Path:
    """Write a backup with a file in each folder."""
    content = os.urandom(10_000)
    with tarfile.open(path, "w:gz") as file:
        for name in folders:
            folder = tarfile.TarInfo(f"./{name}")
            folder.type = tarfile.DIRTYPE
            file.addfile(folder)
            member = tarfile.TarInfo(f"./{name}/file")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    file.write_text("precious")
    assert "already; nothing was done" in refusal("backup", file)
    assert file.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [file]


def test_a_whole_backup_is_taken(tmp_path: Path) -> None:
    """The next thing that a restore needs is the engine."""
    file = archive(tmp_path / "backup.tar.gz", VOLUMES)
    assert "no Docker engine answers" in refusal("restore", file)


@pytest.mark.parametrize("missing", ["kafka-data", "hbase-data"])
def test_what_is_no_backup_is_not_restored(tmp_path: Path, missing: str) -> None:
    others = tuple(name for name in VOLUMES if name != missing)
    file = archive(tmp_path / "other.tar.gz", others)
    assert f"it has no {missing}; nothing was changed" in refusal("restore", file)


@pytest.mark.parametrize("damage", ["cut off", "a flipped bit", "empty", "missing"])
def test_a_damaged_backup_is_not_restored(tmp_path: Path, damage: str) -> None:
    file = archive(tmp_path / "backup.tar.gz", VOLUMES)
    content = bytearray(file.read_bytes())
    # In the middle of what cannot be compressed: the names in the archive stay as they are.
    content[len(content) // 2] ^= 1
    if damage == "missing":
        file.unlink()
    elif damage == "empty":
        file.write_bytes(b"")
    else:
        file.write_bytes(content if damage == "a flipped bit" else content[: len(content) // 2])
    assert "is damaged or no backup; nothing was changed" in refusal("restore", file)


def test_a_restore_asks_which(tmp_path: Path) -> None:
    assert "which one?" in refusal("restore")
    assert "which one?" in refusal("restore", "")
