"""scripts/connect puts what the dialogue wrote in place, and only if it succeeded."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.dialogue import AtTerminal
from support.stack import ROOT

# Each test runs the script.
pytestmark = pytest.mark.component

# A `docker` that works, and logs its calls. In place of the dialogue it runs $DIALOGUE in the
# folder that the container would have at /connect.
DOCKER = """#!/bin/bash
echo "$*" >>"$FOLDER/log"
case "$*" in
  info*) echo "$SECURITY" ;;
  "compose --progress quiet run"*)
    while [ "$1" != --volume ]; do shift; done
    cd "${2%:/connect}" && eval "$DIALOGUE" ;;
esac
"""
SETTINGS = "# Mine\nBLUESKY_HANDLE=\nWEB_PORT=8081\n"
CONNECTED = "# Mine\nBLUESKY_HANDLE=you.example\nWEB_PORT=8081\n"
SUCCESS = 'sed -i "s/^BLUESKY_HANDLE=.*/BLUESKY_HANDLE=you.example/" env'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the scripts, in which `up` only logs that it was called."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copy(ROOT / ".env.example", folder)
    (folder / "scripts/up").write_text('#!/bin/sh\necho up >>"$FOLDER/log"\n')
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    return folder


@pytest.fixture
def settings(project: Path) -> Path:
    path = project / ".env"
    path.write_text(SETTINGS)
    path.chmod(0o644)
    return path


def environment(project: Path, dialogue: str, security: str = "[name=seccomp]") -> dict[str, str]:
    path = f"{project.parent / 'bin'}:{os.environ['PATH']}"
    folder = {"FOLDER": str(project.parent), "HOME": str(project.parent)}
    return {"PATH": path, "DIALOGUE": dialogue, "SECURITY": security} | folder


def run(project: Path, dialogue: str, security: str = "[name=seccomp]") -> tuple[int, str]:
    """Run the script at a terminal; return its status and what it printed."""
    command = [str(project / "scripts/connect")]
    session = AtTerminal(command, project, environment(project, dialogue, security))
    try:
        return session.finish(), session.text
    finally:
        session.close()


def log(project: Path) -> list[str]:
    return (project.parent / "log").read_text().splitlines()


def left_over(project: Path) -> Iterator[Path]:
    return project.glob(".connect.*")


def test_what_was_written_takes_the_place_of_the_file(project: Path, settings: Path) -> None:
    status, text = run(project, SUCCESS)
    assert status == 0, text
    assert settings.read_text() == CONNECTED
    assert settings.stat().st_mode & 0o777 == 0o600
    assert "The credentials are saved in .env." in text
    assert log(project)[-1] == "up"
    assert not list(left_over(project))


def test_it_runs_in_the_image_of_ingest_as_whoever_called_it(project: Path, settings: Path) -> None:
    run(project, SUCCESS)
    calls = log(project)
    (command,) = [call for call in calls if " run " in call]
    assert command.startswith("compose --progress quiet run --rm --no-deps --user ")
    assert f"--user {os.getuid()}:{os.getgid()} " in command
    assert command.endswith(":/connect ingest python -m ingest.connect /connect")
    assert "compose build ingest --quiet" in calls[: calls.index(command)]


def test_in_rootless_docker_that_is_root(project: Path, settings: Path) -> None:
    run(project, SUCCESS, "[name=seccomp name=rootless]")
    assert any("--user 0:0 " in call for call in log(project))


@pytest.mark.parametrize("status", [1, 130])
def test_a_dialogue_that_was_stopped_changes_nothing(
    status: int, project: Path, settings: Path
) -> None:
    assert run(project, f"{SUCCESS}; exit {status}")[0] == status
    assert settings.read_text() == SETTINGS
    assert settings.stat().st_mode & 0o777 == 0o644
    assert "up" not in log(project)
    assert not list(left_over(project))


def test_without_a_file_the_example_is_the_beginning(project: Path) -> None:
    assert run(project, SUCCESS)[0] == 0
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    expected = example.replace("\nBLUESKY_HANDLE=\n", "\nBLUESKY_HANDLE=you.example\n")
    assert (project / ".env").read_text(encoding="utf-8") == expected
    assert (project / ".env").stat().st_mode & 0o777 == 0o600


def test_secrets_are_readable_but_their_folder_is_not(project: Path, settings: Path) -> None:
    write = "mkdir secrets; echo -n new >secrets/ACCESS_TOKEN; chmod 600 secrets/ACCESS_TOKEN"
    (project / "secrets").mkdir()
    (project / "secrets/ACCESS_TOKEN").write_text("old")
    (project / "secrets/ACCESS_TOKEN").chmod(0o444)
    (project / "secrets/ALERT_URLS").write_text("kept")
    assert run(project, f"{SUCCESS}; {write}")[0] == 0
    secret = project / "secrets/ACCESS_TOKEN"
    assert secret.read_text() == "new"
    assert secret.stat().st_mode & 0o777 == 0o444
    assert secret.parent.stat().st_mode & 0o777 == 0o700
    assert (project / "secrets/ALERT_URLS").read_text() == "kept"
    # A container keeps the files that it started with.
    assert log(project)[-2:] == ["compose stop ingest", "up"]


def test_a_file_that_changed_meanwhile_is_left_alone(project: Path, settings: Path) -> None:
    status, text = run(project, f"{SUCCESS}; echo WEB_PORT=1 >>../.env")
    assert status == 1
    assert "see .env.new, which has the credentials" in text
    assert settings.read_text() == f"{SETTINGS}WEB_PORT=1\n"
    new = project / ".env.new"
    assert new.read_text() == CONNECTED
    assert new.stat().st_mode & 0o777 == 0o600
    assert "up" not in log(project)


def test_a_link_stays_a_link(project: Path, settings: Path, tmp_path: Path) -> None:
    settings.rename(tmp_path / "mine")
    settings.symlink_to(tmp_path / "mine")
    assert run(project, SUCCESS)[0] == 0
    assert settings.is_symlink()
    assert (tmp_path / "mine").read_text() == CONNECTED


def test_without_a_terminal_it_says_so(project: Path, settings: Path) -> None:
    done = subprocess.run(
        [project / "scripts/connect"],
        env=environment(project, SUCCESS),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "please run it in a terminal" in done.stderr
    assert settings.read_text() == SETTINGS
    assert not (project.parent / "log").exists()
