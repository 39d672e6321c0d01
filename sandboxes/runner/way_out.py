"""The way out for programs that know of no proxy: every name leads here, and each connection goes on to the proxy by the name it says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Sequence

from sandboxes.runner.greetings import ADDRESS, NotUnderstood, answered, for_a_proxy, server_name

DNS_PORT = 53
FIRST_WORDS_S = 20.0
ANSWER_S = 90.0
MOST_QUESTION_BYTES = 4096
MOST_CONNECTIONS = 512
CHUNK_BYTES = 64 << 10

_TLS_HANDSHAKE = 0x16
# Fatal: access_denied, where the proxy refuses; unrecognized_name, where none was said.
_DENIED, _UNNAMED = (bytes((0x15, 3, 1, 0, 2, 2, code)) for code in (49, 112))


class WayOut:
    """Bound before any command runs, so that nothing inside can take its place; serves once a loop runs."""

    def __init__(self, ports: Sequence[int], proxy_port: int) -> None:
        """Raises OSError where the sandbox may not bind such ports: then there is no such way."""
        self._proxy_port = proxy_port
        self._open = 0
        self._servers: list[asyncio.Server] = []
        self._names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._names.bind((ADDRESS, DNS_PORT))
        self._listeners = [(port, socket.create_server((ADDRESS, port), backlog=128)) for port in ports]

    async def serve(self) -> None:
        """Begin to answer."""
        self._names.setblocking(False)
        asyncio.get_running_loop().add_reader(self._names, self._name)
        for port, listener in self._listeners:
            listener.setblocking(False)
            self._servers.append(await asyncio.start_server(self._accepted_at(port), sock=listener))

    def _name(self) -> None:
        """Answer one question about a name; one that cannot be sent now is asked again."""
        with contextlib.suppress(OSError, NotUnderstood):
            question, asker = self._names.recvfrom(MOST_QUESTION_BYTES)
            self._names.sendto(answered(question), asker)

    def _accepted_at(self, port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._open += 1
            try:
                if self._open <= MOST_CONNECTIONS:
                    await self._carry(port, reader, writer)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, NotUnderstood):
                # One side went away, or said nothing that names a host.
                pass
            finally:
                self._open -= 1
                writer.close()

        return accepted

    async def _carry(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(FIRST_WORDS_S):
            first = await reader.readexactly(1)
            if first[0] == _TLS_HANDSHAKE:
                head = first + await reader.readexactly(4)
                record = await reader.readexactly(int.from_bytes(head[3:], "big"))
            else:
                request = first + await reader.readuntil(b"\r\n\r\n")
        if first[0] != _TLS_HANDSHAKE:
            beyond = await asyncio.open_connection("127.0.0.1", self._proxy_port)
            beyond[1].write(for_a_proxy(request, port))
            await _both_ways((reader, writer), beyond)
            return
        try:
            name = server_name(record)
        except NotUnderstood:
            writer.write(_UNNAMED)
            raise
        beyond = await asyncio.open_connection("127.0.0.1", self._proxy_port)
        try:
            if not await _led(beyond, f"{name}:{port}"):
                writer.write(_DENIED)
                return
            beyond[1].write(head + record)
            await _both_ways((reader, writer), beyond)
        finally:
            beyond[1].close()


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _led(beyond: Ends, place: str) -> bool:
    """Whether the proxy takes a connection to this place."""
    reader, writer = beyond
    writer.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
    async with asyncio.timeout(ANSWER_S):
        said = await reader.readuntil(b"\r\n\r\n")
    return said.startswith(b"HTTP/1.1 200")


async def _both_ways(one: Ends, other: Ends) -> None:
    try:
        await asyncio.gather(_copied(one[0], other[1]), _copied(other[0], one[1]))
    finally:
        other[1].close()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until its end, which is passed on."""
    while chunk := await reader.read(CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
