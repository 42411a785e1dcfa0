"""scripts/evaluate hands a stream to the image of Spark that the stack uses."""

import os
import subprocess
from pathlib import Path

import pytest

from support.stack import ROOT


def evaluate(folder: Path, *arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    docker = folder / "docker"
    docker.write_text('#!/bin/sh\necho "$*"; cat\n')
    docker.chmod(0o755)
    return subprocess.run(
        [ROOT / "scripts/evaluate", *arguments],
        env={"PATH": f"{folder}:{os.environ['PATH']}", **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "image"),
    [
        ({}, "tweet-trends/spark:latest"),
        (
            {"IMAGES": "registry.example/trends", "IMAGE_TAG": "0.1.0"},
            "registry.example/trends/spark:0.1.0",
        ),
    ],
)
def test_the_stream_goes_to_the_image(
    tmp_path: Path, environment: dict[str, str], image: str
) -> None:
    stream = tmp_path / "stream.jsonl"
    stream.write_text("a post\n")
    done = evaluate(tmp_path, stream, "--text", **environment)
    options = "run --rm --interactive --network none"
    assert done.stdout == f"{options} {image} evaluate - --text\na post\n"


@pytest.mark.parametrize("arguments", [(), ("",)])
def test_without_a_stream_it_asks_which(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = evaluate(tmp_path, *arguments)
    assert done.returncode == 1
    assert "which stream? make evaluate FILE=stream.jsonl" in done.stderr


def test_a_stream_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = evaluate(tmp_path, tmp_path / "none.jsonl")
    assert done.returncode == 1
    assert "none.jsonl cannot be read" in done.stderr
