"""Parses and validates single environment variables."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit


class SettingsError(ValueError):
    """A setting is wrong.

    `variables` names the setting, or several that belong together; `rule` completes the sentence
    with what is allowed. Neither contains the value: anyone can read the status, and people paste
    tokens into the wrong variable. The exception's text, for the log only, includes it if `given`.
    """

    def __init__(self, variables: str | Sequence[str], rule: str, given: str | None = None) -> None:
        self.variables = (variables,) if isinstance(variables, str) else tuple(variables)
        self.rule = rule
        given_text = "" if given is None else f", not {given!r}"
        super().__init__(f"{', '.join(self.variables)} {rule}{given_text}")


class Environment:
    """Typed access to a mapping such as os.environ; an empty value counts as not set.

    All methods raise SettingsError for a value that is not allowed.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str) -> str:
        """Return the value without surrounding whitespace, empty if not set."""
        return self._variables.get(name, "").strip()

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """Parse a number from `low` to `high`."""
        text = self.text(name)
        try:
            value = float(text) if text else default
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise SettingsError(name, f"must be a number from {low:g} to {high:g}", text)
        return value

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Parse a whole number from `low` to `high`."""
        text = self.text(name)
        try:
            value = int(text) if text else default
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise SettingsError(name, f"must be a whole number from {low} to {high}", text)
        return value

    def flag(self, name: str, default: bool) -> bool:
        """Parse `true` or `false`, ignoring case."""
        text = self.text(name).lower()
        if text in ("", "true", "false"):
            return text == "true" if text else default
        raise SettingsError(name, "must be true or false", text)

    def secret(self, name: str) -> str:
        """Return the value, or the content of the file that NAME_FILE names."""
        value, path = self.text(name), self.text(f"{name}_FILE")
        try:
            content = Path(path).read_text(encoding="utf-8").strip() if path else ""
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            rule = f"must name a text file that user {os.getuid()} may read ({reason})"
            raise SettingsError(f"{name}_FILE", rule) from error
        # compose.secrets.yaml names a file for each secret, which is empty for those in .env.
        if value and content:
            raise SettingsError((name, f"{name}_FILE"), "are both set: keep one of them")
        return value or content

    def together(self, names: Sequence[str], network: str) -> list[str] | None:
        """Return the secrets of a network's account, or None if none of them is set.

        Setting only some of them is an error.
        """
        values = {name: self.secret(name) for name in names}
        missing = [name for name in names if not values[name]]
        if len(missing) == len(names):
            return None
        if missing:
            needed = f"{network} needs all of {', '.join(names)} (or none of them, for demo data)"
            raise SettingsError(missing, f"not set: {needed}")
        for name, value in values.items():
            if not (value.isascii() and value.isprintable() and " " not in value):
                raise SettingsError(name, "must be printable ASCII without spaces")
        return list(values.values())

    def url(self, name: str, default: str) -> str:
        """Return an HTTP(S) URL without a trailing slash; it may also come from NAME_FILE."""
        text = (self.secret(name) or default).rstrip("/")
        error = SettingsError(
            name, "must be http(s)://host[:port][/path] without user, query or fragment"
        )
        try:
            url = urlsplit(text)
            port_fits = url.port != 0
        except ValueError:
            raise error from None
        extra = url.username or url.password or url.query or url.fragment
        is_plain = text.isascii() and text.isprintable() and " " not in text
        is_http = url.scheme in ("http", "https") and bool(url.hostname)
        if not (is_http and port_fits and is_plain) or extra:
            raise error
        return text
