"""The service as gunicorn runs it: its ports, and what clients that say nothing do to it."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

import web
from support.waiting import eventually

pytestmark = pytest.mark.component

SERVICE = Path(web.__file__).parents[1]
# More than there are threads.
CLIENTS = 20


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])


def get(port: int, path: str, within: float = 30) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=within) as response:
        return str(response.read().decode())


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """The public port and that of the metrics; HBase is away."""
    public, metrics = free_port(), free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{public}"],
        cwd=SERVICE,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HBASE_THRIFT_HOST": "127.0.0.1",
            "HBASE_THRIFT_PORT": str(free_port()),
            "METRICS_PORT": str(metrics),
        },
    )
    try:
        eventually(lambda: get(public, "/healthz") == "ok\n", within=60)
        yield public, metrics
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def clients(port: int, says: bytes) -> Iterator[None]:
    """Clients that say this much, and then nothing."""
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            client.sendall(says)
        yield


def test_metrics_have_a_port_of_their_own(ports: tuple[int, int]) -> None:
    public, metrics = ports
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(public, "/metrics")
    assert 'web_requests_total{route="/healthz",status="200"}' in get(metrics, "/metrics")


def test_failed_reads_of_hbase_are_told(ports: tuple[int, int]) -> None:
    public, metrics = ports
    with pytest.raises(urllib.error.HTTPError, match="503"):
        get(public, "/readyz")
    assert 'web_hbase_failures_total{what="board"}' in get(metrics, "/metrics")


@pytest.mark.parametrize(
    ("says", "within"), [(b"", 4), (b"GET /healthz HTTP/1.1\r\nHo", 30)], ids=["nothing", "half"]
)
def test_clients_that_fall_silent_hold_nobody_up_for_long(
    ports: tuple[int, int], says: bytes, within: float
) -> None:
    """Gunicorn alone would wait 5 seconds for who says nothing, and for ever for the others."""
    with clients(ports[0], says):
        assert get(ports[0], "/healthz", within) == "ok\n"
