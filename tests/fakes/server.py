"""What the doubles of the networks have in common: real HTTP, a log of calls, faults on demand.

Run one with `python -m fakes.NAME --port 8000` (from tests/), or in a test:
`with Serving(XDouble()) as x: ... x.url, x.double, x.requests`.

Control, without credentials: POST /_control/posts (a list of objects in the network's words;
what is missing is filled in; answers their ids), POST /_control/faults (a list of {"request": n,
"times": 1, "status", "body", "headers", "html", "delay", "drip", "drip_head", "drop"}; n counts
the API's calls from 1, "drop" is true, "middle" or "reset"), POST /_control/settings (attributes
of the double), GET /_control/requests, POST /_control/reset.
"""

import argparse
import json
import socket
import ssl
import struct
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Call:
    """One call of the API; `url` is what the client asked for, `body` its JSON or form, or None."""

    method: str
    path: str
    url: str
    query: dict[str, str]
    headers: Any
    body: Any


@dataclass(frozen=True)
class Answer:
    """What the network answers: a body that becomes JSON."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class Double(ABC):
    """The state of a network, guarded by `lock` during each call and control.

    Its clock is `clock_offset` seconds ahead of this machine's, `redirect_to` the base of the URL
    that every call of the API is redirected to, and `html` a page that answers every one of them.
    """

    clock_offset = 0.0
    redirect_to = ""
    html = ""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []

    @abstractmethod
    def add(self, posts: list[dict[str, Any]]) -> list[str]:
        """Append posts, each newer than the last; return their ids."""

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Answer a call of the API."""

    def settings(self, values: dict[str, Any]) -> None:
        """Set attributes."""
        vars(self).update(values)

    def now(self) -> float:
        """The time by the network's clock."""
        return time.time() + self.clock_offset

    def diversion(self, call: Call) -> Answer | None:
        """What is answered in place of the API, if there is such a thing."""
        if self.redirect_to:
            place = call.url.split("/", 3)[-1]
            return Answer(301, "", {"Location": f"{self.redirect_to}/{place}"})
        return Answer(200, self.html, {"Content-Type": "text/html"}) if self.html else None

    def fault(self) -> dict[str, Any]:
        """The fault for the call that was logged last, if there is one."""
        number = len(self.requests)
        for fault in self.faults:
            first = fault.get("request", 1)
            if first <= number < first + fault.get("times", 1):
                return fault
        return {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second would wait for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    server: "_Server"

    def do_GET(self) -> None:
        if self.path == "/_control/requests":
            self._send(200, json.dumps(self.server.double.requests).encode())
        else:
            self._api()

    def do_POST(self) -> None:
        if self.path.startswith("/_control/"):
            body = json.loads(self._raw_body() or "null")
            said = self._control(self.path.removeprefix("/_control/"), body)
            self._send(200, json.dumps(said).encode())
        else:
            self._api()

    def log_message(self, *args: Any) -> None:
        """The log of calls is at /_control/requests."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time of the Date header."""
        return super().date_time_string(self.server.double.now())

    def _raw_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _body(self) -> Any:
        raw = self._raw_body()
        if self.headers.get_content_type() == FORM:
            return dict(parse_qsl(raw.decode()))
        return json.loads(raw) if raw else None

    def _control(self, name: str, body: Any) -> Any:
        double = self.server.double
        with double.lock:
            if name == "posts":
                return double.add(body)
            if name == "faults":
                double.faults = body
            elif name == "settings":
                double.settings(body)
            elif name == "reset":
                self.server.double = type(double)()
        return {}

    def _api(self) -> None:
        double, parts = self.server.double, urlsplit(self.path)
        url = f"{self.server.scheme}://{self.headers['host']}{self.path}"
        query = dict(parse_qsl(parts.query))
        call = Call(self.command, parts.path, url, query, self.headers, self._body())
        with double.lock:
            entry = {"method": call.method, "path": call.path, "query": query, "at": time.time()}
            double.requests.append(entry)
            fault = double.fault()
            answer = double.diversion(call) or double.answer(call)
            entry["status"] = fault.get("status", answer.status)
        self._respond(answer, fault)

    def _respond(self, answer: Answer, fault: dict[str, Any]) -> None:
        time.sleep(fault.get("delay", 0))
        if fault.get("drop") is True:
            self.close_connection = True
            return
        if "drip_head" in fault:
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000, fault["drip_head"])
            self.close_connection = True
            return
        headers = answer.headers
        if "headers" in fault:
            headers = {name: value for name, value in fault["headers"].items() if value is not None}
        status = fault.get("status", answer.status)
        if "html" in fault:
            self._send(status, fault["html"].encode(), "text/html", headers, fault)
            return
        body = fault.get("body", answer.body)
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self._send(status, raw, JSON, headers, fault)

    def _send(
        self,
        status: int,
        raw: bytes,
        kind: str = JSON,
        headers: dict[str, str] | None = None,
        fault: dict[str, Any] | None = None,
    ) -> None:
        self.send_response(status)
        standard = {"Content-Type": kind, "Content-Length": str(len(raw))}
        for name, value in (standard | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if fault and fault.get("drop") == "middle":
            self.wfile.write(raw[: len(raw) // 2])
            self.close_connection = True
        elif fault and fault.get("drop") == "reset":
            self.wfile.write(raw[: len(raw) // 2])
            self._reset()
        elif fault and "drip" in fault:
            self._drip(raw, fault["drip"])
        else:
            self.wfile.write(raw)

    def _reset(self) -> None:
        """Close without lingering: the client gets a reset instead of an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def _drip(self, raw: bytes, pause: float) -> None:
        """One byte at a time, until the client has had enough."""
        try:
            for byte in raw:
                self.wfile.write(bytes([byte]))
                time.sleep(pause)
        except OSError:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    double: Double
    scheme = "http"

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """Serve https. The handshake belongs to a connection's own thread, not to accept()."""
        self.scheme = "https"
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is no news."""


D = TypeVar("D", bound=Double)


class Serving(Generic[D]):
    """A double on its own port, as long as the `with` lasts; https with a `tls` context."""

    def __init__(
        self,
        double: D,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = _Server((host, port), _Handler)
        self._server.double = double
        if tls:
            self._server.speak_tls(tls)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.005,), daemon=True
        )
        self.port = self._server.server_port
        self.url = f"{self._server.scheme}://{host}:{self.port}"

    @property
    def double(self) -> D:
        return self._server.double  # type: ignore[return-value]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self.double.requests

    def __enter__(self) -> "Serving[D]":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def serve(double: Double) -> None:
    """Serve a double by the command line's --host and --port until killed."""
    parser = argparse.ArgumentParser(description=type(double).__doc__)
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    server = _Server((arguments.host, arguments.port), _Handler)
    server.double = double
    server.serve_forever()
