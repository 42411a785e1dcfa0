"""An installation's life, by the commands of docs/operations.md and by no others.

It starts as the version before this one, is upgraded, saved, put back, removed, and put back once
more where nothing is left. `UPGRADE_FROM` names another revision to start from.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.checks import Visitor, assert_exact, demo_numbers, report
from support.oracle import Oracle
from support.stack import PASSED_ON, ROOT, Json, Stack, run, service_of
from support.waiting import eventually

PREVIOUS = os.environ.get("UPGRADE_FROM") or "HEAD~1"
USUAL_BASE = "debian:bookworm-slim"
BASE_IMAGE = os.environ.get("BASE_IMAGE") or USUAL_BASE
FIRST, MORE, AGAIN = 1000, 400, 100
NOT_IN_A_CLONE = (".git", ".env", ".*_cache", ".hypothesis", ".venv", "__pycache__", "backups")
PUBLISHER = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")


def documented(section: str) -> list[str]:
    """The commands of a section of the manual."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    body = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    commands = "".join(re.findall(r"^```sh\n(.*?)^```", body, re.MULTILINE | re.DOTALL))
    assert 1 <= len(commands.splitlines()) <= 5
    return commands.splitlines()


class Installation:
    """A clone of the repository whose stack, images and base image have names of their own."""

    def __init__(self, folder: Path, stack: Stack) -> None:
        self.project = stack.project
        self.tweets = FIRST
        self._url = stack.url
        self._folder = folder
        self._clone = folder / "clone"
        self._published = folder / "published.git"
        run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", str(self._published)])

    @property
    def stack(self) -> Stack:
        """Its stack as one who has not seen it before: a topic may be an older one again."""
        return Stack(self.project, int(self._url.rpartition(":")[2]))

    @property
    def base_image(self) -> str:
        """A name of its own for the base image, which the tests go on using."""
        return f"{self.project}/base"

    @property
    def backups(self) -> list[Path]:
        """The files in the folder for backups."""
        return sorted(self._clone.glob("backups/*"))

    def publish(self, revision: str | None) -> bool:
        """Put a revision, or what is checked out now, where `git pull` finds it, if it exists."""
        tree = self._folder / (revision or "this").replace("/", "-")
        if revision:
            tree.mkdir()
            file = str(self._folder / "revision.tar")
            try:
                run(["git", "-C", str(ROOT), "archive", "--output", file, revision])
            except RuntimeError:
                return False
            run(["tar", "--extract", "--file", file, "--directory", str(tree)])
        else:
            ignored = shutil.ignore_patterns(*NOT_IN_A_CLONE)
            shutil.copytree(ROOT, tree, ignore=ignored, dirs_exist_ok=True)
        compose = tree / "compose.yaml"
        text, images = re.subn(r"\btweet-trends(\}?)/", rf"{self.project}\1/", compose.read_text())
        assert images
        compose.write_text(text)
        git = ["git", *PUBLISHER, "-C", str(tree), "--git-dir", str(self._published)]
        git += ["--work-tree", "."]
        run([*git, "add", "--all"])
        run([*git, "commit", "--quiet", "--allow-empty", "--message", revision or "this"])
        return True

    def clone(self) -> None:
        """Begin as a user begins."""
        run(["docker", "tag", BASE_IMAGE, self.base_image])
        run(["git", "clone", "--quiet", str(self._published), str(self._clone)])

    def run(self, command: str) -> str:
        """Type a command in the clone; to every question the answer is yes."""
        passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        settings = {
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_ENV_FILES": os.devnull,
            "WEB_PORT": self._url.rpartition(":")[2],
            "BASE_IMAGE": self.base_image,
            "DEMO_RATE": "200",
            "DEMO_COUNT": str(self.tweets),
            "YES": "1",
        }
        command = command.replace(USUAL_BASE, self.base_image)
        command = command.replace("project=tweet-trends", f"project={self.project}")
        began = time.monotonic()
        in_clone = ["env", "--chdir", str(self._clone), "bash", "-c", command]
        said = run(in_clone, passed | settings, text="y\n")
        report(command=repr(command), seconds=round(time.monotonic() - began, 1))
        return said

    def at_rest(self) -> list[Json]:
        """All tweets of the topic, as soon as they are all that there will be, and are counted."""
        stack = self.stack
        numbers = set(range(self.tweets))
        eventually(lambda: demo_numbers(stack.messages()) == numbers, within=180, every=1)
        return stack.settled(within=180)

    def go_on(self) -> None:
        """Tweets that come once more are left out, new ones are counted, and nothing is amiss."""
        stack = self.stack
        stack.produce(stack.messages()[:AGAIN])
        self.tweets += MORE
        self.run("docker compose up --detach --no-build ingest")
        messages = self.at_rest()
        assert len(messages) >= self.tweets + AGAIN
        assert_exact(stack, Oracle(messages))

    def remove(self) -> None:
        """Leave nothing of it, whatever has become of it."""
        self.stack.down()
        for image in images(f"reference={self.project}/*"):
            run(["docker", "image", "rm", image])
        label = f"label=com.docker.compose.project={self.project}"
        run(["docker", "image", "prune", "--force", "--filter", label])


def images(condition: str) -> list[str]:
    """The images that fulfil a condition, by name."""
    return run(
        ["docker", "image", "ls", "--filter", condition, "--format", "{{.Repository}}"]
    ).split()


def labelled(kind: str, project: str) -> list[str]:
    """The things of a kind that are a project's, by number or name."""
    everything = ["--all"] if kind == "container" else []
    label = f"label=com.docker.compose.project={project}"
    return run(["docker", kind, "ls", "--quiet", *everything, "--filter", label]).split()


def volumes_in_use(stack: Stack) -> set[str]:
    """The volumes of all containers, anonymous ones too."""
    mounts = [mount for each in stack.containers() for mount in each["Mounts"]]
    return {mount["Name"] for mount in mounts if mount["Type"] == "volume"}


def volumes() -> set[str]:
    return set(run(["docker", "volume", "ls", "--quiet"]).split())


@dataclass
class Saved:
    """What there was when the backup was made."""

    file: Path
    messages: list[Json]
    counts: dict[str, int]
    places: list[tuple[str, int]]


def places(stack: Stack) -> list[tuple[str, int]]:
    return [(place["tag"], place["count"]) for place in stack.board()["hashtags"]]


def assert_as_saved(stack: Stack, saved: Saved) -> None:
    """The same tweets, counts and places as then."""
    eventually(lambda: not stack.board()["stale"])
    assert sorted(map(str, stack.messages())) == sorted(map(str, saved.messages))
    assert (stack.counts(), places(stack)) == (saved.counts, saved.places)


def running(stack: Stack) -> set[str]:
    """The services that have a container which runs."""
    containers = [each for each in stack.containers() if each["State"]["Status"] == "running"]
    return {service_of(each) for each in containers}


@pytest.fixture(scope="module")
def installation(
    any_stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The version before this one, as it has just come up."""
    any_stack.down()
    any_stack.configure()
    made = Installation(tmp_path_factory.mktemp("installation"), any_stack)
    # A checkout without a history has no version but this one; the rest is as hard with it.
    before = PREVIOUS if made.publish(PREVIOUS) else "this version: the checkout has no history"
    if before != PREVIOUS:
        made.publish(None)
    report(upgrade_from=before)
    made.clone()
    used: set[str] = set()
    try:
        made.run("make up")
        used = volumes_in_use(made.stack)
        yield made
    finally:
        made.remove()
        # Where the version before had anonymous volumes, an upgrade leaves them behind.
        for name in used & volumes():
            run(["docker", "volume", "rm", name])


@pytest.fixture(scope="module")
def saved(installation: Installation) -> Saved:
    """What was saved with the upgrade, which the stack has now behind it."""
    messages, before = installation.at_rest(), installation.stack
    counts, board = before.counts(), places(before)
    installation.publish(None)
    pull, backup, up = documented("Upgrade")
    installation.run(pull)
    with Visitor(before) as visitor:
        installation.run(backup)
    visitor.assert_content()
    assert "It counts demo data" in installation.run(up)
    (file,) = installation.backups
    return Saved(file, messages, counts, board)


def test_an_upgrade_goes_on_where_the_version_before_was(
    installation: Installation, saved: Saved
) -> None:
    assert_as_saved(installation.stack, saved)
    installation.go_on()


def test_a_restore_is_of_the_moment_of_the_backup(installation: Installation, saved: Saved) -> None:
    """Though the stack has counted further; and it counts on from there."""
    assert saved.file.stat().st_mode & 0o077 == 0
    backup, restore, up = documented("Back up and restore")
    assert backup in documented("Upgrade")
    restore = re.sub(r"backups/\S+", f"backups/{saved.file.name}", restore)
    with pytest.raises(RuntimeError, match="deletes all counts"):
        installation.run(f"unset YES && {restore}")
    assert running(installation.stack) == set(installation.stack.services())
    installation.run(restore)
    installation.tweets = FIRST
    installation.run(up)
    assert_as_saved(installation.stack, saved)
    installation.go_on()


def test_nothing_is_left_of_it(installation: Installation, saved: Saved) -> None:
    project = installation.project
    used = volumes_in_use(installation.stack)
    kinds = ("container", "network", "volume", "image")
    assert used and all(labelled(kind, project) for kind in kinds)
    # What bears the label goes: that has to be this installation's alone.
    label = f"label=com.docker.compose.project={project}"
    assert {name.partition("/")[0] for name in images(label)} <= {project, "<none>"}
    for command in documented("Uninstall"):
        installation.run(command)
    assert [thing for kind in kinds for thing in labelled(kind, project)] == []
    assert images(f"reference={project}/*") == []
    assert used & volumes() == set()


def test_a_restore_needs_nothing_but_the_backup(installation: Installation, saved: Saved) -> None:
    """Every file is there again as it was, with its owner; it does not ask, and starts nothing."""
    run(["docker", "tag", BASE_IMAGE, installation.base_image])
    file = f"backups/{saved.file.name}"
    installation.run(f"unset YES && make restore FILE={file}")
    # It was made before the upgrade, and may have a volume that only the version before had.
    folders = " ".join(f"./{volume}" for volume in installation.stack.config()["volumes"])
    installation.run(
        "scripts/run-in-volumes ro tar --diff --gzip --numeric-owner --directory /volumes "
        f"{folders} <{file}"
    )
    assert running(installation.stack) == set()


def test_after_a_backup_that_fails_the_same_runs_as_before(
    installation: Installation, saved: Saved
) -> None:
    """That, and no more; and half a backup is none."""
    installation.run("docker compose start zookeeper")
    started = installation.stack.container("zookeeper")["State"]["StartedAt"]
    with pytest.raises(RuntimeError, match="too large"):
        installation.run("ulimit -f 1 && make backup")
    assert running(installation.stack) == {"zookeeper"}
    assert installation.stack.container("zookeeper")["State"]["StartedAt"] > started
    assert installation.backups == [saved.file]


def test_down_leaves_what_is_kept_and_no_more(installation: Installation, saved: Saved) -> None:
    """No container has a volume that is not kept, nor does one that replaces it."""
    project = installation.project
    installation.run("docker compose create --no-build --force-recreate")
    kept = set(labelled("volume", project))
    assert kept and volumes_in_use(installation.stack) == kept
    installation.run("make down")
    assert labelled("container", project) == labelled("network", project) == []
    assert kept <= volumes()
