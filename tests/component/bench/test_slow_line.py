"""Tests of the slow line, and of the tags to search among."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from bench.searches import SEARCHES, WARM_UP, prefixes
from bench.slow_line import BITS_PER_SECOND, ROUND_TRIP, slow_line
from bench.tags import MOST, cell, tag
from web.hashtags.row import parse_summary

BODY = bytes(range(256)) * 80


class Handler(BaseHTTPRequestHandler):
    """Answers everything with the same."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_everything_comes_through_and_takes_its_time(url: str) -> None:
    """A new connection takes a round trip more."""
    sending = len(BODY) * 8 / BITS_PER_SECOND
    with slow_line(url) as slow, requests.Session() as session:
        seconds = []
        for _ in range(2):
            began = time.perf_counter()
            assert session.get(slow, timeout=30).content == BODY
            seconds.append(time.perf_counter() - began)
    assert seconds[0] >= 2 * ROUND_TRIP + sending
    assert seconds[1] >= ROUND_TRIP + sending


def test_connections_share_the_line(url: str) -> None:
    with slow_line(url) as slow:
        threads = [
            threading.Thread(target=requests.get, args=(slow,), kwargs={"timeout": 30})
            for _ in range(3)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.perf_counter() - began >= 2 * ROUND_TRIP + 3 * len(BODY) * 8 / BITS_PER_SECOND


def test_tags_differ_and_are_rows_of_the_contract() -> None:
    assert MOST == 1_000_000
    some = {tag(number) for number in range(0, MOST, 97)}
    assert len(some) == len(range(0, MOST, 97))
    found = parse_summary(tag(7), {b"n:count": cell(tag(7), 12, 1_790_000_000_000).encode()})
    assert (found.count, found.spelling) == (12, tag(7))


def test_no_prefix_is_searched_twice() -> None:
    found = prefixes(WARM_UP + SEARCHES)
    assert len(set(found)) == len(found) == WARM_UP + SEARCHES
    assert {len(prefix) for prefix in found} == {1, 2, 3, 4, 5, 6}
