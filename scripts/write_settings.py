#!/usr/bin/env python3
"""Writes .env.example and docs/settings.md from settings.toml.

Needs Python 3.11 or later, and nothing else.
"""

import re
import textwrap
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SETTINGS = ROOT / "settings.toml"
EXAMPLE = ROOT / ".env.example"
PAGE = ROOT / "docs" / "settings.md"

WIDTH = 100
LARGEST = 2**63 - 1
"""A range up to this number has no upper limit that anybody needs to know."""

EXAMPLE_HEAD = """\
# Copy this file to .env and fill in what you need; nothing is required. A line that begins with #
# and a name shows the default. Put a value that contains $, # or a space in single quotes.
# After a change, run: make up
#
# Fill in one or more networks: the hashtags of their home timelines are counted together. Without
# any you see demo data. `make connect` asks for the values and fills them in; docs/sources.md
# explains step by step where to find each one.
# docs/operations.md, "Credentials", explains how to keep the secrets in files instead."""

EXAMPLE_FOOT = "# All settings: docs/settings.md (written, like this file, from settings.toml)"

PAGE_HEAD = """\
# Settings

<!-- Written from settings.toml by `make settings`: change that file instead. -->

Set these in the file `.env` beside `compose.yaml`, one `NAME=value` per line, then run `make up`.
[.env.example](../.env.example) has those that most people need. Put a value that contains `$`, `#`
or a space in single quotes, or in double quotes if it contains a single quote itself.

A setting that is missing or empty has its default. A wrong value stops the services that read it;
their logs name the variable and say what is allowed. `make up` checks those that Docker Compose
reads.

*Secret* values can be [read from files](operations.md#credentials) instead: `CONSUMER_KEY_FILE`
names the file for `CONSUMER_KEY`, and so on."""

COLUMNS = ("setting", "default", "allowed", "what it does", "read by")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One variable of .env; settings.toml explains the fields."""

    name: str
    text: str
    kind: str = "text"
    default: str = ""
    between: Sequence[float] = ()
    one_of: Sequence[str] = ()
    allowed: str = ""
    unit: str = ""
    example: str = ""
    readers: Sequence[str] = ()
    first: bool = False
    secret: bool = False


@dataclass(frozen=True)
class Section:
    """Settings that belong together, and a text about all of them."""

    title: str
    text: str
    settings: list[Setting]


def load(path: Path = SETTINGS) -> list[Section]:
    """Read the declarations. Raises TypeError for a field that does not exist, or is missing."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return [_section(**fields) for fields in document.values()]


def files(sections: list[Section]) -> dict[Path, str]:
    """Return each file that this script writes, and its text."""
    return {EXAMPLE: example_file(sections), PAGE: page(sections)}


def example_file(sections: list[Section]) -> str:
    """Return the text of .env.example."""
    parts = [EXAMPLE_HEAD]
    for section in sections:
        first = [each for each in section.settings if each.first]
        if first:
            parts.append(f"{_rule(section.title)}\n{_comment(section.text)}")
            parts += map(_example_entry, first)
    return "\n\n".join([*parts, EXAMPLE_FOOT]) + "\n"


def page(sections: list[Section]) -> str:
    """Return the text of docs/settings.md."""
    return "\n\n".join([PAGE_HEAD, *map(_page_section, sections)]) + "\n"


def quoted(value: str) -> str:
    """Return a value as .env needs it, in quotes where Docker Compose would change it."""
    if re.fullmatch(r"[\w./:@+,=-]*", value):
        return value
    return f'"{value}"' if "'" in value else f"'{value}'"


def allowed(setting: Setting) -> str:
    """Say which values are allowed, empty if any are."""
    if setting.one_of:
        words = [f"`{word}`" for word in setting.one_of]
        return f"{', '.join(words[:-1])} or {words[-1]}"
    if setting.between:
        low, high = setting.between
        numbers = f"{low} or more" if high == LARGEST else f"{low} to {high}"
        return f"{numbers} {setting.unit}".strip()
    return setting.allowed


def _section(title: str, text: str, **settings: dict[str, Any]) -> Section:
    entries = [_setting(name, **fields) for name, fields in settings.items()]
    return Section(title, _one_line(text), entries)


def _setting(name: str, *, text: str, default: object = "", **fields: Any) -> Setting:
    return Setting(name=name, text=_one_line(text), default=str(default), **fields)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _rule(title: str) -> str:
    return f"# --- {title} ".ljust(WIDTH - 1, "-")


def _comment(text: str) -> str:
    lines = textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"# {line}" for line in lines)


def _example_entry(setting: Setting) -> str:
    """Return a setting with its text; a default is commented out, an empty line is to be filled."""
    lines = [_comment(setting.text)]
    if allowed(setting):
        lines.append(_comment(f"Allowed: {allowed(setting)}."))
    if setting.example:
        lines.append(f"# Example: {setting.name}={quoted(setting.example)}")
    mark = "#" if setting.default else ""
    lines.append(f"{mark}{setting.name}={quoted(setting.default)}")
    return "\n".join(lines)


def _page_section(section: Section) -> str:
    head, *rows = [f"| {' | '.join(row)} |" for row in (COLUMNS, *map(_row, section.settings))]
    table = "\n".join([head, "|---" * len(COLUMNS) + "|", *rows])
    text = "\n".join(textwrap.wrap(_linked(section.text), WIDTH, break_on_hyphens=False))
    return f"## {section.title}\n\n{text}\n\n{table}"


def _row(setting: Setting) -> tuple[str, ...]:
    default = f"`{setting.default}`" if setting.default else "empty"
    readers = ", ".join(f"`{reader}`" for reader in setting.readers) or "Docker Compose"
    return f"`{setting.name}`", default, allowed(setting), _description(setting), readers


def _description(setting: Setting) -> str:
    example = f"Example: `{quoted(setting.example)}`" if setting.example else ""
    secret = "*Secret.*" if setting.secret else ""
    return " ".join(filter(None, (_linked(setting.text), secret, example)))


def _linked(text: str) -> str:
    """Make links of the pages that a text names."""
    return re.sub(r"docs/(\w+\.md)", r"[\1](\1)", text)


if __name__ == "__main__":
    for path, text in files(load()).items():
        path.write_text(text, encoding="utf-8")
