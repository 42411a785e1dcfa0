"""Stores credentials: in .env, or as secret files that .env names."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ingest.connect.env_file import EnvFile, UnquotableError, quote, write_private

# The values of which compose.secrets.yaml makes secrets; the others are in .env in any case.
SECRETS = frozenset(
    {
        "CONSUMER_KEY",
        "CONSUMER_SECRET",
        "ACCESS_TOKEN",
        "ACCESS_SECRET",
        "MASTODON_ACCESS_TOKEN",
        "BLUESKY_APP_PASSWORD",
    }
)
FOLDER = "secrets"
COMPOSE_FILES = "compose.yaml"
OVERRIDE = "compose.secrets.yaml"


def uses_files(env_file: EnvFile) -> bool:
    """Whether an .env file has Compose read the secrets from files."""
    return OVERRIDE in env_file.get("COMPOSE_FILE")


def need_files(values: Mapping[str, str]) -> bool:
    """Whether a value can only be in a file, because nothing keeps Compose from changing it."""
    try:
        for value in values.values():
            quote(value)
    except UnquotableError:
        return True
    return False


def add(env_file: EnvFile, values: Mapping[str, str]) -> None:
    """Set the values in an .env file, instead of in files; raise UnquotableError."""
    for name, value in values.items():
        env_file.set(name, value)
        # A value must not be in both places.
        env_file.clear(f"{name}_FILE")


def add_as_files(env_file: EnvFile, values: Mapping[str, str], folder: Path) -> None:
    """Write the secrets among the values into files below `folder`, which .env then names."""
    add(env_file, {name: value for name, value in values.items() if name not in SECRETS})
    for name in sorted(values.keys() & SECRETS):
        (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
        write_private(folder / FOLDER / name, values[name])
        env_file.clear(name)
        env_file.set(f"{name}_FILE", f"./{FOLDER}/{name}")
    if not uses_files(env_file):
        before = env_file.get("COMPOSE_FILE") or COMPOSE_FILES
        env_file.set("COMPOSE_FILE", f"{before}:{OVERRIDE}")


def select(env_file: EnvFile, networks: Iterable[str]) -> str:
    """Make sure that SOURCE reads the networks; return its new value, empty if it was right."""
    text = env_file.get("SOURCE")
    if text.strip().lower() in ("", "auto"):
        return ""
    before = [name.strip().lower() for name in text.split(",")]
    # The demo's posts make way for real ones; with credentials nobody wants more of them.
    names = [name for name in dict.fromkeys([*before, *networks]) if name != "demo"]
    if names == before:
        return ""
    env_file.set("SOURCE", ",".join(names))
    return ",".join(names)
