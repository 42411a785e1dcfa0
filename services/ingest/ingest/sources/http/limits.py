"""What no call of a network may exceed, whichever library makes it: a time, and a size."""

import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from weakref import WeakSet

LONGEST_ANSWER_BYTES = 10_000_000
# A page has thousands. Each takes 64 bytes of memory, of which JSON shows two.
MOST_OBJECTS = 500_000
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


class TooLargeError(Exception):
    """An answer is longer than it may be, or would be once it is read."""


class Deadline:
    """Shuts the watched connections when what is `running` takes more than so many seconds.

    A socket's own time-out begins anew with every byte. One call at a time; connecting has a
    time-out of its own.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._connections: WeakSet[socket.socket] = WeakSet()
        self._is_over = False

    def watch(self, connection: socket.socket) -> None:
        """Shut this connection as well, as long as it is open."""
        self._connections.add(connection)
        if self._is_over:
            _shut(connection)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Raise TimeoutError, whatever else is raised, when the time was over before the end."""
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


def whole(pieces: Iterable[bytes]) -> bytes:
    """Put an answer together, or raise TooLargeError as soon as it exceeds the limits."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > LONGEST_ANSWER_BYTES:
            raise TooLargeError("the answer is longer than 10 MB")
    # A text full of brackets has done nothing wrong.
    if _objects(body) > MOST_OBJECTS and _objects(STRING.sub(b"", body)) > MOST_OBJECTS:
        raise TooLargeError("the answer has more than 500,000 objects")
    return bytes(body)


def _objects(json: bytes | bytearray) -> int:
    return json.count(b"{") + json.count(b"[")


def _shut(connection: socket.socket) -> None:
    """Wake up who reads. Not the method of a TLS socket, which would forget that it is one."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
