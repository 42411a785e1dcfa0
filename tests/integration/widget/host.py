"""A web site of somebody else, whose pages embed the widget."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Document(NamedTuple):
    """What is served under a path."""

    body: bytes
    headers: Mapping[str, str]


class HostSite:
    """A server of pages that a test makes up.

    It has two names, which are two origins to a browser: 127.0.0.1 and localhost.
    """

    def __init__(self) -> None:
        documents: dict[str, Document] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                document = documents.get(urlsplit(self.path).path)
                if document is None:  # the picture that every browser asks for
                    self.send_response(HTTPStatus.NO_CONTENT)
                    self.end_headers()
                    return
                self.send_response(HTTPStatus.OK)
                for name, value in document.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(document.body)))
                self.end_headers()
                self.wfile.write(document.body)

            def log_message(self, *_: Any) -> None:
                """Be quiet."""

        self._documents = documents
        self._numbers = itertools.count()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.other_url = f"http://localhost:{self.port}"

    def page(self, body: str, head: str = "", lang: str = "en", **headers: str) -> str:
        """Publish a page; its address. Headers are named with underscores."""
        text = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>A page</title>{head}</head><body>{body}</body></html>"
        )
        path = f"/{next(self._numbers)}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._documents[path] = Document(text.encode(), {"Content-Type": "text/html", **named})
        return self.url + path

    @contextmanager
    def open(self) -> Iterator["HostSite"]:
        """Serve for as long as the context lasts."""
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
