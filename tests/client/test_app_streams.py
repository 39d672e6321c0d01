"""Streams of the terminal app's client: frames as they come, and an end where no sign of life comes any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from workbench.client.app import Link
from workbench.client.errors import EngineAway

SILENCE_S = 0.3
_FRAME = b'event: agent.message\ndata: {"number": %d}\n\n'
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _told(folder: Path, answer: Answer) -> list[int]:
    """The numbers of the frames that this answer gives."""

    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        await answer(reader, writer)
        writer.close()
        await writer.wait_closed()
        ended.set()

    numbers: list[int] = []
    server = await asyncio.start_unix_server(serve, folder / "socket")
    try:
        async for frame in Link(folder / "socket", SILENCE_S).stream("/stream"):
            # Those before an error count too.
            numbers += [frame.data["number"]]
    except EngineAway:
        numbers.append(-1)
    await ended.wait()
    server.close()
    await server.wait_closed()
    return numbers


def test_a_stream_that_falls_silent_is_given_up_with_all_that_came(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_FRAME % 1 + _FRAME % 2)
        # Until the listener hangs up.
        await reader.read()

    assert asyncio.run(asyncio.wait_for(_told(tmp_path, silent), 30)) == [1, 2, -1]


@pytest.mark.parametrize(
    "sign", [b"event: ping\ndata: {}\n\n", b'event: agent.message\ndata: {"number": 7}\n\n', b"eve"]
)
def test_any_byte_is_a_sign_of_life_and_a_stream_that_ends_is_no_silence(tmp_path: Path, sign: bytes) -> None:
    async def alive(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _number in range(6):
            writer.write(sign)
            await asyncio.sleep(SILENCE_S / 2)

    told = asyncio.run(asyncio.wait_for(_told(tmp_path, alive), 30))
    assert told == [7] * (6 if b"7" in sign else 0)
