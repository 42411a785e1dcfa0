"""The sources of posts, one folder each.

A folder's module `settings` has `read`, which returns None if too little is set to read the source,
and `VARIABLES`, the ones that must be set. Its module `source` has `make`. To add a source, add a
folder, and a line here.
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
"""Folder of each source, by its name in SOURCE."""

FALLBACKS = ("replay", "demo")
"""Read if no network has credentials: the first one that is available."""


def settings_of(name: str) -> ModuleType:
    """Return the module that reads a source's settings."""
    return import_module(f"ingest.sources.{FOLDERS[name]}.settings")


def make_source(name: str, settings: Any, common: Any) -> Any:
    """Make a source from what its `read` returned.

    Imports its module only now, because the networks' client libraries are large.
    """
    return import_module(f"ingest.sources.{FOLDERS[name]}.source").make(settings, common)
