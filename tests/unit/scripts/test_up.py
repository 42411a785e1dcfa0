"""scripts/up builds the images, or pulls them where IMAGES names a registry."""

import os
import subprocess
from pathlib import Path

from e2e.stack import ROOT

# An engine on which everything is there and healthy, and which logs what is asked of it.
DOCKER = """#!/bin/bash
echo "${IMAGE_PULL-} $*" >>"$FOLDER/log"
case "$*" in
  "compose pull"*) exit "${PULL_STATUS-0}" ;;
  "compose port"*) echo 127.0.0.1:8080 ;;
esac
"""


def up(folder: Path, **environment: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    docker = folder / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run(
        [ROOT / "scripts/up"],
        env={"PATH": path, "FOLDER": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, (folder / "log").read_text().splitlines()


def called(calls: list[str], start: str) -> list[str]:
    return [call.strip() for call in calls if call.strip().startswith(start)]


def test_by_default_everything_is_built(tmp_path: Path) -> None:
    done, calls = up(tmp_path)
    assert done.returncode == 0, done.stderr
    assert called(calls, "image inspect")
    assert "--build" in called(calls, "compose up")[0]
    assert not [call for call in calls if "compose pull" in call]


def test_released_images_are_pulled_and_nothing_is_built(tmp_path: Path) -> None:
    done, calls = up(tmp_path, IMAGES="registry.example/trends")
    assert done.returncode == 0, done.stderr
    # Those of Spark and HBase too, which are otherwise never pulled.
    assert called(calls, "missing compose pull")
    assert "--no-build" in called(calls, "compose up")[0]
    assert not called(calls, "image inspect")


def test_images_that_are_not_there_are_named(tmp_path: Path) -> None:
    done, calls = up(tmp_path, IMAGES="registry.example/trends", PULL_STATUS="1")
    assert done.returncode == 1
    assert "registry.example/trends has no such images: see IMAGES and IMAGE_TAG" in done.stderr
    assert not called(calls, "compose up")
