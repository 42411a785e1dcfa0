"""scripts/up and others build images, or pull them where IMAGES names a registry."""

import os
import subprocess
from pathlib import Path

import pytest

from support.stack import ROOT

# An engine on which everything is there and healthy, and which logs what is asked of it.
DOCKER = """#!/bin/bash
echo "${IMAGE_PULL-} $*" >>"$FOLDER/log"
case "$*" in
  "compose pull"*) exit "${PULL_STATUS-0}" ;;
  "compose port"*) echo 127.0.0.1:8080 ;;
esac
"""


def up(folder: Path, **environment: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    return run("up", folder, **environment)


def run(
    script: str, folder: Path, *arguments: str, **environment: str
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    docker = folder / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run(
        [ROOT / "scripts" / script, *arguments],
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


@pytest.mark.parametrize(
    ("script", "arguments", "service"),
    [("send-test-alert", [], "alerts"), ("provide-images", ["ingest"], "ingest")],
)
def test_one_service_needs_one_image(
    tmp_path: Path, script: str, arguments: list[str], service: str
) -> None:
    built, calls = run(script, tmp_path, *arguments)
    assert built.returncode == 0, built.stderr
    assert called(calls, f"compose build {service} --quiet")
    (tmp_path / "log").unlink()
    pulled, calls = run(script, tmp_path, *arguments, IMAGES="registry.example/trends")
    assert pulled.returncode == 0, pulled.stderr
    assert called(calls, "missing compose pull")[0].endswith(f" {service}")
    assert not called(calls, "compose build")
