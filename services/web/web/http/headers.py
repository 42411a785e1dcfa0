"""Headers that every response of a kind has, errors included."""

from http import HTTPStatus

from flask import Flask, Response, request

# Tags are text from strangers. Even if one got through as markup, it could load, run or send
# nothing: no inline code or style, nothing from elsewhere.
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; "
    "frame-ancestors {ancestors}"
)

# Swagger UI has its icons in its style sheet, as data.
_API = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

# What is no page needs nothing at all, also when somebody opens it as one: a picture can
# hold scripts.
_DATA = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""What no answer lacks, whatever it is."""

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    # Otherwise a script on another origin could neither obey the one nor revalidate by the other.
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
    "Access-Control-Max-Age": "86400",
}

EMBEDDED_TAG = "/embed/tag/"
"""How the address of a tag's chart for an iframe begins."""

# Pages of other origins read these with scripts of their own, and modules and scripts with
# `integrity` are only run if they may be read.
_READ_FROM_ANYWHERE = (
    "/api/",
    "/badge.svg",
    "/feed.",
    "/hashtag-history-",
    "/hashtag-history.js",
    "/oembed",
    "/openapi.json",
    "/static/",
    "/widget-",
    "/widget.js",
)
# A sandboxed frame counts as another origin.
_SHOWN_ANYWHERE = ("/widget", EMBEDDED_TAG, *_READ_FROM_ANYWHERE)

# The only address for search engines, if ROBOTS_INDEX lets them in: the others repeat it.
_INDEXED = "/"


def init_app(app: Flask, embed_allowed_origins: str, robots_index: bool) -> None:
    """Add the headers to every response of the app."""
    widget_policy = _PAGE.format(ancestors=embed_allowed_origins)
    page_policy = _PAGE.format(ancestors="'none'")

    @app.after_request
    def add(response: Response) -> Response:
        headers, path = response.headers, request.path
        if request.method == "OPTIONS" and response.status_code == HTTPStatus.OK:
            # Flask answers with an empty page; what counts is in the headers.
            response.status_code = HTTPStatus.NO_CONTENT
            del headers["Content-Type"]
        headers.extend(EVERYWHERE)
        if path == "/widget" or path.startswith(EMBEDDED_TAG):
            headers["Content-Security-Policy"] = widget_policy
            # A page that is isolated from other origins frames only what is isolated too.
            headers["Cross-Origin-Embedder-Policy"] = "require-corp"
        else:
            is_page = response.mimetype == "text/html"
            policy = _API if path == "/api" else page_policy
            headers["Content-Security-Policy"] = policy if is_page else _DATA
            headers["X-Frame-Options"] = "DENY"
        if path.startswith(_READ_FROM_ANYWHERE):
            headers.extend(_CORS)
        anywhere = path.startswith(_SHOWN_ANYWHERE)
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if anywhere else "same-origin"
        if not (robots_index and path == _INDEXED):
            headers["X-Robots-Tag"] = "noindex"
        return response
