"""Turns an accepted connection into the server's side of TLS, in its middle and without losing a byte."""

from __future__ import annotations

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol

from workbench.vault.addresses import BUFFER_BYTES
from workbench.vault.wire import Wire


async def encrypted(client: Wire, context: ssl.SSLContext, limit_s: float) -> Wire:
    """The same connection inside TLS. Nothing may be awaited between the last plain byte and this.

    Raises:
        OSError: (ssl.SSLError among them) the client did not agree.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=BUFFER_BYTES, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    # StreamWriter.start_tls would leave the reader's flow control on the old transport (Python 3.11).
    transport = await loop.start_tls(
        client.writer.transport, protocol, context, server_side=True, ssl_handshake_timeout=limit_s
    )
    assert transport is not None
    protocol.connection_made(transport)
    return Wire(reader, asyncio.StreamWriter(transport, protocol, reader, loop), is_server=True)


def limit_buffers(bytes_each: int) -> None:
    """Give every later TLS connection of this process smaller buffers.

    asyncio takes 256 KiB for each side of each connection when it begins; 32 KiB are as fast, and hundreds of idle
    connections then fit in what few took.
    """
    SSLProtocol.max_size = bytes_each
