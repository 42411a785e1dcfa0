"""An HTTP proxy that only tunnels (CONNECT), and notes where to."""

import base64
import select
import socket
import ssl
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SIZE = 65_536


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_CONNECT(self) -> None:
        if self.server.pause:
            self._drip()
            return
        expected = self.server.authorization
        if expected and self.headers.get("proxy-authorization") != expected:
            self.send_error(407)
            return
        self.server.targets.append(self.path)
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((self.server.hosts.get(host, host), int(port))) as target:
            self.send_response(200)
            self.end_headers()
            self._tunnel(target)
        self.close_connection = True

    def _drip(self) -> None:
        """Answer byte by byte, until the client has had enough."""
        self.close_connection = True
        with suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
                time.sleep(self.server.pause)
                self.wfile.write(bytes([byte]))

    def log_message(self, *args: Any) -> None:
        """The targets are the log."""

    def _tunnel(self, target: socket.socket) -> None:
        ends = {self.connection: target, target: self.connection}
        while True:
            readable, _, _ = select.select(list(ends), [], [], 10)
            for end in readable:
                piece = end.recv(SIZE)
                if not piece:
                    return
                ends[end].sendall(piece)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    authorization = ""
    pause = 0.0
    hosts: dict[str, str]
    targets: list[str]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is no news."""


class Proxy:
    """A proxy on its own port, as long as the `with` lasts.

    `hosts` maps names to the addresses that the proxy connects to, and `targets` lists what it was
    asked for. With `user` and `password` it demands them, with a `tls` context it speaks https
    itself, and with a `pause` it answers byte by byte, which lets no call through.
    """

    def __init__(
        self,
        hosts: dict[str, str] | None = None,
        user: str = "",
        password: str = "",
        tls: ssl.SSLContext | None = None,
        pause: float = 0.0,
    ) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.hosts, self._server.targets, self._server.pause = hosts or {}, [], pause
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        if user:
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._server.authorization = f"Basic {token}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.005,), daemon=True
        )
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http{'s' if tls else ''}://{self.address}"

    @property
    def targets(self) -> list[str]:
        return self._server.targets

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def server_context(certificate: Any) -> ssl.SSLContext:
    """A TLS server's context with a certificate that trustme issued."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
