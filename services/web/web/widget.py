"""`/widget.js`: the custom element, with its style sheet and languages, as small as it gets."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minify
from flask import Blueprint, Response, request
from werkzeug.http import generate_etag
from werkzeug.wrappers import Response as BaseResponse

_HERE = Path(__file__).parent

# A page that was open meanwhile takes the new version with its next load after this.
_MAX_AGE = 3600


@dataclass(frozen=True)
class Script:
    """The file as it is sent; `small` is `plain` as gzip has it."""

    plain: bytes
    small: bytes


_WORDS: dict[str, list[str]] = json.loads((_HERE / "strings.json").read_text("utf-8"))

LANGUAGES = tuple(_WORDS["lang"])
"""The languages of a board, the first one for everybody else."""


def words(language: str) -> dict[str, str]:
    """Return the words of a board in one of `LANGUAGES`, by name."""
    place = LANGUAGES.index(language)
    return {name: texts[place] for name, texts in _WORDS.items()}


def script() -> Script:
    """Put `static/widget.js` together with its style sheet and languages, and minify it."""
    style = minify.string("text/css", _static("widget.css"))
    source = _static("widget.js")
    for name, value in (("STYLE", style), ("STRINGS", _texts())):
        source = source.replace(f" = {name};", f" = {_literal(value)};")
    plain = minify.string("application/javascript", source).encode()
    return Script(plain, gzip.compress(plain, mtime=0))


def blueprint() -> Blueprint:
    """Return /widget.js."""
    widget, made = Blueprint("script", __name__), script()
    etags = {body: generate_etag(body) for body in (made.plain, made.small)}

    @widget.get("/widget.js")
    def widget_js() -> BaseResponse:
        """The script for any page; 304 when the caller has it."""
        is_small = request.accept_encodings.quality("gzip") > 0
        body = made.small if is_small else made.plain
        response = Response(body, mimetype="text/javascript")
        if is_small:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE}"
        response.set_etag(etags[body])
        return response.make_conditional(request)

    return widget


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
