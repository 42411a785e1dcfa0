"""Puts TLS in front of a port: tls_relay.py PORT HOST PORT."""

import asyncio
import ssl
import sys
from contextlib import suppress

LISTEN, HOST, PORT = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        there, back = await asyncio.open_connection(HOST, PORT)
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, back), copy(there, writer))


async def main() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/certificates/both.pem")
    server = await asyncio.start_server(relay, "", LISTEN, ssl=context)
    await server.serve_forever()


asyncio.run(main())
