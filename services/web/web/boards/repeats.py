"""Repeats answers of `/api/v1/trends` for as long as the board behind them is the same.

Widgets ask for the same few boards again and again. Nearly all that such an answer costs is
routing, headers and hooks, which come out the same each time, so Flask is asked once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from web import metrics
from web.boards.trends import Answer, Trends
from web.http.problems import NoBoardYet

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/api/v1/trends"

ANSWER = "web.answer"
"""The key in the WSGI environment under which a view leaves the `Asked` behind its response."""

_METHODS = ("GET", "HEAD")

# All that makes a difference to a response, beside the board.
_DECIDING = ("REQUEST_METHOD", "QUERY_STRING", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH")

_MOST = 256


@dataclass(frozen=True)
class Asked:
    """What was asked for, and the answer at the time."""

    board: str
    limit: int
    rank_by: str
    answer: Answer


@dataclass(frozen=True)
class _Response:
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    asked: Asked | None


class Repeats:
    """A WSGI application in front of the service's own."""

    def __init__(self, app: "WSGIApplication", source: Trends) -> None:
        self._app, self._source = app, source
        self._responses: dict[tuple[str, ...], _Response] = {}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer as the service's application would."""
        if environ["REQUEST_METHOD"] not in _METHODS or environ["PATH_INFO"] != PATH:
            return self._app(environ, start_response)
        began = perf_counter()
        request = tuple(environ.get(name, "") for name in _DECIDING)
        response = self._responses.get(request)
        if response is not None and self._holds(response):
            metrics.answered(PATH, int(response.status[:3]), perf_counter() - began)
        else:
            response = self._ask(environ)
            self._keep(request, response)
        start_response(response.status, [*response.headers])
        return [response.body]

    def _holds(self, response: _Response) -> bool:
        asked = response.asked
        if asked is None:
            return False
        try:
            now = self._source.answer(asked.board, asked.limit, asked.rank_by)
        except NoBoardYet:
            return False
        return now is asked.answer

    def _ask(self, environ: "WSGIEnvironment") -> _Response:
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            started[:] = status, headers

        chunks = self._app(environ, start)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = started
        # gunicorn adds the date of each response.
        lasting = [(name, value) for name, value in headers if name != "Date"]
        return _Response(status, lasting, body, environ.get(ANSWER))

    def _keep(self, request: tuple[str, ...], response: _Response) -> None:
        if response.asked is None:
            return
        if len(self._responses) >= _MOST:
            self._responses.clear()
        self._responses[request] = response
