"""What the real web service makes of requests that no ordinary client sends."""

import socket
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest
import requests

from integration.widget.lab import Service, free_port, running

HOST = b"Host: trends.example\r\nConnection: close\r\n\r\n"

REFUSED = {
    "a long address": (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n" + HOST, 414),
    "bytes in the address": (b"GET /?board=\xff HTTP/1.1\r\n" + HOST, 400),
    "no HTTP": (b"hello\r\n\r\n", 400),
    "another HTTP": (b"GET / HTTP/9.9\r\n" + HOST, 400),
    "a small method": (b"get / HTTP/1.1\r\n" + HOST, 400),
    "a header with a space": (b"GET / HTTP/1.1\r\nA B: c\r\n" + HOST, 400),
    "a long header": (b"GET / HTTP/1.1\r\nA: " + b"a" * 9000 + b"\r\n" + HOST, 431),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + HOST, 431),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a.example\r\n" + HOST, 400),
    "an odd coding": (b"GET / HTTP/1.1\r\nTransfer-Encoding: odd\r\n" + HOST, 501),
    "an odd expectation": (b"GET / HTTP/1.1\r\nExpect: much\r\n" + HOST, 417),
    "an odd method": (b"BREW / HTTP/1.1\r\n" + HOST, 405),
    "all of the server": (b"OPTIONS * HTTP/1.1\r\n" + HOST, 404),
    "a path of bytes": (b"GET /%ff%00%0a HTTP/1.1\r\n" + HOST, 404),
    "a path outside": (b"GET /static/../wsgi.py HTTP/1.1\r\n" + HOST, 404),
    "a path outside, hidden": (b"GET /static/%2e%2e%2fwsgi.py HTTP/1.1\r\n" + HOST, 404),
    "a host too long": (b"GET / HTTP/1.1\r\nHost: " + b"a" * 300 + b"\r\n\r\n", 400),
}

PATHS = ["/", "/status", "/widget", "/widget.js", "/badge.svg", "/openapi.json", "/healthz"]
PATHS += ["/readyz", "/api/v1/status", "/api/v1/trends", "/api/v1/hashtags/tea", "/oembed"]
PATHS += ["/static/icon.svg", "/nothing", "/metrics", "/favicon.ico", "/robots.txt"]
PATHS += ["/feed.atom", "/feed.json", "/api/v1/hashtags?prefix=tea", "/static/page.css"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that has never seen HBase."""
    service = Service(tmp_path_factory.mktemp("service"), HBASE_THRIFT_PORT=free_port())
    with running(service, until="/healthz") as found:
        yield found


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_answered_is_refused_with_a_problem(service: Service, what: str) -> None:
    request, status = REFUSED[what]
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection)
        response.begin()
        problem = response.read()
    assert response.status == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert f'"status": {status}'.encode() in problem


@pytest.mark.parametrize("path", PATHS)
def test_head_has_the_headers_of_get_and_no_version_is_told(service: Service, path: str) -> None:
    get, head = (
        requests.request(method, service.url + path, timeout=10) for method in ("GET", "HEAD")
    )
    assert head.content == b""
    assert head.status_code == get.status_code
    changing = ("Date", "ETag", "Content-Length")
    for each in (get, head):
        assert not any(digit in each.headers["Server"] for digit in "0123456789/")
        assert "X-Powered-By" not in each.headers
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in get.headers.items() if k not in changing
    }
    assert "Content-Length" in head.headers
