"""Simulates many widgets, each on a connection that it keeps open.

    python -m bench.widgets URL RATE WIDGETS SECONDS

The requests are due at an even RATE a second all together, one widget after the other, whatever
comes back: a server that stalls is not asked less. It prints, as JSON, how many seconds after a
request was due its answer was whole, for all but the first request of each widget, which connects.
"""

import asyncio
import json
import re
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


async def answer(reader: asyncio.StreamReader) -> None:
    """Read one whole response; raises unless it is a 200."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200 ") or not length:
        raise AssertionError(head.decode())
    await reader.readexactly(int(length[1]))


async def widget(url: str, dues: Sequence[float]) -> list[float]:
    """Send requests when due by the loop's clock; return the latency of each but the first."""
    parts, clock = urlsplit(url), asyncio.get_running_loop().time
    request = f"GET {parts.path or '/'}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
    await asyncio.sleep(dues[0] - clock())
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    seconds = []
    try:
        for due in dues:
            await asyncio.sleep(due - clock())
            writer.write(request.encode())
            await answer(reader)
            seconds.append(clock() - due)
    finally:
        writer.close()
        await writer.wait_closed()
    return seconds[1:]


async def widgets(url: str, rate: float, number: int, seconds: float) -> list[float]:
    """Let `number` widgets poll for `seconds`; return the latency of every response."""
    began = asyncio.get_running_loop().time() + 0.1
    dues = [began + i / rate for i in range(int(rate * seconds))]
    found = await asyncio.gather(*(widget(url, dues[i::number]) for i in range(number)))
    return [late for each in found for late in each]


if __name__ == "__main__":
    url, rate, number, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(widgets(url, float(rate), int(number), float(seconds)))))
