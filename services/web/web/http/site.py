"""Files that browsers and search engines ask for by a fixed name."""

from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

_ICON = Path(__file__).parents[1] / "static" / "favicon.ico"
_MAX_AGE = 86_400


def blueprint(robots_index: bool) -> Blueprint:
    """Return /favicon.ico and /robots.txt."""
    site = Blueprint("site", __name__)
    icon = _ICON.read_bytes()
    rules = f"User-agent: *\n{'Allow' if robots_index else 'Disallow'}: /\n"

    @site.get("/favicon.ico")
    def favicon() -> BaseResponse:
        """The icon for browsers and feed readers that do not draw SVG."""
        return _answer(Response(icon, mimetype="image/vnd.microsoft.icon"))

    @site.get("/robots.txt")
    def robots() -> BaseResponse:
        """Whether search engines may look at anything; it counts only at the root of a host."""
        return _answer(Response(rules, mimetype="text/plain"))

    return site


def _answer(response: Response) -> BaseResponse:
    response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE}"
    response.add_etag()
    return response.make_conditional(request)
