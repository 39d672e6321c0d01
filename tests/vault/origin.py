"""A server that answers as a test says, rightly or wrongly, in TLS and in the clear; it keeps every request as it came."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from asyncio.trsock import TransportSocket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbench.vault.proxy.authority import Authority, new_authority

LIMIT = 1 << 25

Answer = Callable[["Seen"], bytes | Sequence[bytes | float]]
"""Gives an answer as it goes over the wire; a list is sent piece by piece; a number in it is a pause in
seconds, and one below zero the end of the connection."""


@dataclass(frozen=True)
class Seen:
    """One request as the server got it: its head's lines, and the body without its framing."""

    head: bytes
    body: bytes
    is_encrypted: bool

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n")[0].decode()

    def header(self, name: str) -> str | None:
        values = self.headers(name)
        return values[0] if values else None

    def headers(self, name: str) -> list[str]:
        pairs = [line.partition(b":") for line in self.head.split(b"\r\n")[1:]]
        return [value.strip().decode() for key, _, value in pairs if key.decode().lower() == name.lower()]


def ok(body: bytes = b"ok", *headers: str) -> bytes:
    """A plain 200 with these headers."""
    extra = "".join(f"{line}\r\n" for line in headers)
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


@dataclass
class Origin:
    """`answer` is asked for every request; `seen` has them all. One authority vouches for every name.

    With `answers_heads` it answers without having read the body, as a server may.
    """

    answer: Answer = lambda seen: ok()
    seen: list[Seen] = field(default_factory=list)
    authority: Authority = field(default_factory=lambda: Authority(new_authority()))
    certified_as: str | None = None
    host: str = "127.0.0.1"
    answers_heads: bool = False
    port: int = 0
    plain_port: int = 0

    async def __aenter__(self) -> Origin:
        self.gone = asyncio.Event()
        self._connections: list[TransportSocket] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._named
        # A greeting without a name needs some certificate to go on to the callback.
        self._servers = [
            await asyncio.start_server(self._serve, self.host, 0, ssl=context, limit=LIMIT),
            await asyncio.start_server(self._serve, self.host, 0, limit=LIMIT),
        ]
        self.port, self.plain_port = (server.sockets[0].getsockname()[1] for server in self._servers)
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for connection in self._connections:
            cut(connection)

    def _named(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        own = self.certified_as or name or "unnamed.test"
        made = self.authority.context(own)
        made.sni_callback = lambda *_: None
        connection.context = made

    def trusting(self) -> ssl.SSLContext:
        """A client's context that trusts this server's authority only."""
        context = ssl.create_default_context(cadata=self.authority.certificate_pem.decode())
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.append(writer.get_extra_info("socket"))
        is_encrypted = writer.get_extra_info("sslcontext") is not None
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                seen = Seen(head[:-4], b"" if self.answers_heads else await _body(reader, head), is_encrypted)
                self.seen.append(seen)
                given = self.answer(seen)
                for piece in [given] if isinstance(given, bytes) else given:
                    if isinstance(piece, float) and piece < 0:
                        return
                    if isinstance(piece, float):
                        await self._pause(reader, piece)
                        continue
                    writer.write(piece)
                    await writer.drain()
                if b"close" in head.lower().partition(b"connection:")[2].split(b"\r\n")[0]:
                    return
        except (asyncio.IncompleteReadError, OSError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _pause(self, reader: asyncio.StreamReader, seconds: float) -> None:
        """Wait, and hear whether the other side goes away meanwhile."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if not await reader.read(1):
                    self.gone.set()


def cut(connection: TransportSocket) -> None:
    """End a connection at once, where it has not ended by itself."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        body = b""
        while length := int((await reader.readuntil(b"\r\n")).strip(), 16):
            body += await reader.readexactly(length)
            await reader.readline()
        await reader.readline()
        return body
    if b"content-length:" in lower:
        return await reader.readexactly(int(lower.partition(b"content-length:")[2].split(b"\r\n")[0]))
    return b""
