"""HBase's Thrift gateway in memory, over a real socket: as much of it as alerts uses."""

import contextlib
import importlib
import socketserver
import threading
from typing import Any

from thriftpy2.protocol import TBinaryProtocol
from thriftpy2.thrift import TException, TProcessor
from thriftpy2.transport import TBufferedTransport, TSocket

# happybase makes this module from HBase's interface definition when it is imported.
importlib.import_module("happybase")
HBASE: Any = importlib.import_module("Hbase_thrift")

Rows = dict[bytes, dict[bytes, tuple[bytes, int]]]


class FakeHBase(socketserver.ThreadingTCPServer):
    """Keeps tables as long as the `with` lasts, whoever connects.

    As in HBase, a cell is hidden by one with a later timestamp. Writes to a table in `held` wait
    until `free` is set; `waiting` is set as soon as one does.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.port = int(self.server_address[1])
        self.tables: dict[bytes, Rows] = {}
        self.held: set[bytes] = set()
        self.waiting, self.free = threading.Event(), threading.Event()
        self._clock = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "FakeHBase":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.free.set()
        self.shutdown()
        self.server_close()

    def put(self, table: str, row: str, column: str, value: bytes) -> None:
        """Write a cell as another service would."""
        self._put(table.encode(), row.encode(), column.encode(), value, None)

    def get(self, table: str, row: str, column: str) -> bytes | None:
        """Read a cell."""
        cells = self.tables.get(table.encode(), {}).get(row.encode(), {})
        return cells[column.encode()][0] if column.encode() in cells else None

    def _put(self, table: bytes, row: bytes, column: bytes, value: bytes, at: int | None) -> None:
        with self._lock:
            self._clock += 1
            cells = self.tables.setdefault(table, {}).setdefault(row, {})
            found = (value, self._clock if at is None else at)
            if column not in cells or cells[column][1] <= found[1]:
                cells[column] = found

    # -- The gateway's calls, by its own names -------------------------------------------------

    def getTableNames(self) -> list[bytes]:  # noqa: N802
        return list(self.tables)

    def createTable(self, name: bytes, families: list[Any]) -> None:  # noqa: N802
        if name in self.tables:
            raise HBASE.AlreadyExists(message=name)
        self.tables[name] = {}

    def getRowWithColumns(  # noqa: N802
        self, table: bytes, row: bytes, columns: list[bytes], _: Any
    ) -> list[Any]:
        if table not in self.tables:
            text = f"org.apache.hadoop.hbase.TableNotFoundException: {table.decode()}"
            raise HBASE.IOError(message=text)
        cells = self.tables[table].get(row, {})
        found = {c: HBASE.TCell(*cells[c]) for c in columns if c in cells}
        return [HBASE.TRowResult(row=row, columns=found)] if found else []

    def mutateRows(self, table: bytes, batches: list[Any], _: Any) -> None:  # noqa: N802
        self._mutate(table, batches, None)

    def mutateRowsTs(  # noqa: N802
        self, table: bytes, batches: list[Any], timestamp: int, _: Any
    ) -> None:
        self._mutate(table, batches, timestamp)

    def _mutate(self, table: bytes, batches: list[Any], at: int | None) -> None:
        if table in self.held:
            self.waiting.set()
            self.free.wait(60)
            # Whoever had this written was killed meanwhile.
            raise HBASE.IOError(message="held")
        for batch in batches:
            for each in batch.mutations:
                self._put(table, batch.row, each.column, each.value, at)


class _Connection(socketserver.BaseRequestHandler):
    server: FakeHBase

    def handle(self) -> None:
        transport = TBufferedTransport(TSocket(sock=self.request))
        protocol = TBinaryProtocol(transport, decode_response=False)
        processor = TProcessor(HBASE.Hbase, self.server)
        with contextlib.suppress(TException, OSError, EOFError):
            while True:
                processor.process(protocol, protocol)
