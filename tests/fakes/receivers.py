"""What gets the messages of alerts: a webhook, and a mail server of the standard library alone.

Run both with `python -m fakes.receivers` (from tests/), with the control of fakes/server.py:
`requests` has the title of each message, also of a mail (`MAIL`).
"""

import json
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fakes.server import Answer, Call, Double, serve

Hook = Callable[[], None]


class Webhook(ThreadingHTTPServer):
    """Takes JSON messages on loopback as long as the `with` lasts.

    `faults` are for the calls to come, one each: a status, or seconds between the bytes of an
    answer that never ends. `taken` are the messages that were answered with 200. `before_answer`
    is called when a message has arrived whole and is not answered yet.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.url = f"json://127.0.0.1:{self.server_port}/hook"
        self.calls: list[Any] = []
        self.taken: list[Any] = []
        self.faults: list[int | float] = []
        self.before_answer: Hook = lambda: None
        self._thread = threading.Thread(target=self.serve_forever, args=(0.005,), daemon=True)

    def __enter__(self) -> "Webhook":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.taken]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed or gave up is no news."""


class _Call(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.calls.append(said)
        fault = self.server.faults.pop(0) if self.server.faults else 200
        if isinstance(fault, float):
            self._drip(fault)
            return
        if fault == 200:
            self.server.taken.append(said)
            self.server.before_answer()
        self.send_response(fault)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self, pause: float) -> None:
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while True:
                self.wfile.write(b"x")
                time.sleep(pause)

    def log_message(self, *args: Any) -> None:
        """The log of calls is `calls`."""


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail as long as the `with` lasts; refuses the first `refuse` of them."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), _Session)
        port = self.server_address[1]
        self.url = f"mailto://127.0.0.1:{port}/?from=trends@example.org&to=me@example.org"
        self.mails: list[EmailMessage] = []
        self.refuse = 0
        self.taken: Callable[[EmailMessage], None] = self.mails.append
        self._thread = threading.Thread(target=self.serve_forever, args=(0.005,), daemon=True)

    def __enter__(self) -> "MailServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            match line.split()[0].upper():
                case "EHLO" | "HELO":
                    self._say("250 SMTPUTF8")
                case "DATA":
                    self._say("354 go ahead")
                    self._take()
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if self.server.refuse:
            self.server.refuse -= 1
            self._say("451 try again later")
            return
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.server.taken(mail)
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


# Outlives a reset, which makes another double.
_LOG: list[dict[str, Any]] = []


class ReceiverDouble(Double):
    """A webhook with a mail server beside it.

    It answers `delay` seconds after a message is in the log.
    """

    def __init__(self) -> None:
        super().__init__()
        self.delay = 0.0
        self.requests = _LOG
        self.requests.clear()

    def add(self, posts: list[dict[str, Any]]) -> list[str]:
        """There are no posts."""
        raise NotImplementedError

    def answer(self, call: Call) -> Answer:
        """Take a message."""
        self.requests[-1]["title"] = call.body["title"]
        return Answer(200, {})

    def fault(self) -> dict[str, Any]:
        """Only what `delay` says."""
        return {"delay": self.delay}


if __name__ == "__main__":
    with MailServer("0.0.0.0", 2525) as server:
        server.taken = lambda mail: _LOG.append({"method": "MAIL", "title": mail["subject"]})
        serve(ReceiverDouble())
