#!/usr/bin/env python3
"""Checks, without a network, that the locks fit what they were made from and each other."""

import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDERS = ("services/alerts", "services/ingest", "services/spark", "services/web", "tests")


def lines(path: Path) -> list[str]:
    """Return a requirements file's lines without comments and options."""
    bare = (line.partition("#")[0].strip(" \\") for line in path.read_text().splitlines())
    return [line for line in bare if line and not line.startswith("-")]


def lock(folder: str) -> dict[str, str]:
    """Return the version of each package of a folder's lock."""
    return dict(line.split("==") for line in lines(Path(folder, "requirements.txt")))


def problems() -> list[str]:
    """Return what is out of step, a sentence each."""
    found = []
    everything = lock("tests")
    for folder in FOLDERS:
        locked = lock(folder)
        for line in lines(Path(folder, "requirements.in")):
            wanted = Requirement(line)
            version = locked.get(canonicalize_name(wanted.name))
            if version is None or version not in wanted.specifier:
                found.append(f"{folder}: {line} is asked for, {version} is locked")
        found += [
            f"{folder}: {name} is {version}, in the tests' lock {everything.get(name)}"
            for name, version in locked.items()
            if everything.get(name) != version
        ]
    return found


if __name__ == "__main__":
    sys.exit("\n".join([*problems(), "Run make lock."]) if problems() else 0)
