"""HTTP/1.1 over a Unix socket of this machine, as the vault's ways out are.

The usual transport locks, traces and looks at the socket of each kept connection at every request: 0.6 ms of processor time, of which this
one takes a third. Here the event loop tells when a kept connection has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import h11
import httpx2

MOST_KEPT: Final = 16
KEPT_S: Final = 5.0
"""How long a connection waits for its next request."""
MOST_HEAD_BYTES: Final = 100 * 1024
MOST_HELD_BYTES: Final = 1 << 18
"""What has come and nobody has read yet; the other end waits then."""


def transport(socket: Path) -> UnixTransport:
    """A transport that takes every request to this socket, whatever host it names."""
    return UnixTransport(socket)


class UnixTransport(httpx2.AsyncBaseTransport):
    """Opens as many connections as there are requests at once; the last ones are kept for the next requests.

    What it raises are the errors of httpx2's own transport: `ConnectError`, `ConnectTimeout`, `ReadError`, `ReadTimeout`, `WriteTimeout`,
    `LocalProtocolError` and `RemoteProtocolError`.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = str(socket)
        self._kept: list[_Connection] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        patience: Mapping[str, float | None] = request.extensions.get("timeout", {})
        connection = self._taken() or await self._opened(patience.get("connect"))
        try:
            await connection.ask(request, patience.get("write"))
            head = await connection.head(patience.get("read"))
        except BaseException:
            connection.close()
            raise
        return httpx2.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(self, connection, patience.get("read")),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": bytes(head.reason)},
        )

    async def aclose(self) -> None:
        for connection in self._kept:
            connection.close()
        self._kept.clear()

    def give_back(self, connection: _Connection) -> None:
        """Keep a connection whose answer was read to its end; any other is closed."""
        now = asyncio.get_running_loop().time()
        while self._kept and (len(self._kept) >= MOST_KEPT or not self._kept[0].is_kept_at(now)):
            self._kept.pop(0).close()
        if connection.begin_next(now + KEPT_S):
            self._kept.append(connection)
        else:
            connection.close()

    def _taken(self) -> _Connection | None:
        """The connection that was kept last."""
        now = asyncio.get_running_loop().time()
        while self._kept:
            connection = self._kept.pop()
            if connection.is_kept_at(now):
                connection.take()
                return connection
            connection.close()
        return None

    async def _opened(self, patience: float | None) -> _Connection:
        try:
            async with asyncio.timeout(patience):
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_unix_connection(_Connection, self._socket)
        except TimeoutError:
            raise httpx2.ConnectTimeout(f"{self._socket} did not answer within {patience:g} s") from None
        except OSError as error:
            raise httpx2.ConnectError(str(error)) from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._news: asyncio.Future[None] | None = None
        self._held = 0
        self._is_full = False
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._is_open = True
        self._fault: Exception | None = None
        self._kept_until: float | None = None

    # ── what the event loop tells ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._kept_until is not None:
            # An answer that nobody has asked for: what came next would be taken for the answer to another request.
            self.close()
            return
        self._http.receive_data(data)
        self._held += len(data)
        if self._held > MOST_HELD_BYTES and not self._is_full:
            self._is_full = True
            self._transport.pause_reading()
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        self._fault = exc
        if exc is not None and self._kept_until is None:
            self._read_rest()
        self._http.receive_data(b"")
        self._may_write.set()
        self._tell()

    def _read_rest(self) -> None:
        """Who could not be sent all of a request may have answered before it closed: the event loop reads no more after such a fault."""
        descriptor: int = self._transport.get_extra_info("socket").fileno()
        with contextlib.suppress(OSError):
            if rest := os.read(descriptor, MOST_HELD_BYTES):
                self._http.receive_data(rest)

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    # ── what the transport asks ──

    async def ask(self, request: httpx2.Request, patience: float | None) -> None:
        """Send the request. Where the other end closes meanwhile, its answer says why, and not the sending."""
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        try:
            head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            begun = self._http.send(head) or b""
            async for piece in request.stream:
                # A head and a body that is one piece go out together.
                self._transport.write(begun + (self._http.send(h11.Data(data=piece)) or b""))
                begun = b""
                await self._drained(patience)
            if rest := begun + (self._http.send(h11.EndOfMessage()) or b""):
                self._transport.write(rest)
        except h11.LocalProtocolError as error:
            raise httpx2.LocalProtocolError(str(error)) from error

    async def _drained(self, patience: float | None) -> None:
        if not self._may_write.is_set():
            try:
                async with asyncio.timeout(patience):
                    await self._may_write.wait()
            except TimeoutError:
                raise httpx2.WriteTimeout(f"nothing was taken for {patience:g} s") from None

    async def head(self, patience: float | None) -> h11.Response:
        """The head of the answer; `patience` is how long, in seconds, nothing may come."""
        while True:
            event = await self._event(patience)
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                raise httpx2.RemoteProtocolError("what came is no answer to the request")

    async def piece(self, patience: float | None) -> bytes | None:
        """What comes next of the answer's body; None at its end."""
        event = await self._event(patience)
        return bytes(event.data) if isinstance(event, h11.Data) else None

    async def _event(self, patience: float | None) -> h11.Event:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                if self._fault is not None:
                    raise httpx2.ReadError(str(self._fault)) from self._fault
                raise httpx2.RemoteProtocolError(str(error)) from error
            if isinstance(event, h11.Event):
                return event
            if event is h11.PAUSED:
                raise httpx2.RemoteProtocolError("more came than the answer to the request")
            self._held = 0
            if self._is_full and self._is_open:
                self._is_full = False
                self._transport.resume_reading()
            await self._more(patience)

    async def _more(self, patience: float | None) -> None:
        self._news = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(patience):
                await self._news
        except TimeoutError:
            raise httpx2.ReadTimeout(f"nothing came for {patience:g} s") from None
        finally:
            self._news = None

    def is_kept_at(self, moment: float) -> bool:
        """Whether a request may go out on it at this moment of the loop's clock."""
        return self._is_open and self._kept_until is not None and moment < self._kept_until

    def take(self) -> None:
        """It is kept no more: an answer may come."""
        self._kept_until = None

    def begin_next(self, kept_until: float) -> bool:
        """Make ready for another request; False where this one has not ended on both sides, or more has come."""
        is_over = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if not self._is_open or not is_over or self._http.trailing_data[0]:
            return False
        self._http.start_next_cycle()
        self._kept_until = kept_until
        return True

    def close(self) -> None:
        self._is_open = False
        self._transport.abort()


class _Body(httpx2.AsyncByteStream):
    """The body of an answer; its connection is given back when it is closed."""

    def __init__(self, transport: UnixTransport, connection: _Connection, patience: float | None) -> None:
        self._transport = transport
        self._connection: _Connection | None = connection
        self._patience = patience

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while self._connection is not None and (piece := await self._connection.piece(self._patience)) is not None:
                yield piece
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._transport.give_back(connection)
