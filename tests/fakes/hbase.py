"""HBase's Thrift gateway in memory, over a real socket: as much of it as the services use."""

import contextlib
import importlib
import socketserver
import threading
from collections.abc import Callable, Iterable
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

    As in HBase, a cell is hidden by one with a later timestamp, also if that one has been deleted.
    Writes to a table in `held` wait until `free` is set; `waiting` is set as soon as one does.

    What a caller may take for granted can be made untrue, for the next calls of a name: those in
    `unanswered` are carried out, but the connection breaks before the answer. Those in `delayed`
    break the connection at once, and are carried out by `deliver`.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.port = int(self.server_address[1])
        self.tables: dict[bytes, Rows] = {}
        self.families: dict[bytes, list[bytes]] = {}
        self.held: set[bytes] = set()
        self.waiting, self.free = threading.Event(), threading.Event()
        self.unanswered: list[str] = []
        self.delayed: list[str] = []
        self._late: list[Callable[[], object]] = []
        self._deleted: dict[tuple[bytes, bytes, bytes], int] = {}
        self._scans: list[list[Any]] = []
        self._clock = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.005,), daemon=True)

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

    def deliver(self) -> None:
        """Carry out the delayed calls, the last one first."""
        while self._late:
            self._late.pop()()

    def _put(self, table: bytes, row: bytes, column: bytes, value: bytes, at: int | None) -> None:
        with self._lock:
            self._write(table, row, column, value, at)

    def _write(self, table: bytes, row: bytes, column: bytes, value: bytes, at: int | None) -> None:
        self._clock += 1
        family = column.partition(b":")[0]
        cells = self.tables.setdefault(table, {}).setdefault(row, {})
        found = (value, self._clock if at is None else at)
        hidden = max(
            self._deleted.get((table, row, family), -1), cells.get(column, (b"", 0))[1] - 1
        )
        if found[1] > hidden:
            cells[column] = found

    def _delete(self, table: bytes, row: bytes, family: bytes, at: int) -> None:
        """Delete the cells of a family up to a timestamp."""
        with self._lock:
            self._deleted[table, row, family] = max(at, self._deleted.get((table, row, family), -1))
            rows = self.tables[table]
            rows[row] = {
                column: cell
                for column, cell in rows.get(row, {}).items()
                if cell[1] > at or column.partition(b":")[0] != family
            }

    def _disturb(self, name: str, action: Callable[[], Any]) -> Any:
        """Carry out a call, unless it is the next of its name to be delayed or not answered."""
        if name in self.delayed:
            self.delayed.remove(name)
            self._late.append(action)
            raise ConnectionResetError(name)
        answer = action()
        if name in self.unanswered:
            self.unanswered.remove(name)
            raise ConnectionResetError(name)
        return answer

    # -- The gateway's calls, by its own names -------------------------------------------------

    def getTableNames(self) -> list[bytes]:  # noqa: N802
        return list(self.tables)

    def createTable(self, name: bytes, families: list[Any]) -> None:  # noqa: N802
        if name in self.tables:
            raise HBASE.AlreadyExists(message=name)
        self.tables[name] = {}
        self.families[name] = [family.name.rstrip(b":") for family in families]

    def getRowWithColumns(  # noqa: N802
        self, table: bytes, row: bytes, columns: list[bytes], _: Any
    ) -> list[Any]:
        if table not in self.tables:
            text = f"org.apache.hadoop.hbase.TableNotFoundException: {table.decode()}"
            raise HBASE.IOError(message=text)
        return self._rows(table, [row], columns)

    def getRowsWithColumns(  # noqa: N802
        self, table: bytes, rows: list[bytes], columns: list[bytes], _: Any
    ) -> list[Any]:
        return self._rows(table, rows, columns)

    def _rows(self, table: bytes, rows: Iterable[bytes], columns: list[bytes] | None) -> list[Any]:
        """Read columns, or whole families, of rows that have any."""
        with self._lock:
            found = [(row, self.tables[table].get(row, {})) for row in rows]
            return [
                HBASE.TRowResult(row=row, columns={c: HBASE.TCell(*cells[c]) for c in wanted})
                for row, cells in found
                if (wanted := [column for column in cells if _is_wanted(column, columns)])
            ]

    def scannerOpenWithScan(self, table: bytes, scan: Any, _: Any) -> int:  # noqa: N802
        self._scans.append(self._rows(table, sorted(self.tables[table]), scan.columns))
        return len(self._scans) - 1

    def scannerGetList(self, scan: int, number: int) -> list[Any]:  # noqa: N802
        rows = self._scans[scan]
        self._scans[scan] = rows[number:]
        return rows[:number]

    def scannerClose(self, scan: int) -> None:  # noqa: N802
        self._scans[scan] = []

    def getColumnDescriptors(self, table: bytes) -> dict[bytes, Any]:  # noqa: N802
        return {name: HBASE.ColumnDescriptor(name=name) for name in self.families[table]}

    def checkAndPut(  # noqa: N802
        self, table: bytes, row: bytes, column: bytes, value: bytes | None, put: Any, _: Any
    ) -> bool:
        def check_and_put() -> bool:
            with self._lock:
                found, at = self.tables[table].get(row, {}).get(column, (None, 0))
                if found != value:
                    return False
                # Not older than the cell that was checked, whatever the server's clock says.
                self._write(table, row, put.column, put.value, max(at, self._clock + 1))
                return True

        written: bool = self._disturb("checkAndPut", check_and_put)
        return written

    def mutateRow(self, table: bytes, row: bytes, mutations: list[Any], _: Any) -> None:  # noqa: N802
        self._mutate(table, [HBASE.BatchMutation(row=row, mutations=mutations)], None)

    def mutateRowTs(  # noqa: N802
        self, table: bytes, row: bytes, mutations: list[Any], timestamp: int, _: Any
    ) -> None:
        self._mutate(table, [HBASE.BatchMutation(row=row, mutations=mutations)], timestamp)

    def mutateRows(self, table: bytes, batches: list[Any], _: Any) -> None:  # noqa: N802
        self._mutate(table, batches, None)

    def mutateRowsTs(  # noqa: N802
        self, table: bytes, batches: list[Any], timestamp: int, _: Any
    ) -> None:
        self._disturb("mutateRowsTs", lambda: self._mutate(table, batches, timestamp))

    def _mutate(self, table: bytes, batches: list[Any], at: int | None) -> None:
        if table in self.held:
            self.waiting.set()
            self.free.wait(60)
            # Whoever had this written was killed meanwhile.
            raise HBASE.IOError(message="held")
        for batch in batches:
            for each in batch.mutations:
                if each.isDelete:
                    family = each.column.partition(b":")[0]
                    self._delete(table, batch.row, family, self._clock if at is None else at)
                else:
                    self._put(table, batch.row, each.column, each.value, at)


def _is_wanted(column: bytes, columns: list[bytes] | None) -> bool:
    """Whether one of `columns` is this one, or its family."""
    return not columns or column in columns or column.partition(b":")[0] in columns


class _Connection(socketserver.BaseRequestHandler):
    server: FakeHBase

    def handle(self) -> None:
        transport = TBufferedTransport(TSocket(sock=self.request))
        protocol = TBinaryProtocol(transport, decode_response=False)
        processor = TProcessor(HBASE.Hbase, self.server)
        with contextlib.suppress(TException, OSError, EOFError):
            while True:
                processor.process(protocol, protocol)
