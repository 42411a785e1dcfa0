"""Where posts come from: a folder a source.

A folder's module `settings` has `read`, which returns None where too little is set to read the
source, and `VARIABLES`, what must be. Its module `source` has `make`. Adding a source is a folder,
and a line here.
"""

from importlib import import_module
from types import ModuleType
from typing import Any

FOLDERS = {
    "x": "x",
    "mastodon": "mastodon",
    "bluesky": "bluesky",
    "replay": "archive",
    "demo": "demo",
}
"""The folder of each source, by the name that SOURCE has for it."""

FALLBACKS = ("replay", "demo")
"""What is read where no network's credentials are set, the first that can be."""


def settings_of(name: str) -> ModuleType:
    """The module that reads a source's settings."""
    return import_module(f"ingest.sources.{FOLDERS[name]}.settings")


def make_source(name: str, settings: Any, common: Any) -> Any:
    """Make a source from what its `read` returned.

    Its module is loaded only now: the networks' client libraries are large.
    """
    return import_module(f"ingest.sources.{FOLDERS[name]}.source").make(settings, common)
