"""Bytes both ways between two connections that have agreed to speak something else than HTTP."""

from __future__ import annotations

import asyncio

from workbench.vault.proxy.redaction import RedactedStream, Redaction
from workbench.vault.proxy.wire import Sink, Source

PIECE_BYTES = 1 << 16
HELD_S = 0.05
"""How long the beginning of a needle is kept back where no end of a message tells that it was none."""

Side = tuple[Source, Sink, bytes]
"""A connection, and what has been read from it already."""


async def relay(client: Side, server: Side, redaction: Redaction) -> None:
    """Until one side ends; what comes from the server has its secrets taken out, as long as before."""
    tasks = [
        asyncio.create_task(_copy(client, server, None)),
        asyncio.create_task(_copy(server, client, redaction.stream() if redaction else None)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(source: Side, target: Side, stream: RedactedStream | None) -> None:
    reader, _, early = source
    _, writer, _ = target
    if early:
        writer.write(stream.feed(early) if stream else early)
    while piece := await (_next(reader, writer, stream) if stream else reader.read(PIECE_BYTES)):
        writer.write(stream.feed(piece) if stream else piece)
        await writer.drain()
    if stream:
        writer.write(stream.flush())
        await writer.drain()


async def _next(reader: Source, writer: Sink, stream: RedactedStream) -> bytes:
    try:
        async with asyncio.timeout(HELD_S if stream.holds else None):
            return await reader.read(PIECE_BYTES)
    except TimeoutError:
        writer.write(stream.flush())
        return await reader.read(PIECE_BYTES)
