"""Servers on Unix sockets whose files belong to somebody else, and stay when the server is closed."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable

Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LIMIT_BYTES = 64 * 1024


async def serve(accept: Accept, listener: socket.socket, *, limit: int = LIMIT_BYTES) -> asyncio.Server:
    """Accept on a listener that is bound already; from Python 3.13 on, closing would remove its file unless that is said."""
    if sys.version_info >= (3, 13):
        return await asyncio.start_unix_server(accept, sock=listener, limit=limit, cleanup_socket=False)
    return await asyncio.start_unix_server(accept, sock=listener, limit=limit)
