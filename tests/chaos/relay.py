"""TCP relay between a server and its callers that forwards data late, or not at all.

python -m chaos.relay PORT HOST SERVER_PORT [--delay SECONDS] [--hold TOPIC]
"""

import argparse
import asyncio
from collections.abc import Sequence

PIECE = 65_536
# A request in Kafka's protocol: four bytes of length, then the API key; 0 is Produce.
PRODUCE = b"\0\0"
HEAD = 512


def is_for(topic: str, piece: bytes) -> bool:
    """Whether a piece begins with a Produce request for a topic.

    A caller that waits for each response starts each request in a new piece.
    """
    return piece[4:6] == PRODUCE and topic.encode() in piece[:HEAD]


class Relay:
    """Delays every piece by `delay` seconds; the first for topic `hold` stalls its connection."""

    def __init__(self, host: str, port: int, delay: float = 0.0, hold: str = "") -> None:
        self._host, self._port = host, port
        self._delay, self._hold = delay, hold

    async def serve(self, port: int) -> asyncio.Server:
        """Start listening on `port`."""
        return await asyncio.start_server(self._connected, "0.0.0.0", port)

    async def _connected(self, caller: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            server, on = await asyncio.open_connection(self._host, self._port)
        except OSError:
            back.close()
            return
        await asyncio.gather(self._pass(caller, on, self._hold), self._pass(server, back))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hold: str = ""
    ) -> None:
        try:
            while piece := await reader.read(PIECE):
                if hold and is_for(hold, piece):
                    print("held", hold, flush=True)
                    await asyncio.Event().wait()
                await asyncio.sleep(self._delay)
                writer.write(piece)
                await writer.drain()
                if self._delay:
                    print("late", len(piece), flush=True)
        except OSError:
            pass  # one end is gone, so the other is closed as well
        finally:
            writer.close()


async def main(arguments: Sequence[str] | None = None) -> None:
    """Relay until killed."""
    parser = argparse.ArgumentParser(prog="relay")
    parser.add_argument("listen", type=int)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--hold", default="")
    chosen = parser.parse_args(arguments)
    relay = Relay(chosen.host, chosen.port, chosen.delay, chosen.hold)
    server = await relay.serve(chosen.listen)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
