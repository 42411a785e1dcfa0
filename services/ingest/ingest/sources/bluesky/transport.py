"""HTTP transport for atproto, with limits that the library does not set."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx

from ingest.sources.http.egress import Egress
from ingest.sources.http.limits import Deadline, read_whole

HEADERS = ("content-type", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
CONNECTING = "connection.connect_tcp.started"
CONNECTED = (
    "connection.connect_tcp.complete",
    "connection.start_tls.complete",
    "proxy.start_tls.complete",
)
# Accept no other compression: some can expand a small response beyond all memory.
ACCEPTED = {"Accept-Encoding": "gzip"}


class PlainHttpError(httpx.TransportError):
    """The account's server has an http address although BLUESKY_URL is https."""


class LimitedTransport(httpx.BaseTransport):
    """Limits each response to 10 MB, and to a deadline for the whole of it.

    `response` is the last response, None while a call has none. Only the headers that are used get
    through: without `location` no redirect is followed, so credentials go only to the host that
    was called. They go there by https, unless `scheme` is another.
    """

    def __init__(self, egress: Egress, timeout: float, scheme: str) -> None:
        self._egress, self._deadline, self._scheme = egress, Deadline(timeout), scheme
        self._direct = httpx.HTTPTransport(verify=egress.context, trust_env=False)
        self._proxied = _proxied(egress) if egress.proxy else None
        self.response: httpx.Response | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and read the whole body of the response."""
        self.response = None
        if request.url.scheme != "https" and self._scheme == "https":
            raise PlainHttpError("not sent")
        # https://www.encode.io/httpcore/extensions/#trace
        request.extensions = {**request.extensions, "trace": self._watch}
        transport = self._transport(request)
        self._is_connecting = False
        try:
            with self._deadline.running():
                response, body = _read(transport, request)
        except (TimeoutError, httpx.TransportError) as error:
            if transport is self._proxied and self._is_connecting:
                raise httpx.ProxyError(str(error)) from error
            if isinstance(error, TimeoutError):
                raise httpx.ReadTimeout(str(error)) from error
            raise
        headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
        self.response = httpx.Response(
            response.status_code, headers=headers, content=body, request=request
        )
        return self.response

    def close(self) -> None:
        """Close the connections."""
        self._direct.close()
        if self._proxied:
            self._proxied.close()

    def _watch(self, event: str, details: Mapping[str, Any]) -> None:
        if event == CONNECTING:
            self._is_connecting = True
        if event in CONNECTED:
            # Behind a proxy the connection is ready with the tunnel's TLS.
            self._is_connecting = self._is_connecting and event != CONNECTED[-1]
            self._deadline.watch(details["return_value"].get_extra_info("socket"))

    def _transport(self, request: httpx.Request) -> httpx.HTTPTransport:
        if self._proxied and self._egress.proxy_for(str(request.url)):
            return self._proxied
        return self._direct


def _read(transport: httpx.HTTPTransport, request: httpx.Request) -> tuple[httpx.Response, bytes]:
    """Send a request; return the response and its whole body."""
    with closing(transport.handle_request(request)) as response:
        if response.headers.get("content-encoding", "gzip") not in ("gzip", "identity"):
            raise httpx.DecodingError("the response has a compression that was not asked for")
        return response, read_whole(response.iter_bytes())


def _proxied(egress: Egress) -> httpx.HTTPTransport:
    """Create the transport for calls through the proxy, which may itself use https."""
    is_https = egress.proxy.startswith("https:")
    proxy = httpx.Proxy(egress.proxy, ssl_context=egress.context if is_https else None)
    return httpx.HTTPTransport(proxy=proxy, verify=egress.context, trust_env=False)
