"""A line as slow as a phone's, between a browser and a server on this machine.

The figures are those that Lighthouse calls slow 4G. Connecting takes a round trip, as it does to
any distant server, and all connections share the line.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from urllib.parse import urlsplit

ROUND_TRIP = 0.15
BITS_PER_SECOND = 1_600_000
# About what a packet carries.
PIECE = 1400

Queue = asyncio.Queue[tuple[float, bytes] | None]
Take = Callable[[bytes], Awaitable[None]]


class SlowLine:
    """Relays connections to a server; the line is free again at `_free` (the loop's clock)."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._free = 0.0

    async def serve(self) -> asyncio.Server:
        """Listen on a free port of this machine."""
        return await asyncio.start_server(self._connected, "127.0.0.1", 0)

    async def _connected(self, caller: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        await asyncio.sleep(ROUND_TRIP)
        server, on = await asyncio.open_connection(self._host, self._port)
        # Requests are so short that they take no time but that of the way.
        await asyncio.gather(self._relay(caller, on, None), self._relay(server, back, self._take))

    async def _relay(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: Take | None
    ) -> None:
        """Pass everything on, half a round trip later, and after `take` has let it through."""
        queue: Queue = asyncio.Queue()
        delivery = asyncio.create_task(_deliver(queue, writer))
        try:
            while piece := await reader.read(PIECE):
                if take:
                    await take(piece)
                due = asyncio.get_running_loop().time() + ROUND_TRIP / 2
                queue.put_nowait((due, piece))
        except OSError:
            pass  # one end is gone, so the other is closed as well
        queue.put_nowait(None)
        await delivery

    async def _take(self, piece: bytes) -> None:
        """Wait until a piece has gone through the line."""
        clock = asyncio.get_running_loop().time
        self._free = max(self._free, clock()) + len(piece) * 8 / BITS_PER_SECOND
        await asyncio.sleep(self._free - clock())


async def _deliver(queue: Queue, writer: asyncio.StreamWriter) -> None:
    clock = asyncio.get_running_loop().time
    try:
        while arriving := await queue.get():
            due, piece = arriving
            await asyncio.sleep(due - clock())
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@contextmanager
def slow_line(url: str) -> Iterator[str]:
    """Yield an address at which the server of `url` answers slowly."""
    parts = urlsplit(url)
    line = SlowLine(parts.hostname or "", parts.port or 80)
    started: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        server, stopping = await line.serve(), asyncio.Event()
        port = server.sockets[0].getsockname()[1]
        started.set_result((port, asyncio.get_running_loop(), stopping))
        await stopping.wait()
        server.close()

    # What is still on its way at the end is cancelled.
    thread = Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    port, loop, stopping = started.result()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
