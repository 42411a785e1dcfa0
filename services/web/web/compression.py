"""Compresses texts with gzip for clients that accept it.

The same bytes are asked for again and again, so what was made of them is kept. Nothing here is
secret, so the length of a compressed answer gives nothing away.
"""

import gzip
from functools import lru_cache

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

# Anything shorter, such as problem details, fits into one packet either way.
_LEAST_BYTES = 500

_PARTIAL_CONTENT = 206


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
        if _accepts_gzip(request.headers.get("Accept-Encoding", "")):
            _shrink(response)
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
def _accepts_gzip(header: str) -> bool:
    return parse_accept_header(header).quality("gzip") > 0


def _shrink(response: Response) -> None:
    # A file is passed on unread unless this is said.
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < _LEAST_BYTES:
        return
    response.set_data(_gzip(body))
    response.headers["Content-Encoding"] = "gzip"
    # Of a compressed text no parts are offered.
    response.headers.pop("Accept-Ranges", None)


@lru_cache(maxsize=128)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
