"""The HTTP transport under atproto, with limits that the library does not set."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx

from ingest.sources.http.limits import Deadline, whole

HEADERS = ("content-type", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
# No other compression is asked for: some blow a small answer up beyond all memory.
ACCEPTED = {"Accept-Encoding": "gzip"}


class PlainHttpError(httpx.TransportError):
    """The account's server is at an http address, although BLUESKY_URL is an https one."""


class LimitedTransport(httpx.HTTPTransport):
    """Limits that the library does not set: a deadline for the whole answer, and 10 MB.

    `answer` is the last answer, None as long as a call has none. Only the headers that are read
    get through: without a location no redirect is followed, so that credentials go to the host
    that was asked and to no other. They go there by https, unless `scheme` is another.
    """

    def __init__(self, timeout: float, scheme: str) -> None:
        super().__init__()
        self._deadline, self._scheme = Deadline(timeout), scheme
        self.answer: httpx.Response | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and read the whole body."""
        self.answer = None
        if request.url.scheme != "https" and self._scheme == "https":
            raise PlainHttpError("not sent")
        # https://www.encode.io/httpcore/extensions/#trace
        request.extensions = {**request.extensions, "trace": self._watch}
        try:
            with self._deadline.running():
                response, body = self._whole(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
        self.answer = httpx.Response(
            response.status_code, headers=headers, content=body, request=request
        )
        return self.answer

    def _watch(self, event: str, details: Mapping[str, Any]) -> None:
        if event in CONNECTED:
            self._deadline.watch(details["return_value"].get_extra_info("socket"))

    def _whole(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        with closing(super().handle_request(request)) as response:
            if response.headers.get("content-encoding", "gzip") not in ("gzip", "identity"):
                raise httpx.DecodingError("the answer is compressed as nobody asked for")
            return response, whole(response.iter_bytes())
