"""Runs a script of the users where it can change nothing."""

import os
import subprocess
from pathlib import Path

from support.stack import ROOT


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
