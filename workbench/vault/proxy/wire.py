"""One HTTP/1.1 connection, of a client or to a server: h11's events over a pair of streams."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import h11

HEAD_BYTES = 64 * 1024
HEAD_PIECE_BYTES = 16 * 1024
BODY_PIECE_BYTES = 1 << 18

Event = h11.Request | h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage | h11.ConnectionClosed


@dataclass(frozen=True)
class Limits:
    """How long and how much; tests take shorter ones."""

    head_s: float = 30.0
    handshake_s: float = 20.0
    idle_upstream_s: float = 5.0
    connections: int = 128
    whole_body_bytes: int = 1 << 20
    unlock_s: float = 120.0


class Source(Protocol):
    """What a connection's bytes are read from: a stream of asyncio's, or one inside TLS."""

    async def read(self, most: int, /) -> bytes: ...

    def at_eof(self) -> bool: ...


class Sink(Protocol):
    """What a connection's bytes are written to."""

    def write(self, content: bytes, /) -> None: ...

    async def drain(self) -> None: ...

    def is_closing(self) -> bool: ...

    def close(self) -> None: ...


class Refused(Exception):
    """A request is not passed on, or its answer is not: `reason` is the word of the decision."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Gone(Exception):
    """The other side closed the connection in the middle of something."""


class Wire:
    """One side of a conversation. `event` reads, `write` sends; what h11 calls a fault of the other side is raised."""

    def __init__(self, reader: Source, writer: Sink, *, is_server: bool) -> None:
        self.reader = reader
        self.writer = writer
        self.http = h11.Connection(h11.SERVER if is_server else h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._piece = HEAD_PIECE_BYTES
        self._is_head = False
        self._held = b""
        self.was_unparsed = False

    async def event(self) -> Event:
        """The next event.

        Raises:
            h11.RemoteProtocolError: what came is not HTTP.
            Gone: the connection ended before the message did.
        """
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA:
                self.http.receive_data(await self.reader.read(self._piece))
                continue
            if event is h11.PAUSED:
                raise Gone
            # Heads are measured in small pieces, bodies read in large ones.
            self._piece = HEAD_PIECE_BYTES if isinstance(event, h11.EndOfMessage) else BODY_PIECE_BYTES
            assert isinstance(event, Event)
            return event

    async def unparsed(self, length: int) -> AsyncIterator[bytes]:
        """The body of a message whose head has just come, of a known length; then the next message may begin.

        h11 would copy each piece twice; where the end is known it has nothing to find out in between.

        Raises:
            Gone: the connection ended before.
        """
        early, _ = self.http.trailing_data
        piece = early[:length]
        while True:
            length -= len(piece)
            if piece:
                yield piece
            if not length:
                break
            if not (piece := await self.reader.read(min(length, BODY_PIECE_BYTES))):
                raise Gone
        self.was_unparsed = True

    async def request(self) -> h11.Request | None:
        """The next request of a client; None when there is no more."""
        event = await self.event()
        if isinstance(event, h11.ConnectionClosed):
            return None
        assert isinstance(event, h11.Request)
        self._is_head = event.method == b"HEAD"
        return event

    def write(self, *events: Event) -> None:
        # Joined, so that a chunk and what frames it are one TLS record and one system call.
        parts = [self._held] if self._held else []
        parts += [part for event in events for part in self.http.send_with_data_passthrough(event) or ()]
        self._held = b""
        self.writer.write(parts[0] if len(parts) == 1 else b"".join(parts))

    def hold(self, head: Event) -> None:
        """Have a head go out with what is written next; `write_held` sees to it that it goes out."""
        self._held = b"".join(self.http.send_with_data_passthrough(head) or ())

    def write_held(self) -> None:
        """What is held goes out at the loop's next turn, where nothing was written until then: a body that is there is quicker."""
        asyncio.get_running_loop().call_soon(self._write_held)

    def _write_held(self) -> None:
        if self._held:
            self.write()

    async def has_more(self) -> bool:
        """Whether bytes wait that were not asked for; what is read by asking stays for h11.

        Raises:
            Gone: the other side has left.
        """
        asked = asyncio.ensure_future(self.reader.read(1))
        # One turn of the loop starts the read: with something in the buffer it is done at once.
        await asyncio.sleep(0)
        if not asked.done():
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
            return False
        if not asked.result():
            raise Gone
        self.http.receive_data(asked.result())
        return True

    async def drained(self) -> None:
        await self.writer.drain()

    def is_reusable(self) -> bool:
        """Whether this message has ended on both sides and another one may follow."""
        has_ended = self.was_unparsed or self.http.their_state is h11.DONE
        return self.http.our_state is h11.DONE and has_ended

    def begin_next(self) -> None:
        """Be ready for the next message of a connection that is reusable."""
        if self.was_unparsed:
            self.http = h11.Connection(self.http.our_role, max_incomplete_event_size=HEAD_BYTES)
            self.was_unparsed = False
        else:
            self.http.start_next_cycle()

    async def respond(self, status: int, words: str, *, reason: str, close: bool = True) -> None:
        """Answer in words, where an answer is still possible."""
        if self.http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        body = f"egress proxy: {words}\n".encode()
        headers = [
            ("content-type", "text/plain; charset=utf-8"),
            ("content-length", str(len(body))),
            ("x-egress-deny", "1"),
            ("x-egress-reason", reason),
            *([("connection", "close")] if close else []),
        ]
        with contextlib.suppress(h11.LocalProtocolError):
            self.write(h11.Response(status_code=status, headers=headers))
            if not self._is_head:
                self.write(h11.Data(data=body))
            self.write(h11.EndOfMessage())
        await self.drained()

    def close(self) -> None:
        self._held = b""
        self.writer.close()


class Accepted(Wire):
    """A client's connection as it was accepted, in the clear; it may go on as something else than HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer, is_server=True)
        self.stream = reader
        self.transport = writer.transport
