"""Changes single variables of an .env file, and keeps every other line and comment."""

import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

ASSIGNMENT = re.compile(
    r"(?P<head>\ufeff?\s*(?:export\s+)?(?P<name>[A-Za-z_][\w.]*)[^\S\n]*[=:])(?P<rest>.*)",
    re.DOTALL,
)
# Compose takes a backslash before a quote as part of the value, and a value may span lines.
QUOTED = re.compile(
    r"""[^\S\n]*(?P<value>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")(?P<tail>.*)""", re.DOTALL
)
UNQUOTED = re.compile(r"(?P<value>[^\n]*?)(?P<tail>\s+#[^\n]*\n?|\s*)")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
PLAIN = re.compile(r"[A-Za-z0-9_./:@+,=-]*")


class UnquotableError(ValueError):
    """A value that no quotes keep Compose from changing."""


class _Assignment(NamedTuple):
    """`head` ends with the equals sign; `tail` is the comment and newline after the value."""

    head: str
    name: str
    value: str
    tail: str


class EnvFile:
    """The lines of an .env file."""

    def __init__(self, text: str) -> None:
        self._newline = "\r\n" if "\r\n" in text else "\n"
        if text and not text.endswith("\n"):
            text += self._newline
        self._statements = _statements(text)

    @classmethod
    def read(cls, path: Path) -> "EnvFile":
        """Read a file, whatever its encoding: other lines are written back byte by byte."""
        return cls(path.read_bytes().decode("utf-8", "surrogateescape"))

    def get(self, name: str) -> str:
        """Return a variable's value without quotes, empty if it is not set."""
        places = self._places(name)
        if not places:
            return ""
        value = places[-1][1].value.strip()
        return value[1:-1] if value[:1] in ("'", '"') else value

    def set(self, name: str, value: str) -> None:
        """Set a variable where it stands; otherwise below its example, or at the end.

        Raises UnquotableError.
        """
        text, places = quote(value), self._places(name)
        if places:
            # The last one counts.
            place, old = places[-1]
            self._statements[place] = f"{old.head}{text}{old.tail}"
        else:
            self._statements.insert(self._place_for(name), f"{name}={text}{self._newline}")

    def clear(self, name: str) -> None:
        """Make a variable empty, which counts as not set."""
        if self.get(name):
            self.set(name, "")

    def write(self, path: Path) -> None:
        """Replace the file atomically; only its owner may read it."""
        write_private(path, "".join(self._statements))

    def _places(self, name: str) -> list[tuple[int, _Assignment]]:
        parsed = ((place, _parse(each)) for place, each in enumerate(self._statements))
        return [(place, found) for place, found in parsed if found and found.name == name]

    def _place_for(self, name: str) -> int:
        """Return where a new line goes: below the commented example, if there is one."""
        example = re.compile(rf"\s*#\s*{re.escape(name)}=")
        found = (place for place, each in enumerate(self._statements) if example.match(each))
        return next(found, len(self._statements) - 1) + 1


def quote(value: str) -> str:
    """Quote a value so that Compose takes it as it is; raise UnquotableError if that cannot be."""
    if PLAIN.fullmatch(value):
        return value
    if set(value) & {"'", "\\", "\n", "\r"}:
        raise UnquotableError("a quote, a backslash or a newline")
    return f"'{value}'"


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, with mode 600."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)


def _statements(text: str) -> list[str]:
    """Split a text into lines, but keep a quoted value of several lines in one piece."""
    statements, pending = [], ""
    for line in LINE.findall(text):
        pending += line
        if not _is_open(pending):
            statements.append(pending)
            pending = ""
    # Compose rejects a file with a quote that is never closed, so nothing is lost here.
    return statements + LINE.findall(pending)


def _is_open(statement: str) -> bool:
    found = ASSIGNMENT.fullmatch(statement)
    if found is None or found["rest"].strip()[:1] not in ("'", '"'):
        return False
    return QUOTED.fullmatch(found["rest"]) is None


def _parse(statement: str) -> _Assignment | None:
    found = ASSIGNMENT.fullmatch(statement)
    if found is None:
        return None
    value = QUOTED.fullmatch(found["rest"]) or UNQUOTED.fullmatch(found["rest"])
    if value is None:
        return None
    return _Assignment(found["head"], found["name"], value["value"], value["tail"])
