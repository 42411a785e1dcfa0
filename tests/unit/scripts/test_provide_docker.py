"""scripts/provide-docker says what it will install, and asks first where somebody can answer."""

import os
import subprocess
from pathlib import Path

import pytest

from support.stack import ROOT

# On a developer's machine `sudo` would find the real apt-get.
pytestmark = pytest.mark.component

# An engine that does not answer, and an apt-get that logs its calls and installs nothing.
PROGRAMS = {
    "docker": "#!/bin/sh\nexit 1\n",
    "apt-get": '#!/bin/sh\necho "$*" >>"$FOLDER/log"\nexit 1\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in PROGRAMS.items():
        program = tmp_path / name
        program.write_text(text)
        program.chmod(0o755)
    return tmp_path


def run(folder: Path, answer: str | None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script with what is typed at its terminal; with None there is no terminal."""
    terminal, stdin = os.openpty()
    try:
        os.write(terminal, (answer or "").encode())
        return subprocess.run(
            [ROOT / "scripts/provide-docker"],
            env={"PATH": f"{folder}:{os.environ['PATH']}", "FOLDER": str(folder), **environment},
            stdin=subprocess.DEVNULL if answer is None else stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(terminal)
        os.close(stdin)


def installs(folder: Path) -> bool:
    return (folder / "log").exists()


@pytest.mark.parametrize("answer", ["n\n", "\n", "yes please\n"])
def test_nothing_is_installed_without_a_yes(folder: Path, answer: str) -> None:
    done = run(folder, answer)
    assert done.returncode == 1
    assert "this machine lacks: " in done.stdout
    assert "its Compose plugin, its Buildx plugin" in done.stdout
    assert "from Debian's packages, with apt-get as root" in done.stdout
    assert "Install it? [y/N]" in done.stderr
    assert "nothing was installed; please install and start Docker Engine" in done.stderr
    assert not installs(folder)


@pytest.mark.parametrize("answer", ["y\n", "Y\n"])
def test_with_a_yes_it_is(folder: Path, answer: str) -> None:
    run(folder, answer)
    assert installs(folder)


@pytest.mark.parametrize(("answer", "environment"), [(None, {}), ("", {"YES": "1"})])
def test_who_cannot_be_asked_is_told(
    folder: Path, answer: str | None, environment: dict[str, str]
) -> None:
    """Without a terminal, or with the answer given beforehand."""
    done = run(folder, answer, **environment)
    assert "this machine lacks: " in done.stdout
    assert "[y/N]" not in done.stderr
    assert installs(folder)
