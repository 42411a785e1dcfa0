"""The HTTP session under a network's client library, with limits that the libraries do not set."""

import io
import time

import requests
from requests import PreparedRequest, Response
from urllib3.exceptions import HTTPError

from ingest.sources import LONGEST_ANSWER_BYTES, TIMEOUT_SECONDS


class LimitedSession(requests.Session):
    """Each call has 10 s to connect, to answer and to read, and 10 MB for its answer.

    `answer` is the last answer, None as long as a call has none: libraries lose it when a header
    or an error body is not what they expect. No redirect is followed: credentials go to the
    host that was asked, and to no other.
    """

    def __init__(self, timeout: float = TIMEOUT_SECONDS) -> None:
        super().__init__()
        self._timeout = timeout
        self.answer: Response | None = None

    def send(self, request: PreparedRequest, **kwargs: object) -> Response:
        """Send within the limits, and read the whole body."""
        self.answer = None
        limits = {"timeout": self._timeout, "stream": True}
        response = super().send(request, **{**kwargs, **limits})  # type: ignore[arg-type]
        try:
            response.raw = io.BytesIO(self._body(response))
        except HTTPError as error:
            raise requests.ConnectionError(f"the answer broke off: {error}") from error
        self.answer = response
        return response

    def get_redirect_target(self, resp: Response) -> None:
        """Follow no redirect."""

    def _body(self, response: Response) -> bytes:
        """Read the body piece by piece: a read time-out alone never ends a dripping one."""
        deadline = time.monotonic() + self._timeout
        body = bytearray()
        with response.raw as raw:
            while piece := raw.read1(65_536, decode_content=True):
                body += piece
                if time.monotonic() > deadline:
                    raise requests.Timeout(f"the answer took over {self._timeout:g} s")
                if len(body) > LONGEST_ANSWER_BYTES:
                    raise requests.ConnectionError("the answer is longer than 10 MB")
        return bytes(body)
