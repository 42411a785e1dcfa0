"""The description of all routes, for programs that make clients and tests of it."""

from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.http import generate_etag
from werkzeug.wrappers import Response as BaseResponse

DOCUMENT = Path(__file__).parent / "static" / "openapi.json"


def blueprint() -> Blueprint:
    """Return /openapi.json."""
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

    return openapi
