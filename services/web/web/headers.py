"""Headers that every response of a kind has, errors included."""

from flask import Flask, Response, request

# Tags are text from strangers. Even if one got through as markup, it could load, run or send
# nothing: no inline code or style, nothing from elsewhere.
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {ancestors}"
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
    # Otherwise a script on another origin could not obey it.
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "86400",
}

# Pages of other origins read these with scripts of their own,
_READ_FROM_ANYWHERE = ("/api/", "/openapi.json", "/oembed", "/badge.svg")
# and only show or run those. A sandboxed frame counts as another origin, so it is from there
# that the widget in one loads its own style.
_SHOWN_ANYWHERE = ("/widget", "/widget.js", "/static/", *_READ_FROM_ANYWHERE)


def init_app(app: Flask, embed_allowed_origins: str) -> None:
    """Add the headers to every response of the app."""
    widget_policy = _PAGE.format(ancestors=embed_allowed_origins)
    page_policy = _PAGE.format(ancestors="'none'")

    @app.after_request
    def add(response: Response) -> Response:
        headers, path = response.headers, request.path
        headers.extend(EVERYWHERE)
        if path == "/widget":
            headers["Content-Security-Policy"] = widget_policy
            # A page that is isolated from other origins frames only what is isolated too.
            headers["Cross-Origin-Embedder-Policy"] = "require-corp"
        else:
            is_page = response.mimetype == "text/html"
            headers["Content-Security-Policy"] = page_policy if is_page else _DATA
            headers["X-Frame-Options"] = "DENY"
        if path.startswith(_READ_FROM_ANYWHERE):
            headers.extend(_CORS)
        anywhere = path.startswith(_SHOWN_ANYWHERE)
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if anywhere else "same-origin"
        return response
