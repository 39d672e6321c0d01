"""A sandbox's only way out: an allow-list proxy for HTTP and CONNECT on the listener that its runner handed over."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from workbench.hands.policy import Policy, normal, refusal_of_address

HEAD_LIMIT_BYTES = 64 * 1024
HEAD_LIMIT_S = 30.0
CONNECT_LIMIT_S = 20.0
CHUNK_BYTES = 1 << 16

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives the addresses of a host for a port; raises OSError where there are none."""


@dataclass(frozen=True)
class Decision:
    """One request and what became of it; `reason` is the rule that refused it."""

    host: str
    port: int
    allowed: bool
    reason: str


class Refused(Exception):
    """A request is not passed on; the text is the rule, `status` the HTTP status line's end."""

    def __init__(self, status: str, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class _Request:
    method: str
    host: str
    port: int
    head: bytes
    """What goes on to the server before the body; empty for CONNECT."""


async def resolve_by_system(host: str, port: int) -> list[str]:
    """The addresses that this machine's resolver gives."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"not a host's name: {error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def public_only(resolve: Resolve) -> Resolve:
    """The same resolver, refusing a name as soon as one of its addresses is not public (a rebinding name has both)."""

    async def checked(host: str, port: int) -> list[str]:
        addresses = await resolve(host, port)
        for address in addresses:
            if (rule := refusal_of_address(address)) is not None:
                raise Refused("403 Forbidden", rule)
        return addresses

    return checked


class Egress:
    """Serves one sandbox's listener by one policy; each decision is told before anything is sent on."""

    def __init__(
        self, listener: socket.socket, policy: Policy, *, resolve: Resolve, tell: Callable[[Decision], Awaitable[None]]
    ) -> None:
        self._listener = listener
        self._policy = policy
        self._resolve = resolve
        self._tell = tell
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begin to accept."""
        self._listener.setblocking(False)
        self._server = await asyncio.start_server(self._accept, sock=self._listener, limit=HEAD_LIMIT_BYTES)

    async def close(self) -> None:
        """Cut every connection and let go of the listener, without which its network would live on."""
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # One side went away or said nothing: the connection is over, and that is all.
            pass
        except asyncio.CancelledError:
            # `close` asked for it; an accepted connection's task has nobody else to tell.
            pass
        finally:
            self._serving.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_LIMIT_S):
                request = _request_of(await reader.readuntil(b"\r\n\r\n"))
            upstream_reader, upstream = await self._connect(request)
        except Refused as refused:
            await _answer(writer, refused.status, str(refused))
            return
        try:
            if request.method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                upstream.write(request.head)
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, upstream))
                group.create_task(_copy(upstream_reader, writer))
        except* (OSError, TimeoutError):
            pass
        finally:
            upstream.close()

    async def _connect(self, request: _Request) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = f"{request.host}:{request.port}"
        try:
            addresses = await self._permitted(request.host, request.port)
        except Refused as refused:
            await self._tell(Decision(request.host, request.port, False, str(refused)))
            raise Refused(refused.status, f"{where} is refused: {refused}.") from None
        except OSError as error:
            await self._tell(Decision(request.host, request.port, False, "the name is not known"))
            raise Refused("502 Bad Gateway", f"{request.host} is not known: {error.strerror or error}.") from None
        await self._tell(Decision(request.host, request.port, True, ""))
        for address in addresses:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_LIMIT_S):
                    return await asyncio.open_connection(address, request.port)
        raise Refused("502 Bad Gateway", f"{where} does not answer.")

    async def _permitted(self, host: str, port: int) -> list[str]:
        """The addresses to connect to: exactly those that were checked."""
        if (rule := self._policy.refusal(host)) is not None:
            raise Refused("403 Forbidden", rule)
        return await self._resolve(host, port)


def _request_of(head: bytes) -> _Request:
    lines = head.split(b"\r\n")
    try:
        method, target, version = lines[0].decode("ascii").split(" ")
        if method == "CONNECT":
            parts = urlsplit(f"//{target}")
            return _Request(method, normal(parts.hostname or ""), parts.port or 443, b"")
        parts = urlsplit(target)
        host, port = normal(parts.hostname or ""), parts.port or 80
    except (UnicodeDecodeError, ValueError):
        raise Refused("400 Bad Request", "This proxy takes HTTP/1.1 requests.") from None
    if parts.scheme != "http" or not host:
        raise Refused("400 Bad Request", "This proxy takes `GET http://host/…` and `CONNECT host:port`.")
    path = parts._replace(scheme="", netloc="").geturl() or "/"
    # One request a connection: a second one could name another host without being asked about.
    kept = [line for line in lines[1:-2] if _name(line) not in {b"connection", b"proxy-connection", b"host"}]
    address = host if port == 80 else f"{host}:{port}"
    first = f"{method} {path} {version}\r\nHost: {address}\r\nConnection: close\r\n".encode()
    return _Request(method, host, port, first + b"".join(line + b"\r\n" for line in kept) + b"\r\n")


def _name(line: bytes) -> bytes:
    return line.partition(b":")[0].strip().lower()


async def _answer(writer: asyncio.StreamWriter, status: str, words: str) -> None:
    body = f"{words}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
    await writer.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
