"""The HTTP session under a network's client library, with limits that the libraries do not set."""

import io
from collections.abc import Iterator
from functools import partial
from typing import Any

import requests
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from ingest.sources.base import TIMEOUT_SECONDS
from ingest.sources.http.limits import Deadline, TooLargeError, whole


class LimitedSession(requests.Session):
    """Each call has 10 s to connect, 10 s for its whole answer, and 10 MB.

    `answer` is the last answer, None as long as a call has none: libraries lose it when a header
    or an error body is not what they expect. No redirect is followed: credentials go to the
    host that was asked, and to no other.
    """

    def __init__(self, timeout: float = TIMEOUT_SECONDS) -> None:
        super().__init__()
        self._timeout, self._deadline = timeout, Deadline(timeout)
        self.answer: Response | None = None
        for scheme in ("http://", "https://"):
            self.mount(scheme, _WatchedAdapter(self._deadline))

    def send(self, request: PreparedRequest, **kwargs: object) -> Response:
        """Send within the limits, and read the whole body."""
        self.answer = None
        limits = {"timeout": self._timeout, "stream": True}
        try:
            with self._deadline.running():
                response = super().send(request, **{**kwargs, **limits})  # type: ignore[arg-type]
                response.raw = io.BytesIO(whole(_pieces(response)))
        except TimeoutError as error:
            raise requests.Timeout(str(error)) from error
        except (HTTPError, TooLargeError) as error:
            raise requests.ConnectionError(f"no whole answer: {error}") from error
        self.answer = response
        return response

    def get_redirect_target(self, resp: Response) -> None:
        """Follow no redirect."""


class _WatchedAdapter(HTTPAdapter):
    """Has every connection watched that it opens."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool for a request; it makes its connections here."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(self._watched, type(pool).ConnectionCls)
        return pool

    def _watched(self, kind: Any, **options: Any) -> Any:
        connection = kind(**options)
        connect = connection.connect

        def connect_watched() -> None:
            connect()
            self._deadline.watch(connection.sock)

        connection.connect = connect_watched
        return connection


def _pieces(response: Response) -> Iterator[bytes]:
    with response.raw as raw:
        while piece := raw.read1(65_536, decode_content=True):
            yield piece
