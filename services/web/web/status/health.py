"""Is the process alive, and can it do its work."""

from flask import Blueprint, Response

from web.boards.board import BOARDS
from web.boards.trends import Trends


def blueprint(source: Trends) -> Blueprint:
    """Return /healthz and /readyz."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        """200 while the process answers at all; touches nothing else."""
        return _ok()

    @health.get("/readyz")
    def readyz() -> Response:
        """200 when there is a board to serve, even an old one; 503 says what is missing."""
        source.answer(BOARDS[0], 1)
        return _ok()

    return health


def _ok() -> Response:
    response = Response("ok\n", mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
