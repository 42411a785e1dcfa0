"""The HTTP transport under atproto, with limits that the library does not set."""

import time
from contextlib import closing

import httpx

from ingest.sources import LONGEST_ANSWER_BYTES

HEADERS = ("content-type", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
# No other compression is asked for: some blow a small answer up beyond all memory.
ACCEPTED = {"Accept-Encoding": "gzip"}


class PlainHttpError(httpx.TransportError):
    """The account's server is at an http address, although BLUESKY_URL is an https one."""


class LimitedTransport(httpx.HTTPTransport):
    """Limits that the library does not set: a deadline for the body, and 10 MB for it.

    `answer` is the last answer, None as long as a call has none. Only the headers that are read
    get through: without a location no redirect is followed, so that credentials go to the host
    that was asked and to no other. They go there by https, unless `scheme` is another.
    """

    def __init__(self, timeout: float, scheme: str) -> None:
        super().__init__()
        self._timeout, self._scheme = timeout, scheme
        self.answer: httpx.Response | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and read the whole body."""
        self.answer = None
        if request.url.scheme != "https" and self._scheme == "https":
            raise PlainHttpError("not sent")
        with closing(super().handle_request(request)) as response:
            body = self._body(response)
        headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
        self.answer = httpx.Response(
            response.status_code, headers=headers, content=body, request=request
        )
        return self.answer

    def _body(self, response: httpx.Response) -> bytes:
        """Read the body piece by piece: a read time-out alone never ends a dripping one."""
        if response.headers.get("content-encoding", "gzip") not in ("gzip", "identity"):
            raise httpx.DecodingError("the answer is compressed as nobody asked for")
        deadline = time.monotonic() + self._timeout
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"the answer took over {self._timeout:g} s")
            if len(body) > LONGEST_ANSWER_BYTES:
                raise httpx.ReadError("the answer is longer than 10 MB")
        return bytes(body)
