"""What the service tells Prometheus, on a port of the internal network."""

import logging
from functools import cache
from time import perf_counter

from flask import Flask, Response, g, request
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from web.boards.board import Board

log = logging.getLogger(__name__)

_REQUESTS = Counter("web_requests_total", "Requests answered.", ["route", "status"])
_SECONDS = Histogram(
    "web_request_seconds",
    "From a request to its answer, without the network.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
_READS = Counter("web_hbase_reads_total", "Tries to read HBase.", ["what"])
_FAILURES = Counter("web_hbase_failures_total", "Tries to read HBase that failed.", ["what"])
_AS_OF = Gauge(
    "web_board_timestamp_seconds",
    "When the newest board that is known was computed.",
    ["board", "rank_by"],
)

# Addresses that do not exist are countless.
_NO_ROUTE = "none"


def init_app(app: Flask) -> None:
    """Count the app's requests and take their time; call it before other hooks are added."""

    @app.before_request
    def begin() -> None:
        g.began = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        rule = request.url_rule
        route = rule.rule if rule else _NO_ROUTE
        answered(route, response.status_code, perf_counter() - g.began)
        return response


def answered(route: str, status: int, took: float) -> None:
    """Count a request and the seconds that it took."""
    requests, seconds = _series(route, status)
    requests.inc()
    seconds.observe(took)


# To look both up costs as much as the rest.
@cache
def _series(route: str, status: int) -> tuple[Counter, Histogram]:
    return _REQUESTS.labels(route, status), _SECONDS.labels(route)


def reading(what: str) -> None:
    """Tell of a try to read HBase."""
    _READS.labels(what).inc()


def failed(what: str) -> None:
    """Tell that what was tried failed."""
    _FAILURES.labels(what).inc()


def board(board: Board) -> None:
    """Tell of a board that was read."""
    _AS_OF.labels(board.board, board.rank_by).set(board.as_of.timestamp())


def serve(port: int) -> None:
    """Serve /metrics on every interface; without a free port the service goes on without."""
    try:
        start_http_server(port)
    except OSError as error:
        form = "continuing without metrics: METRICS_PORT must be a free port, not %s: %s"
        log.error(form, port, error)
