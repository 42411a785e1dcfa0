"""The HTTP session under tweepy: another host, and limits that tweepy does not set."""

import io
import time

import requests
from requests import PreparedRequest, Request, Response
from urllib3.exceptions import HTTPError

# tweepy 4.17 has no setting for the host (tweepy/client.py, BaseClient.request).
TWEEPY_HOST = "https://api.twitter.com"
TIMEOUT_SECONDS = 10.0
LONGEST_ANSWER_BYTES = 10_000_000


class GatewaySession(requests.Session):
    """Sends tweepy's calls to `base_url`, each within 10 s to connect, to answer and to read.

    The URL is changed before the request is prepared, so OAuth signs what the server will see.
    `answer` is the last answer, None as long as a call has none: tweepy's exceptions lose it
    when a header or an error body is not what tweepy expects.
    """

    def __init__(self, base_url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        super().__init__()
        self._base_url, self._timeout = base_url, timeout
        self.answer: Response | None = None

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Put the base URL in the place of tweepy's host."""
        request.url = self._base_url + str(request.url).removeprefix(TWEEPY_HOST)
        return super().prepare_request(request)

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
        """Follow no redirect: the signature would not fit."""

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
