"""Connections that bring no request are held for a short time and in a small number, whoever opens them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from starlette.types import Receive, Scope, Send

from workbench.api.listener import Bounded, server_of

WAIT_S = 30.0
HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Hasty(Bounded):
    head_limit_s = 0.05


class Crowded(Bounded):
    most_connections = 3


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextlib.asynccontextmanager
async def served(protocol: type[Bounded]) -> AsyncIterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = server_of(application, protocol)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(WAIT_S):
        yield listener.getsockname()[1]
    server.should_exit = True
    await serving


async def ended(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


def test_half_a_head_is_waited_for_a_short_time_the_first_and_the_second() -> None:
    async def story() -> None:
        async with served(Hasty) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HALF)
            assert await ended(reader) == b""
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(WHOLE)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            writer.write(HALF)
            assert await ended(reader) == b""
            writer.close()

    asyncio.run(story())


def test_a_request_finds_room_among_connections_that_bring_none() -> None:
    async def story() -> None:
        async with served(Crowded) as port:
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
            for _, writer in held:
                writer.write(HALF)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(WHOLE)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            for _, other in [*held, (reader, writer)]:
                other.close()

    asyncio.run(story())
