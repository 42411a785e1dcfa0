"""Errors that a program can read, RFC 9457 problem details, and pages for those who browse."""

import json
from typing import Any, ClassVar

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    NotFound,
    NotImplemented,
    ServiceUnavailable,
)
from werkzeug.wrappers import Response as BaseResponse

RETRY_AFTER_SECONDS = 5

PROBLEM, PAGE = "application/problem+json", "text/html"

# Whoever asks for these is a program, whatever it says that it accepts.
_FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/openapi.json", "/oembed", "/feed.")


class BadParameter(BadRequest):
    """A query parameter has a value that is not allowed: 400."""

    def __init__(self, parameter: str, allowed: str) -> None:
        super().__init__(f"{parameter} must be {allowed}.")
        self.members = {"parameter": parameter}


class NotRankedByPeople(BadRequest):
    """People are to rank a board that covers all time, of which they are not known: 400."""

    description = "rank_by=people needs board=1h, 24h or 7d."
    members: ClassVar = {"parameter": "rank_by"}


class NotSeen(NotFound):
    """A hashtag has no history to show: 404."""

    def __init__(self, key: str) -> None:
        super().__init__(f"#{key} has not been seen.")


class NotEmbeddable(NotFound):
    """An address does not lead to anything here that can be embedded: 404."""

    description = "This URL can't be embedded from this server."


class AnotherVersion(NotFound):
    """The address of a script names a version that is no longer served: 404."""

    description = "This version of the widget is no longer served. Copy the snippet again."


class FormatNotOffered(NotImplemented):
    """An answer is asked for in a format that there is not: 501."""

    description = "format must be json."


class _Waiting(ServiceUnavailable):
    """Something cannot be served now: 503 with the reason."""

    lacking: str

    def __init__(self, reason: str) -> None:
        super().__init__(f"{self.lacking}. {reason}.", retry_after=RETRY_AFTER_SECONDS)
        self.members = {"waiting_for": reason}


class NoBoardYet(_Waiting):
    """There has never been a board to serve."""

    lacking = "No board can be served yet"


class NoAnswerNow(_Waiting):
    """HBase cannot be asked for hashtags."""

    lacking = "Hashtags cannot be looked up now"


def init_app(app: Flask) -> None:
    """Answer every error with problem+json or a small page, unforeseen ones too."""
    app.register_error_handler(HTTPException, _handle)


def body(status: int, title: str, detail: str, **members: Any) -> str:
    """Return problem details as JSON."""
    details = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return json.dumps({**details, **members}, ensure_ascii=False)


def _handle(error: HTTPException) -> BaseResponse:
    for_program = request.path.startswith(_FOR_PROGRAMS)
    # Of two that are as welcome, the first is the best match.
    browsing = not for_program and request.accept_mimetypes.best_match([PROBLEM, PAGE]) == PAGE
    response = _page(error) if browsing else _problem(error)
    # Its own headers (Allow, Retry-After) stay, the type of its HTML body does not.
    response.headers.extend((k, v) for k, v in error.get_headers() if k.lower() != "content-type")
    response.headers["Cache-Control"] = "no-store"
    if not for_program:
        response.vary.add("Accept")
    return response


def _problem(error: HTTPException) -> Response:
    members = getattr(error, "members", {})
    details = body(error.code or 500, error.name, error.description or error.name, **members)
    return Response(details, error.code, mimetype=PROBLEM)


def _page(error: HTTPException) -> Response:
    # Relative, as all links are: how deep a path is below the service, only the service knows.
    root = "../" * (request.path.count("/") - 1) or "./"
    return Response(render_template("problem.html", error=error, root=root), error.code)
