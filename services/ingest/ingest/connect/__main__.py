"""The dialogue of `make connect`: which network, its credentials, and where to keep them.

It gets a folder with a copy of .env, named `env`, and changes that at the very end. The script
`scripts/connect` then puts it in place, but only if this ends with status 0.
"""

import logging
import os
import sys
from importlib import import_module
from pathlib import Path

from ingest.connect import store
from ingest.connect.env_file import EnvFile
from ingest.connect.terminal import GivenUp, Terminal
from ingest.environment import Environment, SettingsError
from ingest.sources.http import egress

TITLES = {"x": "X", "mastodon": "Mastodon", "bluesky": "Bluesky"}
"""Name of each network by its name in SOURCE, which is also that of its module."""

PRICES = {"x": "charges for each post", "mastodon": "free", "bluesky": "free"}
WELCOME = (
    "This connects your own timeline. It asks a few questions, and changes nothing before the "
    "last one. Ctrl-C stops it.\n"
)
NOTHING_CHANGED = "Nothing was changed."
IN_ENV = "in .env, which only you can read"
IN_FILES = "in files in secrets/, which docker inspect does not show"
ONLY_FILES = "One of them has a character that cannot be in .env, so they are kept in secrets/."

STOPPED = 130
"""The status of a process that Ctrl-C ends, in a shell."""


def main(folder: Path) -> int:
    """Run the dialogue; return 0 if there is something new in the folder."""
    # A library's warning might quote a call, and the dialogue says what is wrong anyway.
    logging.disable(logging.CRITICAL)
    terminal = Terminal()
    try:
        return run(terminal, folder)
    except (KeyboardInterrupt, EOFError):
        terminal.say(f"\nStopped. {NOTHING_CHANGED}")
        return STOPPED
    except SettingsError as error:
        terminal.say(f"A setting in .env is wrong: {error}. {NOTHING_CHANGED}")
        return 1


def run(terminal: Terminal, folder: Path) -> int:
    """Connect networks as long as the user wants to, and store their credentials."""
    env = Environment(os.environ)
    terminal.say(WELCOME)
    found: dict[str, dict[str, str]] = {}
    while True:
        name = _choose(terminal)
        values = _connect(terminal, env, name)
        if values:
            found[name] = values
        if not terminal.confirm("Connect another network?", default=False):
            break
    if not found:
        terminal.say(NOTHING_CHANGED)
        return 1
    _store(terminal, folder, found)
    return 0


def _choose(terminal: Terminal) -> str:
    options = [f"{title} ({PRICES[name]})" for name, title in TITLES.items()]
    return list(TITLES)[terminal.choose("Which network?", options)]


def _connect(terminal: Terminal, env: Environment, name: str) -> dict[str, str]:
    """Return the network's credentials as variables, none if the user gave up."""
    # Only now, because the networks' client libraries are large.
    network = import_module(f"ingest.connect.{name}")
    terminal.say("\n" + network.introduction(env))
    try:
        values: dict[str, str] = network.connect(terminal, env, egress.read(env))
    except GivenUp:
        terminal.say(f"{TITLES[name]} was not connected.")
        return {}
    return values


def _store(terminal: Terminal, folder: Path, found: dict[str, dict[str, str]]) -> None:
    path = folder / "env"
    env_file = EnvFile.read(path)
    values = {name: value for each in found.values() for name, value in each.items()}
    if _wants_files(terminal, env_file, values):
        store.add_as_files(env_file, values, folder)
    else:
        store.add(env_file, values)
    if source := store.select(env_file, found):
        terminal.say(f"SOURCE in .env is now {source}, so that all of these are read.")
    env_file.write(path)


def _wants_files(terminal: Terminal, env_file: EnvFile, values: dict[str, str]) -> bool:
    if store.need_files(values):
        terminal.say(ONLY_FILES)
        return True
    default = int(store.uses_files(env_file))
    question = "Where shall the credentials be kept?"
    return terminal.choose(question, [IN_ENV, IN_FILES], default) == 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
