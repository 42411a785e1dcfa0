"""What the release workflow calls: the changes of a version, and its images."""

import os
import platform
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from support.stack import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
REGISTRY = "registry.example/trends"
DOCKER = """#!/bin/bash
case "$*" in
  "compose config --images") printf '%s\\n' "$IMAGES"/{web,spark,spark}:"$IMAGE_TAG" ;;
  *) echo "${IMAGE_TAG-} $*" >>"$FOLDER/log" ;;
esac
"""
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def run(
    script: str, *arguments: str, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    path = f"{folder}:{os.environ['PATH']}" if folder else os.environ["PATH"]
    return subprocess.run(
        [ROOT / "scripts" / script, *arguments],
        env={"PATH": path, "FOLDER": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    return tmp_path


def calls(folder: Path) -> list[str]:
    return (folder / "log").read_text().splitlines()


def test_the_changes_of_a_version_are_those_under_its_heading() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    section = re.split("^## .*$", text, flags=re.MULTILINE)[2]
    done = run("show-changes", VERSION)
    assert done.returncode == 0, done.stderr
    assert done.stdout == section.strip() + "\n"
    assert "### Added" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [((), "which version?"), (("9.9.9",), "CHANGELOG.md has nothing about version 9.9.9")],
)
def test_a_version_without_changes_is_refused(arguments: tuple[str, ...], complaint: str) -> None:
    done = run("show-changes", *arguments)
    assert done.returncode == 1
    assert complaint in done.stderr


def test_each_machine_pushes_images_for_its_architecture(folder: Path) -> None:
    done = run("publish-images", "push", folder=folder, IMAGES=REGISTRY)
    assert done.returncode == 0, done.stderr
    (call,) = calls(folder)
    files = "--file compose.yaml --file compose.monitoring.yaml"
    assert call.startswith(f"{VERSION}-{ARCHITECTURE} buildx bake {files} --push ")
    assert "--sbom=true" in call and "--provenance=mode=max" in call


def test_the_architectures_are_joined_to_one_image(folder: Path) -> None:
    done = run("publish-images", "join", folder=folder, IMAGES=REGISTRY)
    assert done.returncode == 0, done.stderr
    assert [call.strip() for call in calls(folder)] == [
        f"buildx imagetools create --tag {image}:{VERSION} --tag {image}:latest "
        f"{image}:{VERSION}-amd64 {image}:{VERSION}-arm64"
        for image in (f"{REGISTRY}/spark", f"{REGISTRY}/web")
    ]


@pytest.mark.parametrize(
    ("arguments", "environment", "complaint"),
    [
        (("push",), {}, "IMAGES has to name the registry"),
        ((), {"IMAGES": REGISTRY}, "push, or join?"),
        (("pull",), {"IMAGES": REGISTRY}, "push, or join?"),
    ],
)
def test_publishing_needs_to_know_what_and_where(
    folder: Path, arguments: tuple[str, ...], environment: dict[str, str], complaint: str
) -> None:
    done = run("publish-images", *arguments, folder=folder, **environment)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert not (folder / "log").exists()
