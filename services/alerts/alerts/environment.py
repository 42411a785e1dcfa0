"""Parses and validates single environment variables."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit


class SettingsError(ValueError):
    """A setting is wrong.

    `variables` names the setting, or several that belong together; `rule` completes the sentence
    with what is allowed. Neither contains the value: anyone can read the status, and the addresses
    of alerts have passwords in them. The exception's text, for the log only, has it if `given`.
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

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed words, which may be written in any case."""
        text = self.text(name) or default
        for word in allowed:
            if word.lower() == text.lower():
                return word
        raise SettingsError(name, f"must be one of {', '.join(allowed)}", text)

    def choices(self, name: str, default: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """Return one or more of the allowed words, each once, in the order given."""
        text = self.text(name) or default
        words = [word.strip() for word in text.split(",")]
        if not set(words) <= set(allowed):
            rule = f"must be one or more of {', '.join(allowed)}, separated by commas"
            raise SettingsError(name, rule, text)
        return tuple(dict.fromkeys(words))

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

    def page(self, name: str) -> str:
        """Return the address of a web page without a trailing slash, empty if not set."""
        text = self.text(name).rstrip("/")
        try:
            url = urlsplit(text)
            is_page = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
        except ValueError:
            is_page = False
        else:
            is_page &= not (url.username or url.password or url.query or url.fragment)
        is_page &= text.isascii() and text.isprintable() and " " not in text
        if text and not is_page:
            rule = "must be http(s)://host[:port][/path] without user, query or fragment"
            raise SettingsError(name, rule)
        return text
