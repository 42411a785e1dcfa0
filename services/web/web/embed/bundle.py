"""Puts scripts for other people's pages together, each as one file, and serves them."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha384
from pathlib import Path
from typing import Any

import minify
from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from web.http.compression import prepare
from web.http.problems import AnotherVersion

_HERE = Path(__file__).parents[1]

# A page that was open meanwhile takes the new version with its next load after this.
_MAX_AGE = 3600

# A year, as good as for ever: another version has another address.
_LONG_AGE = 31_536_000

_VERSION_LENGTH = 16

_INCLUDE = re.compile(r'^ *INCLUDE\("([a-z]+\.js)"\);$', re.MULTILINE)
_IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)

Texts = Mapping[str, Sequence[str]]
"""The texts of an element by name, each in all languages."""


@dataclass(frozen=True)
class Script:
    """The file as it is sent.

    `version` names its bytes, and `path` is the address, below the page `/`, that serves no
    others. `integrity` is for the attribute of that name (https://www.w3.org/TR/SRI/): with it a
    browser runs these bytes or nothing.
    """

    name: str
    body: bytes
    version: str
    integrity: str

    @property
    def path(self) -> str:
        """The address of this version."""
        return f"{self.name}-{self.version}.js"


def bundle(name: str, styles: Sequence[str], texts: Texts, languages: Sequence[str]) -> Script:
    """Put `static/<name>.js` together with modules, style sheets and languages, and minify it."""
    style = minify.string("text/css", "".join(_static(each) for each in styles))
    source = _INCLUDE.sub(lambda found: _module(found[1]), _static(f"{name}.js"))
    for placeholder, value in (("STYLE", style), ("STRINGS", _packed(texts, languages))):
        source = source.replace(f" = {placeholder};", f" = {_literal(value)};")
    body = minify.string("application/javascript", source).encode()
    prepare(body)
    digest = sha384(body)
    integrity = f"sha384-{b64encode(digest.digest()).decode()}"
    return Script(name, body, digest.hexdigest()[:_VERSION_LENGTH], integrity)


def read_texts(name: str) -> dict[str, list[str]]:
    """Return the texts of a file."""
    texts: dict[str, list[str]] = json.loads((_HERE / "i18n" / name).read_text("utf-8"))
    return texts


def blueprint(made: Script) -> Blueprint:
    """Return `/<name>.js`, and the same under an address for this version alone."""
    script = Blueprint(made.name, __name__)

    @script.get(f"/{made.name}.js")
    def newest() -> BaseResponse:
        """The script for any page; 304 when the caller has it."""
        return _answer(made, f"public, max-age={_MAX_AGE}")

    @script.get(f"/{made.name}-<version>.js")
    def one_version(version: str) -> BaseResponse:
        """The script as long as it is this version, which may be kept for ever."""
        if version != made.version:
            raise AnotherVersion
        return _answer(made, f"public, max-age={_LONG_AGE}, immutable")

    return script


def _answer(made: Script, cache_control: str) -> BaseResponse:
    response = Response(made.body, mimetype="text/javascript")
    response.headers["Cache-Control"] = cache_control
    response.set_etag(made.version)
    return response.make_conditional(request)


def _module(name: str) -> str:
    """Return a module as a part of a script, which has all that it imports."""
    return _EXPORT.sub("", _IMPORT.sub("", _static(name)))


def _packed(texts: Texts, languages: Sequence[str]) -> dict[str, str]:
    """Return the texts of each language in one string: small, and each alphabet by itself."""
    columns = zip(*texts.values(), strict=True)
    return {"names": "|".join(texts)} | {
        language: "|".join(column) for language, column in zip(languages, columns, strict=True)
    }


def _static(name: str) -> str:
    return (_HERE / "static" / name).read_text("utf-8")


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
