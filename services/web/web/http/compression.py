"""Compresses texts with Brotli or gzip, whichever a client prefers.

The same bytes are asked for again and again, so what was made of them is kept. Nothing here is
secret, so the length of a compressed answer gives nothing away.
"""

import gzip
from collections.abc import Callable
from functools import lru_cache

import brotli
import zopfli.gzip
from flask import Flask, Response, request
from werkzeug.http import parse_accept_header

_TEXTS = frozenset(
    {
        "application/atom+xml",
        "application/feed+json",
        "application/json",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/plain",
    }
)

# From here on Brotli takes several times as long, for the last few per cent.
_QUALITY = 5

# Anything shorter, such as problem details, fits into one packet either way.
_LEAST_BYTES = 500

_PARTIAL_CONTENT = 206


_PREPARED: dict[tuple[str, bytes], bytes] = {}


def prepare(body: bytes) -> None:
    """Make a body as small as it gets, before anybody asks: this takes a good part of a second."""
    _PREPARED["br", body] = brotli.compress(body, mode=brotli.MODE_TEXT)
    _PREPARED["gzip", body] = zopfli.gzip.compress(body)


def init_app(app: Flask) -> None:
    """Compress the texts of the app."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in _TEXTS:
            return response
        _vary(response)
        # A part is one of the plain bytes, which its strong ETag names.
        if response.status_code == _PARTIAL_CONTENT:
            return response
        _weaken_etag(response)
        coding = _preferred(request.headers.get("Accept-Encoding", ""))
        if coding:
            _shrink(response, coding)
        return response


def _vary(response: Response) -> None:
    if "Vary" in response.headers:
        response.vary.add("Accept-Encoding")
    else:
        # Most answers come this way, which is much shorter.
        response.headers["Vary"] = "Accept-Encoding"


def _weaken_etag(response: Response) -> None:
    """Let one ETag stand for the plain and the compressed text (RFC 9110, section 8.8.1)."""
    etag = response.headers.get("ETag")
    if etag and not etag.startswith("W/"):
        response.headers["ETag"] = f"W/{etag}"


@lru_cache(maxsize=256)
def _preferred(header: str) -> str | None:
    """Return the coding that a client likes best, of equals the smaller (RFC 9110, 12.5.3).

    None if it takes none of them, or likes the plain text better.
    """
    accepted = parse_accept_header(header)
    best = max(_CODINGS, key=accepted.quality)
    quality = accepted.quality(best)
    return best if quality > 0 and quality >= accepted.quality("identity") else None


def _shrink(response: Response, coding: str) -> None:
    # A file is passed on unread unless this is said.
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < _LEAST_BYTES:
        return
    response.set_data(_compressed(coding, body))
    response.headers["Content-Encoding"] = coding
    # Of a compressed text no parts are offered.
    response.headers.pop("Accept-Ranges", None)


@lru_cache(maxsize=256)
def _compressed(coding: str, body: bytes) -> bytes:
    return _PREPARED.get((coding, body)) or _CODINGS[coding](body)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _brotli(body: bytes) -> bytes:
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_QUALITY)
    return packed


_CODINGS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}
"""How to compress for each value of Content-Encoding, the smallest first."""
