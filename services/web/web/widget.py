"""`/widget.js`: the custom element, with its style sheet and languages, as small as it gets."""

import json
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha384
from pathlib import Path
from typing import Any

import minify
from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from web.problems import AnotherVersion

_HERE = Path(__file__).parent

# A page that was open meanwhile takes the new version with its next load after this.
_MAX_AGE = 3600

# A year, as good as for ever: another version has another address.
_LONG_AGE = 31_536_000

_VERSION_LENGTH = 16


@dataclass(frozen=True)
class Script:
    """The file as it is sent.

    `version` names its bytes, and `path` is the address, below the page `/`, that serves no
    others. `integrity` is for the attribute of that name (https://www.w3.org/TR/SRI/): with it a
    browser runs these bytes or nothing.
    """

    body: bytes
    version: str
    integrity: str

    @property
    def path(self) -> str:
        """The address of this version."""
        return f"widget-{self.version}.js"


_WORDS: dict[str, list[str]] = json.loads((_HERE / "strings.json").read_text("utf-8"))

LANGUAGES = tuple(_WORDS["lang"])
"""The languages of a board, the first one for everybody else."""


def words(language: str) -> dict[str, str]:
    """Return the words of a board in one of `LANGUAGES`, by name."""
    place = LANGUAGES.index(language)
    return {name: texts[place] for name, texts in _WORDS.items()}


@cache
def script() -> Script:
    """Put `static/widget.js` together with its style sheet and languages, and minify it."""
    style = minify.string("text/css", _static("widget.css"))
    source = _static("widget.js")
    for name, value in (("STYLE", style), ("STRINGS", _texts())):
        source = source.replace(f" = {name};", f" = {_literal(value)};")
    body = minify.string("application/javascript", source).encode()
    digest = sha384(body)
    integrity = f"sha384-{b64encode(digest.digest()).decode()}"
    return Script(body, digest.hexdigest()[:_VERSION_LENGTH], integrity)


def blueprint() -> Blueprint:
    """Return /widget.js, and the same under an address for this version alone."""
    widget, made = Blueprint("script", __name__), script()

    @widget.get("/widget.js")
    def widget_js() -> BaseResponse:
        """The script for any page; 304 when the caller has it."""
        return _answer(made, f"public, max-age={_MAX_AGE}")

    @widget.get("/widget-<version>.js")
    def widget_version(version: str) -> BaseResponse:
        """The script as long as it is this version, which may be kept for ever."""
        if version != made.version:
            raise AnotherVersion
        return _answer(made, f"public, max-age={_LONG_AGE}, immutable")

    return widget


def _answer(made: Script, cache_control: str) -> BaseResponse:
    response = Response(made.body, mimetype="text/javascript")
    response.headers["Cache-Control"] = cache_control
    response.set_etag(made.version)
    return response.make_conditional(request)


def _texts() -> dict[str, str]:
    """Return the texts of each language in one string: small, and each alphabet by itself."""
    by_name = {name: texts for name, texts in _WORDS.items() if name != "lang"}
    columns = zip(*by_name.values(), strict=True)
    return {"names": "|".join(by_name)} | {
        language: "|".join(texts) for language, texts in zip(LANGUAGES, columns, strict=True)
    }


def _static(name: str) -> str:
    return (_HERE / "static" / name).read_text("utf-8")


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
