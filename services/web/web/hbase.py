"""HBase, seen through its Thrift server: the one place that knows how to read it."""

import logging
import ssl
from collections.abc import Callable, Iterable, Sequence

import happybase
from tenacity import retry, retry_if_exception_type, stop_after_attempt
from thriftpy2.thrift import TException
from thriftpy2.transport import TTransportException

from web.gateway import Gateway

log = logging.getLogger(__name__)

Cells = dict[bytes, bytes]
Read = Callable[[happybase.Table], Iterable[tuple[bytes, Cells]]]
"""Asks a table for rows."""

BOARD_TABLE, BOARD_CELL = "boards", b"b:board"
HIDDEN_ROW, HIDDEN_CELL = "_hidden", b"b:tags"
STATUS_TABLE, STATUS_CELL = "status", b"s:document"
HASHTAG_TABLE = "hashtags"
INGEST, ALERTS = "ingest", "alerts"


class StoreError(Exception):
    """HBase cannot be read.

    The message is for people, without a full stop; the cause is for the log.
    """


class _ConnectionLostError(StoreError):
    """A connection that had worked before is broken."""


class _HBase:
    """Reads rows over one connection, kept open between reads.

    Not for several threads at once: the caches see to it that there is one reader.
    """

    def __init__(self, gateway: Gateway, timeout: float = 3.0) -> None:
        self._gateway, self._timeout = gateway, timeout
        self._connection: happybase.Connection | None = None

    def close(self) -> None:
        """Drop the connection; the next read opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # The Thrift server hangs up after 60 s of silence, and a restarted one knows nothing of
    # the connection: that shows only when it is used, and a new one may well do. A time-out
    # is not tried again, it would only double the wait.
    @retry(
        retry=retry_if_exception_type(_ConnectionLostError),
        stop=stop_after_attempt(2),
        reraise=True,
    )
    def _rows(self, table: str, read: Read) -> dict[str, Cells]:
        """Return the rows that `read` gets from a table, by their key and in its order."""
        reused = self._connection is not None
        try:
            found = read(self._connect().table(table))
            return {key.decode(): cells for key, cells in found}
        except TimeoutError as error:
            self.close()
            raise StoreError(
                f"HBase: no answer at {self._address} within {self._timeout:g} s"
            ) from error
        except (TTransportException, OSError, EOFError) as error:
            self.close()
            kind = _ConnectionLostError if reused else StoreError
            # Thrift's "could not connect" hides why; what it was raised from tells.
            why = error.__context__ or error
            hint = f": {self._gateway.explain(error)}" if isinstance(why, ssl.SSLError) else ""
            raise kind(f"HBase: not reachable at {self._address}{hint}") from why
        except TException as error:
            return self._refused(error)
        except Exception as error:
            # Bytes that are no Thrift make the decoder fail in ways of its own.
            self.close()
            raise StoreError(
                f"HBase: what answers at {self._address} does not speak Thrift"
            ) from error

    @property
    def _address(self) -> str:
        return self._gateway.address

    def _connect(self) -> happybase.Connection:
        if self._connection is None:
            # happybase has no time limit unless it is given one.
            self._connection = self._gateway.connect(int(self._timeout * 1000))
            log.debug("connected to HBase at %s", self._address)
        return self._connection

    def _refused(self, error: TException) -> dict[str, Cells]:
        """Deal with an error that HBase itself reports, over a connection that works."""
        if "TableNotFoundException" in str(error):
            # Who writes it creates the table; before that there is simply nothing in it.
            return {}
        raise StoreError(
            f"HBase: reachable at {self._address}, but it cannot read its table yet"
        ) from error


class HBaseBoards(_HBase):
    """Reads the boards, which tags are hidden, and the reports of ingest and alerts."""

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the stored boards among `names`; raise StoreError when HBase is away."""
        return self._cells(BOARD_TABLE, names, BOARD_CELL)

    def read_hidden(self) -> bytes | None:
        """Return the tags hidden by `make hide`, None if there is no such row yet."""
        return self._cells(BOARD_TABLE, [HIDDEN_ROW], HIDDEN_CELL).get(HIDDEN_ROW)

    def read_reports(self) -> dict[str, bytes]:
        """Return the last report of each service that has one; raise StoreError as `read` does."""
        # One row at a time: asked for several, HBase does not say that the table is missing.
        return {
            name: cell
            for row in (INGEST, ALERTS)
            for name, cell in self._cells(STATUS_TABLE, [row], STATUS_CELL).items()
        }

    def _cells(self, table: str, names: Sequence[str], cell: bytes) -> dict[str, bytes]:
        """Return one cell of each row among `names` that has it."""
        rows = self._rows(table, lambda found: found.rows(_encoded(names), [cell]))
        return {name: cells[cell] for name, cells in rows.items() if cell in cells}


class HBaseHashtags(_HBase):
    """Reads the rows of tags, over a connection of its own: the boards wait for none of them."""

    def read_hashtag(self, key: str, columns: Sequence[bytes]) -> Cells:
        """Return those cells of a tag's row that there are; raise StoreError when HBase is away.

        A column without a qualifier stands for its whole family.
        """
        return self.read_hashtags([key], columns).get(key, {})

    def read_hashtags(self, keys: Sequence[str], columns: Sequence[bytes]) -> dict[str, Cells]:
        """Return the rows of several tags as `read_hashtag` returns one."""
        return self._rows(HASHTAG_TABLE, lambda table: table.rows(_encoded(keys), [*columns]))

    def scan_hashtags(self, prefix: str, columns: Sequence[bytes], limit: int) -> dict[str, Cells]:
        """Return the first `limit` rows, by key, of the tags whose key begins with `prefix`."""
        return self._rows(
            HASHTAG_TABLE,
            lambda table: table.scan(
                row_prefix=prefix.encode(), columns=[*columns], batch_size=limit, limit=limit
            ),
        )


def _encoded(names: Sequence[str]) -> list[bytes]:
    return [name.encode() for name in names]
