"""HTTP session for the networks' client libraries, with limits that those do not set."""

import io
from collections.abc import Iterator
from functools import partial
from ssl import SSLContext
from typing import Any

import requests
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from ingest.sources.base import TIMEOUT_SECONDS
from ingest.sources.http.egress import Egress
from ingest.sources.http.limits import Deadline, TooLargeError, read_whole


class LimitedSession(requests.Session):
    """Limits each call, from connecting to the end of the response, to 10 s and 10 MB.

    `response` is the last response, None while a call has none: libraries lose it if a header or an
    error body is not what they expect. Redirects are not followed, so that credentials go to the
    requested host and no other.
    """

    def __init__(self, egress: Egress, timeout: float = TIMEOUT_SECONDS) -> None:
        super().__init__()
        # Ignore netrc and the environment: the settings decide.
        self.trust_env = False
        self._egress, self._timeout, self._deadline = egress, timeout, Deadline(timeout)
        self.response: Response | None = None
        self._adapter = _WatchedAdapter(self._deadline, egress.context)
        for scheme in ("http://", "https://"):
            self.mount(scheme, self._adapter)

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        """Send a request within the limits, and read the whole body."""
        self.response = None
        limits: dict[str, Any] = {"timeout": self._timeout, "stream": True}
        proxy = self._egress.proxy_for(str(request.url))
        limits["proxies"] = {"https": proxy} if proxy else {}
        self._adapter.is_connecting = False
        try:
            return self._send(request, {**kwargs, **limits})
        except requests.RequestException as error:
            if proxy and self._adapter.is_connecting:
                raise requests.exceptions.ProxyError(str(error)) from error
            raise

    def _send(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        try:
            with self._deadline.running():
                response = super().send(request, **options)
                response.raw = io.BytesIO(read_whole(_pieces(response)))
        except TimeoutError as error:
            raise requests.Timeout(str(error)) from error
        except (HTTPError, TooLargeError) as error:
            raise requests.ConnectionError(f"no whole response: {error}") from error
        self.response = response
        return response

    def get_redirect_target(self, resp: Response) -> None:
        """Return None, so that redirects are not followed."""


class _WatchedAdapter(HTTPAdapter):
    """Watches every connection that it opens, and verifies certificates with `context`."""

    def __init__(self, deadline: Deadline, context: SSLContext) -> None:
        self._deadline, self._context = deadline, context
        self.is_connecting = False
        """Whether the last call has begun to connect, and not come to the end of it."""
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Create the pools for connections through a proxy."""
        contexts = {"ssl_context": self._context, "proxy_ssl_context": self._context}
        return super().proxy_manager_for(proxy, **kwargs, **contexts)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool for a request, set up to have its connections watched."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(self._watched, type(pool).ConnectionCls)
        return pool

    def _watched(self, kind: Any, **options: Any) -> Any:
        connection = kind(**options)
        connect, new_socket = connection.connect, connection._new_conn

        def connect_watched() -> None:
            self.is_connecting = True
            connect()
            self._deadline.watch(connection.sock)
            self.is_connecting = False

        def new_socket_watched() -> Any:
            made = new_socket()
            self._deadline.watch(made)
            return made

        connection.connect, connection._new_conn = connect_watched, new_socket_watched
        return connection


def _pieces(response: Response) -> Iterator[bytes]:
    with response.raw as raw:
        while piece := raw.read1(65_536, decode_content=True):
            yield piece
