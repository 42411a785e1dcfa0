"""The relay between a server and its callers, with real connections."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest

from chaos.relay import Relay, is_for

Call = Callable[[bytes], Awaitable[bytes]]


def request(kind: int, topic: str) -> bytes:
    """As Kafka's protocol has it: length, what is asked for, its version, a number, the rest."""
    body = kind.to_bytes(2) + b"\0\x09\0\0\0\x01" + topic.encode() + b"records"
    return len(body).to_bytes(4) + body


def through(relay: Callable[[int], Relay], talk: Callable[[Call], Awaitable[None]]) -> None:
    """Talk to a server that says everything again, through a relay."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            while piece := await reader.read(9999):
                writer.write(piece)

    async def main() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        between = await relay(server.sockets[0].getsockname()[1]).serve(0)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", between.sockets[0].getsockname()[1]
        )

        async def call(said: bytes) -> bytes:
            writer.write(said)
            return await asyncio.wait_for(reader.read(9999), timeout=0.5)

        with closing(writer), closing(between), closing(server):
            await talk(call)
        await writer.wait_closed()

    asyncio.run(main())


def test_it_passes_on_at_once() -> None:
    async def talk(call: Call) -> None:
        assert await call(b"one") == b"one"
        assert await call(request(0, "tweets")) == request(0, "tweets")

    through(lambda port: Relay("127.0.0.1", port), talk)


def test_every_piece_can_be_late_on_both_ways() -> None:
    async def talk(call: Call) -> None:
        began = time.monotonic()
        assert await call(b"one") == b"one"
        assert 0.2 <= time.monotonic() - began < 0.5

    through(lambda port: Relay("127.0.0.1", port, delay=0.1), talk)


def test_records_of_a_topic_can_be_held(capsys: pytest.CaptureFixture[str]) -> None:
    async def talk(call: Call) -> None:
        assert await call(request(3, "ingest.cursors")) == request(3, "ingest.cursors")
        assert await call(request(0, "tweets")) == request(0, "tweets")
        with pytest.raises(TimeoutError):
            await call(request(0, "ingest.cursors"))
        with pytest.raises(TimeoutError):
            await call(request(0, "tweets"))

    through(lambda port: Relay("127.0.0.1", port, hold="ingest.cursors"), talk)
    assert capsys.readouterr().out == "held ingest.cursors\n"


def test_only_requests_to_take_records_are_for_a_topic() -> None:
    assert is_for("tweets", request(0, "tweets"))
    assert not is_for("tweets", request(1, "tweets"))
    assert not is_for("tweets", request(0, "others"))
