"""The description of all routes: `/openapi.json` for programs, `/api` for people."""

from pathlib import Path

from flask import Blueprint, Response, render_template, request
from werkzeug.http import generate_etag
from werkzeug.wrappers import Response as BaseResponse

DOCUMENT = Path(__file__).parents[1] / "static" / "openapi.json"


def blueprint() -> Blueprint:
    """Return both routes."""
    openapi = Blueprint("openapi", __name__)
    document = DOCUMENT.read_bytes()
    etag = generate_etag(document)

    @openapi.get("/openapi.json")
    def describe() -> BaseResponse:
        """The same bytes for as long as the service runs; 304 for who has them."""
        response = Response(document, mimetype="application/json")
        response.headers["Cache-Control"] = "no-cache"
        response.set_etag(etag)
        return response.make_conditional(request)

    @openapi.get("/api")
    def page() -> Response:
        """The page on which Swagger UI draws the document."""
        response = Response(render_template("api.html"), mimetype="text/html")
        response.headers["Cache-Control"] = "no-cache"
        return response

    return openapi
