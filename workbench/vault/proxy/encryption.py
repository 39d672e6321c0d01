"""TLS on one connection, for either side: asyncio's own takes 256 KiB a connection at once and passes on small pieces."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from typing import Any

PIECE_BYTES = 1 << 17
HIGH_WATER_BYTES = 1 << 19
SLICE_BYTES = 1 << 16


class _Scratch(threading.local):
    """Memory for all connections of one loop: what lies in it is taken out before the loop turns to another one."""

    def __init__(self) -> None:
        self.received = memoryview(bytearray(PIECE_BYTES))
        self.opened = memoryview(bytearray(PIECE_BYTES))


_scratch = _Scratch()


class Encrypted(asyncio.BufferedProtocol):
    """Reader and writer of one connection inside TLS, with the methods of asyncio's streams that are used here."""

    def __init__(self, context: ssl.SSLContext, *, server_side: bool = False, name: str | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=server_side, server_hostname=name)
        self._transport: Any = None
        self._is_over = False
        self._is_reading_paused = False
        self._waiting: asyncio.Future[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()

    # ── what the transport tells ─────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return _scratch.received

    def buffer_updated(self, nbytes: int) -> None:
        self._incoming.write(_scratch.received[:nbytes])
        if self._incoming.pending > HIGH_WATER_BYTES and not self._is_reading_paused:
            self._is_reading_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self._may_write.set()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def _end(self) -> None:
        self._is_over = True
        self._incoming.write_eof()
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    # ── for whoever reads and writes ─────────────────────────────────────────────────────────────────────────────────

    async def agree(self, limit_s: float) -> None:
        """Shake hands.

        Raises:
            OSError: (ssl.SSLError and TimeoutError among them) the other side does not agree.
        """
        try:
            async with asyncio.timeout(limit_s):
                while not self._has_agreed():
                    await self._more()
        except BaseException:
            # What TLS has to say about it goes out first.
            self._flush()
            self._transport.close()
            raise

    def _has_agreed(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            if self._is_over:
                raise ConnectionResetError("the other side ended in the middle of the handshake") from None
            return False
        finally:
            self._flush()
        return True

    async def read(self, most: int = PIECE_BYTES) -> bytes:
        """Some bytes, as many as are there; none at the end."""
        while not (piece := self._decrypted(most)):
            if self._is_over:
                return b""
            await self._more()
        return piece

    def _decrypted(self, most: int) -> bytes:
        count = 0
        try:
            # A call gives one record, 16 KiB at most.
            while count < min(most, PIECE_BYTES):
                taken = self._tls.read(min(most, PIECE_BYTES) - count, _scratch.opened[count:])
                if not taken:
                    self._is_over = True
                    break
                count += int(taken)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            # An orderly end, one without its farewell, or bytes that are no TLS: there is nothing more to read.
            self._is_over = True
        if self._is_reading_paused and self._incoming.pending < HIGH_WATER_BYTES:
            self._is_reading_paused = False
            self._transport.resume_reading()
        return bytes(_scratch.opened[:count])

    async def _more(self) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def at_eof(self) -> bool:
        """Whether the other side has ended, or said something where nothing was asked: no request may follow."""
        return self._is_over or bool(self._decrypted(1)) or self._is_over

    def write(self, content: bytes | bytearray | memoryview) -> None:
        if self._transport.is_closing():
            return
        whole = memoryview(content)
        # In slices, because the memory between would keep the size of the longest.
        for begin in range(0, len(whole), SLICE_BYTES):
            self._tls.write(whole[begin : begin + SLICE_BYTES])
            self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending and not self._transport.is_closing():
            self._transport.write(self._outgoing.read())

    async def drain(self) -> None:
        """Wait until the other side has taken enough of it.

        Raises:
            OSError: it has gone.
        """
        if self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        await self._may_write.wait()

    def is_closing(self) -> bool:
        return bool(self._transport.is_closing())

    def close(self) -> None:
        """Say farewell, and close when everything has been sent."""
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()
        self._transport.close()


async def connected(address: str, port: int, context: ssl.SSLContext, name: str | None, limit_s: float) -> Encrypted:
    """A connection to this address, verified for this name.

    Raises:
        OSError: (ssl.SSLError among them) there is none.
    """
    loop = asyncio.get_running_loop()
    _, encrypted = await loop.create_connection(lambda: Encrypted(context, name=name), address, port)
    await encrypted.agree(limit_s)
    return encrypted


async def accepted(transport: asyncio.BaseTransport, context: ssl.SSLContext, limit_s: float) -> Encrypted:
    """The server's side of TLS in the middle of a connection; nothing may be awaited since its last plain byte.

    Raises:
        OSError: the client did not agree.
    """
    encrypted = Encrypted(context, server_side=True)
    assert isinstance(transport, asyncio.Transport)
    encrypted.connection_made(transport)
    transport.set_protocol(encrypted)
    await encrypted.agree(limit_s)
    return encrypted
