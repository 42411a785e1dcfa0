"""HBaseBoards against a server that speaks HBase's Thrift over a real socket."""

import contextlib
import importlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from thriftpy2.protocol import TBinaryProtocol
from thriftpy2.thrift import TException, TProcessor
from thriftpy2.transport import TBufferedTransport, TSocket

from web.gateway import Gateway
from web.hbase import HBaseBoards, HBaseHashtags, StoreError

# happybase makes this module from HBase's interface definition when it is imported.
HBASE: Any = importlib.import_module("Hbase_thrift")


class FakeHBase(socketserver.ThreadingTCPServer):
    """Answers getRowsWithColumns from `rows`, raises `error`, or hangs until `free` is set.

    A row is a board, or the cells of another row.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.rows: dict[bytes, bytes | dict[bytes, bytes]] = {}
        self.error: Exception | None = None
        self.free = threading.Event()
        self.free.set()
        self.connections: list[socket.socket] = []
        self.calls: list[tuple[bytes, list[bytes], list[bytes]]] = []
        self.scans: list[tuple[bytes, Any]] = []
        self.open_scanners: dict[int, list[bytes]] = {}

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def drop_connections(self) -> None:
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def getRowsWithColumns(  # noqa: N802 - HBase's name
        self, table: bytes, keys: list[bytes], columns: list[bytes], _: Any
    ) -> list[Any]:
        self.calls.append((table, keys, columns))
        self.free.wait(30)
        if self.error is not None:
            raise self.error
        return self._results([key for key in keys if key in self.rows])

    def _results(self, keys: list[bytes]) -> list[Any]:
        found = {key: self.rows[key] for key in keys}
        return [
            HBASE.TRowResult(row=k, columns={c: HBASE.TCell(v, 1) for c, v in cells.items()})
            for k, row in found.items()
            if (cells := row if isinstance(row, dict) else {b"b:board": row})
        ]

    def scannerOpenWithScan(self, table: bytes, scan: Any, _: Any) -> int:  # noqa: N802
        self.scans.append((table, scan))
        keys = sorted(key for key in self.rows if scan.startRow <= key < scan.stopRow)
        number = len(self.scans)
        self.open_scanners[number] = keys
        return number

    def scannerGetList(self, number: int, count: int) -> list[Any]:  # noqa: N802
        if self.error is not None:
            raise self.error
        keys = self.open_scanners[number]
        self.open_scanners[number] = keys[count:]
        return self._results(keys[:count])

    def scannerClose(self, number: int) -> None:  # noqa: N802
        del self.open_scanners[number]


class _Connection(socketserver.BaseRequestHandler):
    server: FakeHBase

    def handle(self) -> None:
        self.server.connections.append(self.request)
        transport = TBufferedTransport(TSocket(sock=self.request))
        protocol = TBinaryProtocol(transport, decode_response=False)
        processor = TProcessor(HBASE.Hbase, self.server)
        with contextlib.suppress(TException, OSError):
            while True:
                processor.process(protocol, protocol)


@pytest.fixture
def hbase() -> Iterator[FakeHBase]:
    with FakeHBase() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.free.set()
        server.drop_connections()
        server.shutdown()
        thread.join()


def at(host: str, port: int) -> Gateway:
    return Gateway(((host, port),))


@pytest.fixture
def boards(hbase: FakeHBase) -> Iterator[HBaseBoards]:
    boards = HBaseBoards(at("127.0.0.1", hbase.port), timeout=5)
    yield boards
    boards.close()


def test_all_boards_are_read_in_one_call(hbase: FakeHBase, boards: HBaseBoards) -> None:
    hbase.rows = {b"all": b"{}", b"7d": "é".encode()}
    assert boards.read(["all", "1h", "7d"]) == {"all": b"{}", "7d": "é".encode()}
    assert hbase.calls == [(b"boards", [b"all", b"1h", b"7d"], [b"b:board"])]


def test_the_hidden_tags_are_read_from_their_row(hbase: FakeHBase, boards: HBaseBoards) -> None:
    assert boards.read_hidden() is None
    hbase.rows = {b"_hidden": {b"b:tags": b"{}"}}
    assert boards.read_hidden() == b"{}"
    assert hbase.calls == [(b"boards", [b"_hidden"], [b"b:tags"])] * 2
    hbase.error = HBASE.IOError(message="org.apache.hadoop.hbase.TableNotFoundException: boards")
    assert boards.read_hidden() is None


def test_a_tag_is_read_with_the_columns_that_are_asked_for(hbase: FakeHBase) -> None:
    tags = HBaseHashtags(at("127.0.0.1", hbase.port), timeout=5)
    key, columns = "東京", [b"n:count", b"s"]
    hbase.rows = {key.encode(): {b"n:count": b"1 0 0", b"s:x": b"1"}}
    assert tags.read_hashtag(key, columns) == {b"n:count": b"1 0 0", b"s:x": b"1"}
    assert hbase.calls == [(b"hashtags", [key.encode()], columns)]
    assert tags.read_hashtag("other", columns) == {}
    hbase.error = HBASE.IOError(message="org.apache.hadoop.hbase.TableNotFoundException: hashtags")
    assert tags.read_hashtag(key, columns) == {}
    hbase.error = HBASE.IOError(message="org.apache.hadoop.hbase.PleaseHoldException: later")
    with pytest.raises(StoreError, match="cannot read its table yet"):
        tags.read_hashtag(key, columns)
    tags.close()


def test_tags_are_scanned_by_their_prefix(hbase: FakeHBase) -> None:
    tags = HBaseHashtags(at("127.0.0.1", hbase.port), timeout=5)
    cells = {b"n:count": b"1 0 0"}
    hbase.rows = {key.encode(): cells for key in ("tea", "tee", "team", "tez", "ter", "to", "te")}
    found = tags.scan_hashtags("te", [b"n:count"], 4)
    assert found == dict.fromkeys(["te", "tea", "team", "tee"], cells)
    assert list(found) == ["te", "tea", "team", "tee"]
    assert list(tags.scan_hashtags("t", [b"n:count"], 100))[-1] == "to"
    assert tags.scan_hashtags("東", [b"n:count"], 4) == {}
    for table, scan in hbase.scans:
        assert (table, scan.columns) == (b"hashtags", [b"n:count"])
    assert hbase.open_scanners == {}
    assert tags.read_hashtags(["tea", "coffee"], [b"n:count"]) == {"tea": cells}
    hbase.error = HBASE.IOError(message="org.apache.hadoop.hbase.TableNotFoundException: hashtags")
    assert tags.scan_hashtags("te", [b"n:count"], 4) == {}
    hbase.error = HBASE.IOError(message="org.apache.hadoop.hbase.PleaseHoldException: later")
    with pytest.raises(StoreError, match="cannot read its table yet"):
        tags.scan_hashtags("te", [b"n:count"], 4)
    tags.close()


def test_the_connection_is_kept(hbase: FakeHBase, boards: HBaseBoards) -> None:
    for _ in range(3):
        boards.read(["all"])
    assert len(hbase.connections) == 1


def test_a_connection_that_was_dropped_is_replaced_at_once(
    hbase: FakeHBase, boards: HBaseBoards
) -> None:
    hbase.rows = {b"all": b"1"}
    boards.read(["all"])
    hbase.drop_connections()
    assert boards.read(["all"]) == {"all": b"1"}
    assert len(hbase.connections) == 2


def test_a_table_that_is_not_made_yet_has_no_boards(hbase: FakeHBase, boards: HBaseBoards) -> None:
    hbase.error = HBASE.IOError(message="org.apache.hadoop.hbase.TableNotFoundException: boards")
    assert boards.read(["all"]) == {}


def test_what_hbase_itself_reports_keeps_the_connection(
    hbase: FakeHBase, boards: HBaseBoards
) -> None:
    hbase.error = HBASE.IOError(message="org.apache.hadoop.hbase.PleaseHoldException: later")
    with pytest.raises(StoreError, match=r"reachable at .* but it cannot read its table yet"):
        boards.read(["all"])
    hbase.error, hbase.rows = None, {b"all": b"1"}
    assert boards.read(["all"]) == {"all": b"1"}
    assert len(hbase.connections) == 1


def test_no_answer_ends_after_the_time_limit_and_is_not_tried_twice(hbase: FakeHBase) -> None:
    hbase.rows = {b"all": b"1"}
    boards = HBaseBoards(at("127.0.0.1", hbase.port), timeout=0.2)
    hbase.free.clear()
    with pytest.raises(StoreError, match=r"no answer at 127\.0\.0\.1:\d+ within 0\.2 s"):
        boards.read(["all"])
    assert len(hbase.calls) == 1
    hbase.free.set()
    # The late answer to the first question must not pass for one to the second.
    assert boards.read(["all"]) == {"all": b"1"}
    assert len(hbase.connections) == 2
    boards.close()


def test_nobody_there_is_not_reachable() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        boards = HBaseBoards(at("127.0.0.1", port), timeout=5)
        for _ in range(2):
            with pytest.raises(StoreError, match=f"not reachable at 127.0.0.1:{port}"):
                boards.read(["all"])


def test_a_name_that_does_not_resolve_is_not_reachable() -> None:
    with pytest.raises(StoreError, match=r"not reachable at hbase\.invalid:9090"):
        HBaseBoards(at("hbase.invalid", 9090)).read(["all"])


def test_something_else_on_the_port_is_said() -> None:
    class Other(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(10)
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9)

    with socketserver.TCPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(StoreError, match="HBase: "):
            HBaseBoards(at("127.0.0.1", server.server_address[1]), timeout=5).read(["all"])
        thread.join()
