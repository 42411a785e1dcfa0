"""Errors that a program can read: RFC 9457 problem details."""

import json
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, ServiceUnavailable
from werkzeug.wrappers import Response as BaseResponse

RETRY_AFTER_SECONDS = 5

# People read the other paths, and get Werkzeug's small HTML pages.
_FOR_PROGRAMS = ("/api/", "/healthz", "/readyz")


class BadParameter(BadRequest):
    """A query parameter has a value that is not allowed: 400."""

    def __init__(self, parameter: str, allowed: str) -> None:
        super().__init__(f"{parameter} must be {allowed}.")
        self.members = {"parameter": parameter}


class NotSeen(NotFound):
    """A hashtag has no history to show: 404."""

    def __init__(self, key: str) -> None:
        super().__init__(f"#{key} has not been seen.")


class _Waiting(ServiceUnavailable):
    """Something cannot be served now: 503 with what is waited for."""

    lacking: str

    def __init__(self, waiting_for: str) -> None:
        super().__init__(
            f"{self.lacking}. Waiting for: {waiting_for}.", retry_after=RETRY_AFTER_SECONDS
        )
        self.members = {"waiting_for": waiting_for}


class NoBoardYet(_Waiting):
    """There has never been a board to serve."""

    lacking = "No board can be served yet"


class NoAnswerNow(_Waiting):
    """A hashtag cannot be looked up."""

    lacking = "The hashtag cannot be looked up now"


def init_app(app: Flask) -> None:
    """Answer every error under the programs' paths with problem+json, unforeseen ones too."""
    app.register_error_handler(HTTPException, _handle)


def _handle(error: HTTPException) -> BaseResponse | HTTPException:
    return _problem(error) if request.path.startswith(_FOR_PROGRAMS) else error


def _problem(error: HTTPException) -> Response:
    # Its own headers (Allow, Retry-After) stay, the type of its HTML body does not.
    headers = [(k, v) for k, v in error.get_headers() if k.lower() != "content-type"]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.name,
        "status": error.code,
        "detail": error.description,
        **getattr(error, "members", {}),
    }
    response = Response(
        json.dumps(body, ensure_ascii=False), error.code, mimetype="application/problem+json"
    )
    response.headers.extend(headers)
    response.headers["Cache-Control"] = "no-store"
    return response
