"""The scripts for backups: what they refuse before they touch the stack, and what they restore."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from support.refusal import refusal
from support.stack import ROOT

# On a developer's machine there may be an engine, and rights to install one.
pytestmark = pytest.mark.component
VOLUMES = ("kafka-data", "hbase-data")
# A `docker` that knows the volumes of $FOLDER and logs its calls; `run` runs the command here.
DOCKER = """#!/bin/bash
echo "$*" >>"$FOLDER/log"
case "$*" in
  "compose config") echo "name: project" ;;
  "volume ls"*) for name in "$FOLDER"/volumes/*; do echo "project_${name##*/} ${name##*/}"; done ;;
  run*)
    while [ "$1" != tar ]; do shift; done
    exec "${@/#\\/volumes/$FOLDER\\/volumes}" ;;
esac
"""


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


@pytest.mark.parametrize("script", ["backup", "export"])
def test_no_file_is_overwritten(tmp_path: Path, script: str) -> None:
    file = tmp_path / "backup.tar.gz"
    file.write_text("precious")
    assert "exists already; nothing was done" in refusal(script, file)
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
    assert "is damaged, or is not a backup; nothing was changed" in refusal("restore", file)


def test_a_restore_asks_which(tmp_path: Path) -> None:
    assert "name the backup" in refusal("restore")
    assert "name the backup" in refusal("restore", "")


def restore(folder: Path, file: Path, volumes: tuple[str, ...]) -> list[str]:
    """Restore a backup into the volumes of an engine that is not one; the engine's calls."""
    docker = folder / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    for name in volumes:
        (folder / "volumes" / name).mkdir(parents=True)
    path = f"{docker.parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "FOLDER": str(folder), "YES": "1"}
    subprocess.run([ROOT / "scripts" / "restore", file], env=environment, check=True)
    return (folder / "log").read_text().splitlines()


@pytest.mark.parametrize("former", ["checkpoint", "kafka-data-of-old"])
def test_volumes_that_no_longer_exist_are_not_restored(tmp_path: Path, former: str) -> None:
    """As in a backup of the version before."""
    file = archive(tmp_path / "backup.tar.gz", (former, *VOLUMES))
    restore(tmp_path, file, (*VOLUMES, "new-data"))
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("volumes/*/*")}
    assert found == {f"volumes/{name}/file" for name in VOLUMES}


def test_prometheus_data_is_in_no_backup(tmp_path: Path) -> None:
    """Prometheus may be writing while the backup is read."""
    file = archive(tmp_path / "backup.tar.gz", VOLUMES)
    calls = restore(tmp_path, file, (*VOLUMES, "prometheus-data"))
    (mounts,) = (call for call in calls if call.startswith("run "))
    assert ":/volumes/kafka-data:" in mounts and "prometheus-data" not in mounts
    assert any("volume rm" in call and "prometheus-data" in call for call in calls)


def test_a_restore_removes_all_volumes_before(tmp_path: Path) -> None:
    """Those that only an earlier version had as well, which Compose does not know."""
    file = archive(tmp_path / "backup.tar.gz", VOLUMES)
    calls = restore(tmp_path, file, (*VOLUMES, "checkpoint"))
    removed = calls.index("volume rm project_checkpoint project_hbase-data project_kafka-data")
    assert "compose --profile bundled down --remove-orphans --volumes" in calls[:removed]
    assert "compose --progress quiet create" in calls[removed:]


@pytest.mark.parametrize("engine", ["kafka", "hbase"])
def test_neither_is_done_with_an_own_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setenv("COMPOSE_FILE", f"compose.yaml:compose.own-{engine}.yaml")
    file = archive(tmp_path / "backup.tar.gz", VOLUMES)
    assert "where no backup can be restored; nothing was changed" in refusal("restore", file)
