"""Answers on the vault's listeners while no vault starts, so that no request waits for one in vain."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from workbench.vault.proxy import unix_servers

HEAD_LIMIT_S = 5.0
_ANSWER = (
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\nx-egress-deny: 1\r\n"
    "x-egress-reason: no_vault\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{words}\n"
)


class StandInServer:
    """Listens beside the vault's process, on copies of its descriptors, from `serve` to `close`."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._words = ""

    async def serve(self, listener: socket.socket, words: str) -> None:
        """Answer every request on this listener with 503 and these words."""
        self._words = words
        copy = listener.dup()
        copy.setblocking(False)
        if copy.family == socket.AF_UNIX:
            self._servers.append(await unix_servers.serve(self._refuse, copy))
        else:
            self._servers.append(await asyncio.start_server(self._refuse, sock=copy))

    async def close(self) -> None:
        """Leave the listeners to the vault."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(HEAD_LIMIT_S):
                await reader.readuntil(b"\r\n\r\n")
            writer.write(_ANSWER.format(length=len(self._words.encode()) + 1, words=self._words).encode())
            await writer.drain()
        writer.close()
