"""Time and size limits for calls to a network, whichever library makes them."""

import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any
from weakref import WeakSet

MAX_RESPONSE_BYTES = 10_000_000
# A page has thousands. An empty one takes 2 bytes in JSON, but 64 bytes in memory.
MAX_OBJECTS = 500_000
# Up to the end without a closing quote, or each quote of an open string would be tried: quadratic.
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


class TooLargeError(Exception):
    """A response is too large, or would be once it is parsed."""


class Deadline:
    """Shuts down the watched connections if a `running` block takes longer than `seconds`.

    A socket's own timeout starts over with every byte. Handles one call at a time. Connecting to an
    address has a timeout of its own; what follows (a proxy's tunnel, TLS) is within the deadline.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._connections: WeakSet[socket.socket] = WeakSet()
        self._copies: list[socket.socket] = []
        self._is_over = False

    def watch(self, connection: Any) -> None:
        """Watch a connection while it is open; TLS over TLS has its socket within.

        While TLS is negotiated, the socket object no longer is the connection's, so until the end
        of the call there is a copy.
        """
        own: socket.socket = getattr(connection, "socket", connection)
        self._connections.add(own)
        with suppress(OSError):  # it may be closed already
            self._copies.append(socket.fromfd(own.fileno(), own.family, own.type))
        if self._is_over:
            self._shut_down()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Raise TimeoutError, in place of any other exception, if the block takes too long."""
        self._is_over = False
        timer = Timer(self._seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            while self._copies:
                self._copies.pop().close()
            if self._is_over:
                raise TimeoutError(f"the call took over {self._seconds:g} s")

    def _end(self) -> None:
        self._is_over = True
        self._shut_down()

    def _shut_down(self) -> None:
        """Wake up whoever reads; not by the method of a TLS socket, which would drop its TLS."""
        for connection in [*self._connections, *self._copies]:
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


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
