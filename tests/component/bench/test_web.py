"""Tests of the web service's benchmark."""

import asyncio
import time
from contextlib import suppress

import pytest

from bench.page import Figures, write
from bench.web import Web, metric, wrk_rate
from bench.widgets import widgets

WRK = """Running 5s test @ http://172.18.0.2:8080/api/v1/trends
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    12.03ms    1.50ms  31.22ms   87.11%
    Req/Sec     2.67k   101.40     2.84k    80.00%
  13274 requests in 5.00s, 27.60MB read
Requests/sec:   2654.31
Transfer/sec:      5.52MB
"""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"


class Server:
    """Answers requests; number `stalled` takes `seconds`, and those after it wait for it."""

    def __init__(self, answer: bytes = ANSWER, stalled: int = -1, seconds: float = 0.0) -> None:
        self.connections = self.requests = 0
        self._answer, self._stalled, self._seconds = answer, stalled, seconds
        self._lock = asyncio.Lock()
        self._serving: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._serving.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError):
            while True:
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET /a?b=c HTTP/1.1\r\n")
                self.requests += 1
                is_stalled = self.requests == self._stalled
                async with self._lock:
                    await asyncio.sleep(self._seconds if is_stalled else 0)
                writer.write(self._answer)
        writer.close()
        await writer.wait_closed()

    async def ask(self, rate: float, number: int, seconds: float) -> list[float]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            try:
                return await widgets(f"http://127.0.0.1:{port}/a?b=c", rate, number, seconds)
            finally:
                await asyncio.gather(*self._serving)


def test_widgets_keep_the_rate_and_their_connections() -> None:
    async def ask() -> Server:
        server = Server()
        assert len(await server.ask(rate=100, number=5, seconds=1)) == 95
        return server

    began = time.monotonic()
    server = asyncio.run(ask())
    assert time.monotonic() - began >= 0.99
    assert (server.requests, server.connections) == (100, 5)


def test_a_stall_is_counted_in_full() -> None:
    """A request due during the stall counts from when it was due, although it is sent later."""

    async def ask() -> list[float]:
        return await Server(stalled=21, seconds=0.5).ask(rate=100, number=4, seconds=1)

    late = sorted(asyncio.run(ask()))
    assert late[-1] >= 0.5
    assert sum(seconds >= 0.25 for seconds in late) >= 24


def test_an_error_is_no_answer() -> None:
    async def ask() -> None:
        await Server(answer=ANSWER.replace(b"200", b"503")).ask(rate=10, number=1, seconds=0.2)

    with pytest.raises(AssertionError, match="503"):
        asyncio.run(ask())


def test_the_rate_of_wrk_is_read_unless_there_were_errors() -> None:
    assert wrk_rate(WRK) == 2654.31
    for error in ("  Non-2xx or 3xx responses: 3\n", "  Socket errors: connect 0, read 1\n"):
        with pytest.raises(AssertionError):
            wrk_rate(WRK + error)


def test_a_metric_is_read() -> None:
    text = '# TYPE a counter\na_total{what="board"} 12.0\na_total{what="report"} 3.0\n'
    assert metric(text, 'a_total{what="report"}') == 3


def test_the_page_says_what_the_web_service_takes() -> None:
    web = Web(
        size=1234,
        rate=2500.4,
        nginx=50_000.0,
        steady=[0.002] * 99 + [0.004],
        paused=[0.003] * 90 + [0.2] * 10,
        widgets=[0.0051] * 100,
        reads=1.0,
        cores=0.061,
    )
    page = write(Figures(web=web))
    _, table = page.split("## The web service")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("| ")
    ]
    assert {len(row) for row in rows} == {4}
    found = {row[0]: row[1:] for row in rows}
    assert found["`/api/v1/trends` on one core"] == [
        "2,500 requests/s",
        "≥ 2,500 requests/s",
        "reached",
    ]
    assert found["ratio"][0] == "0.05"
    assert found["at 500 requests/s, p99"] == ["2.0 ms", "≤ 20 ms", "reached"]
    assert found["at 500 requests/s, HBase paused, p99"] == ["200.0 ms", "≤ 20 ms", "missed"]
    polling = "1,000 widgets, each polling every 10 s"
    assert found[f"{polling}, p99"] == ["5.1 ms", "≤ 20 ms", "reached"]
    assert found[f"{polling}: processor"][0] == "0.06 cores"
    assert found[f"{polling}: reads of HBase"][0] == "1.00 a second"
