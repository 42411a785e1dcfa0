"""Headers that every response of a kind has, errors included."""

from flask import Flask, Response, request

# Tags are text from strangers. Even if one got through as markup, it could load, run or send
# nothing: no inline code or style, nothing from elsewhere.
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    # Otherwise a script on another origin could not obey it.
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "86400",
}


def init_app(app: Flask, embed_allowed_origins: str) -> None:
    """Add the headers to every response of the app."""
    widget_policy = _PAGE.format(ancestors=embed_allowed_origins)
    policy = _PAGE.format(ancestors="'none'")

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.extend(_EVERYWHERE)
        if request.path == "/widget":
            response.headers["Content-Security-Policy"] = widget_policy
        else:
            response.headers["Content-Security-Policy"] = policy
            response.headers["X-Frame-Options"] = "DENY"
        if request.path.startswith("/api/"):
            response.headers.extend(_CORS)
        return response
