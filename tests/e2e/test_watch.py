"""`make watch`, as far as one service: an edit is in a new container within seconds."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.stack import PASSED_ON, ROOT, run
from support.waiting import eventually

FILES = ("compose.yaml", "compose.watch.yaml", "services/web")


class Copy:
    """A copy of the repository that may be edited; its images have a tag of their own."""

    def __init__(self, folder: Path, project: str, port: str) -> None:
        self.folder, self.project = folder, project
        self.environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.environment |= {"COMPOSE_ENV_FILES": "/dev/null", "WEB_PORT": port}
        self.environment["IMAGE_TAG"] = project
        for name in FILES:
            source, to = ROOT / name, folder / name
            if source.is_dir():
                shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, to)

    def command(self, *arguments: str) -> list[str]:
        files = [str(self.folder / name) for name in FILES[:2]]
        options = ["--project-name", self.project, "--file", files[0], "--file", files[1]]
        return ["docker", "compose", *options, *arguments]

    def compose(self, *arguments: str) -> str:
        return run(self.command(*arguments), self.environment)

    def code(self) -> str:
        """What the running container has."""
        return self.compose("exec", "--no-TTY", "web", "cat", "/app/web/__init__.py")


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    project = f"{os.environ.get('COMPOSE_PROJECT_NAME', 'tweet-trends-e2e')}-watch"
    copy = Copy(tmp_path, project, str(int(os.environ.get("WEB_PORT", "18080")) + 50))
    yield copy
    copy.compose("down", "--volumes", "--timeout", "2", "--rmi", "all")


def test_an_edit_is_in_a_new_container(copy: Copy) -> None:
    copy.compose("up", "--detach", "--build", "--no-deps", "web")
    watch = subprocess.Popen(
        copy.command("watch", "--no-up", "web"),
        env=copy.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert watch.stdout
        # An edit before this is not seen.
        assert "Watch enabled" in watch.stdout.readline()
        edited = copy.folder / "services/web/web/__init__.py"
        edited.write_text(f"{edited.read_text()}\n# edited\n")
        eventually(lambda: "# edited" in copy.code())
    finally:
        watch.send_signal(signal.SIGINT)
        watch.communicate(timeout=30)
