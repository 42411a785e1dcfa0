"""Time and size limits for calls to a network, whichever library makes them."""

import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from weakref import WeakSet

MAX_RESPONSE_BYTES = 10_000_000
# A page has thousands. An empty one takes 2 bytes in JSON, but 64 bytes in memory.
MAX_OBJECTS = 500_000
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


class TooLargeError(Exception):
    """A response is too large, or would be once it is parsed."""


class Deadline:
    """Shuts down the watched connections if a `running` block takes longer than `seconds`.

    A socket's own timeout starts over with every byte. Handles one call at a time; connecting has a
    timeout of its own.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._connections: WeakSet[socket.socket] = WeakSet()
        self._is_over = False

    def watch(self, connection: socket.socket) -> None:
        """Watch a connection for as long as it exists; shut it down now if time is already up."""
        self._connections.add(connection)
        if self._is_over:
            _shut(connection)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Raise TimeoutError, in place of any other error, if the block takes too long."""
        self._is_over = False
        timer = Timer(self._seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if self._is_over:
                raise TimeoutError(f"the call took over {self._seconds:g} s")

    def _end(self) -> None:
        self._is_over = True
        for connection in list(self._connections):
            _shut(connection)


def read_whole(pieces: Iterable[bytes]) -> bytes:
    """Join the pieces of a response; raise TooLargeError as soon as it exceeds the limits."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > MAX_RESPONSE_BYTES:
            raise TooLargeError("the answer is longer than 10 MB")
    # Brackets inside strings are harmless, so count again without strings before rejecting.
    if _objects(body) > MAX_OBJECTS and _objects(STRING.sub(b"", body)) > MAX_OBJECTS:
        raise TooLargeError("the answer has more than 500,000 objects")
    return bytes(body)


def _objects(json: bytes | bytearray) -> int:
    return json.count(b"{") + json.count(b"[")


def _shut(connection: socket.socket) -> None:
    """Wake up the reader. Not via SSLSocket.shutdown(), which would drop the TLS layer."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
