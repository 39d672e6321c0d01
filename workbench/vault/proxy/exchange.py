"""One request to a server and its answer back: streamed both ways, secrets put in on one and taken out on the other."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import h11

from workbench.vault.proxy.addresses import Streams
from workbench.vault.proxy.decoding import Undecodable, decoder
from workbench.vault.proxy.heads import answer_headers, header, is_binary, tokens, wants_upgrade, without
from workbench.vault.proxy.redaction import Redaction
from workbench.vault.proxy.relay import relay
from workbench.vault.proxy.substitution import BodySubstitution, Headers
from workbench.vault.proxy.wire import Gone, Refused, Wire

NO_REDACTION = Redaction({})
LARGE_BYTES = 1 << 18


@dataclass(frozen=True)
class Outgoing:
    """A request as it goes out, and what is done with its answer.

    `is_guarded` says that a secret may go to this host: its answers must be readable, compressed ones are opened. An answer
    with a status in `withheld` is not passed on, and `marks` are headers of ours on the one that is. `tell_body` hears whose secrets go out in the body, before they do.
    """

    method: bytes
    target: bytes
    headers: Headers
    body: BodySubstitution | None = None
    redaction: Redaction = field(default_factory=lambda: NO_REDACTION)
    is_guarded: bool = False
    is_websocket: bool = False
    whole_body: bytes | None = None
    withheld: frozenset[int] = frozenset()
    marks: Headers = field(default_factory=list)
    tell_body: Callable[[tuple[str, ...]], Awaitable[None]] | None = None


class Withheld(Exception):
    """The answer has a status that the caller wants to deal with; nothing of it has been sent."""


class Upstream:
    """The connection beyond, kept between one client's requests and opened again, checked anew, when it has ended."""

    def __init__(self, dial: Callable[[], Awaitable[Streams]]) -> None:
        self._dial = dial
        self._wire: Wire | None = None

    async def wire(self) -> tuple[Wire, bool]:
        """A connection that is ready for a request, and whether it is a fresh one.

        Raises:
            Refused: no answer, or no good certificate.
        """
        kept, self._wire = self._wire, None
        if kept is not None:
            if not kept.reader.at_eof() and not kept.writer.is_closing():
                self._wire = kept
                return kept, False
            kept.close()
        try:
            reader, writer = await self._dial()
        except ssl.SSLError:
            raise Refused(502, "certificate_refused") from None
        except OSError:
            raise Refused(502, "does_not_answer") from None
        self._wire = Wire(reader, writer, is_server=False)
        return self._wire, True

    def drop(self) -> None:
        """Close it: what follows gets a fresh one."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None


async def exchange(client: Wire, upstream: Upstream, outgoing: Outgoing) -> bool:
    """Carry one request and its answer; whether the client's connection may carry another.

    Raises:
        Refused: nothing of an answer has been sent; the caller says why.
        Withheld: the same, for a status that the caller asked for.
        Gone: one side ended in the middle; both connections are of no more use.
    """
    server, is_fresh = await upstream.wire()
    has_body = header(outgoing.headers, b"content-length") not in {None, b"0"} or (
        header(outgoing.headers, b"transfer-encoding") is not None
    )
    try:
        return await _once(client, server, outgoing)
    except _Stale:
        upstream.drop()
        if is_fresh or has_body:
            raise Refused(502, "bad_answer") from None
        server, _ = await upstream.wire()
        try:
            return await _once(client, server, outgoing)
        except _Stale:
            raise Refused(502, "bad_answer") from None
    finally:
        if not server.is_reusable():
            upstream.drop()
        else:
            server.begin_next()


class _Stale(Exception):
    """The server closed before it answered anything: a kept connection may be that old."""


async def _once(client: Wire, server: Wire, outgoing: Outgoing) -> bool:
    try:
        server.hold(h11.Request(method=outgoing.method, target=outgoing.target, headers=outgoing.headers))
    except h11.LocalProtocolError:
        raise Refused(400, "bad_request") from None
    # It begins before the head has to go out alone.
    upward = asyncio.create_task(_upward(client, server, outgoing))
    server.write_held()
    downward = asyncio.create_task(_downward(client, server, outgoing))
    try:
        await asyncio.wait({upward, downward}, return_when=asyncio.FIRST_COMPLETED)
        if upward.done() and not downward.done() and (fault := upward.exception()) is not None:
            raise fault
        await downward
    finally:
        await _ended(upward, downward)
    return client.is_reusable()


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# ── the request's body ────────────────────────────────────────────────────────────────────────────────────────────────


async def _upward(client: Wire, server: Wire, outgoing: Outgoing) -> None:
    """Send the body, then watch for a client that goes away, so that no request outlives it."""
    if outgoing.whole_body is not None:
        if outgoing.whole_body:
            server.write(h11.Data(data=outgoing.whole_body))
        server.write(h11.EndOfMessage())
    else:
        await _send_body(client, server, outgoing)
    if outgoing.is_websocket:
        return
    piece = await client.reader.read(1 << 14)
    if not piece:
        raise Gone
    client.http.receive_data(piece)


async def _send_body(client: Wire, server: Wire, outgoing: Outgoing) -> None:
    substitution, told = outgoing.body, set[str]()
    if client.http.they_are_waiting_for_100_continue:
        client.write(h11.InformationalResponse(status_code=100, headers=[]))
    async for piece in body_of(client):
        going = substitution.feed(piece) if substitution else piece
        if substitution and outgoing.tell_body and (new := substitution.used - told):
            told |= new
            await outgoing.tell_body(tuple(sorted(new)))
        if going:
            server.write(h11.Data(data=going))
            await _drained(server)
    rest = substitution.flush() if substitution else b""
    # Trailers end here: they would come after every rule about headers.
    server.write(*([h11.Data(data=rest)] if rest else []), h11.EndOfMessage())


async def _drained(server: Wire) -> None:
    # A server may stop reading and still answer: its answer decides, not the broken pipe.
    with contextlib.suppress(OSError):
        await server.drained()


async def body_of(wire: Wire) -> AsyncIterator[bytes]:
    """The pieces of the message that is being read.

    Raises:
        Refused: it is not framed as HTTP.
    """
    try:
        while True:
            event = await wire.event()
            if isinstance(event, h11.Data):
                yield event.data
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise Gone
    except h11.RemoteProtocolError:
        raise Refused(400, "bad_request") from None


# ── the answer ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _downward(client: Wire, server: Wire, outgoing: Outgoing) -> None:
    response = await _head(server)
    if isinstance(response, h11.InformationalResponse):
        await _upgraded(client, server, outgoing, response)
        return
    if response.status_code in outgoing.withheld:
        raise Withheld
    has_body = outgoing.method != b"HEAD" and response.status_code not in {204, 304}
    try:
        opened = (
            decoder(header(response.headers, b"content-encoding") or b"") if outgoing.is_guarded and has_body else None
        )
    except Undecodable:
        raise Refused(502, "encoding_refused") from None
    headers = answer_headers(response, without_length=opened is not None)
    if opened is not None:
        headers = without(headers, b"content-encoding")
    client.hold(_redacted_head(response, [*headers, *outgoing.marks], outgoing.redaction))
    client.write_held()
    redaction = outgoing.redaction
    stream = (redaction.for_binary() if is_binary(response.headers) else redaction).stream()
    try:
        async for piece in _body_of_answer(server, response, has_body):
            for part in opened(piece) if opened else (piece,):
                if going := stream.feed(part):
                    client.write(h11.Data(data=going))
                    await client.drained()
        rest = stream.flush()
        client.write(*([h11.Data(data=rest)] if rest else []), h11.EndOfMessage())
        await client.drained()
    except (Refused, Undecodable, h11.LocalProtocolError, OSError):
        # The head has gone out already: only an end in the middle can say that this is not the whole.
        raise Gone from None


def _body_of_answer(server: Wire, response: h11.Response, has_body: bool) -> AsyncIterator[bytes]:
    length = header(response.headers, b"content-length") or b"0"
    is_chunked = header(response.headers, b"transfer-encoding") is not None
    is_kept = b"close" not in tokens(response.headers, b"connection")
    if has_body and not is_chunked and is_kept and int(length) > LARGE_BYTES:
        return server.unparsed(int(length))
    return body_of(server)


def _redacted_head(response: h11.Response, headers: Headers, redaction: Redaction) -> h11.Response:
    try:
        return h11.Response(
            status_code=response.status_code,
            headers=[(name, redaction.whole(value)) for name, value in headers],
            reason=redaction.whole(bytes(response.reason)),
        )
    except h11.LocalProtocolError:
        raise Refused(502, "bad_answer") from None


async def _head(server: Wire) -> h11.Response | h11.InformationalResponse:
    """The final head, or that of an upgrade; 100 and 103 end here."""
    while True:
        try:
            event = await server.event()
        except h11.RemoteProtocolError:
            if not server.http.trailing_data[0] and server.reader.at_eof():
                raise _Stale from None
            raise Refused(502, "bad_answer") from None
        except OSError:
            raise _Stale from None
        if isinstance(event, h11.Response):
            return event
        if isinstance(event, h11.ConnectionClosed):
            raise _Stale
        if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
            return event


async def _upgraded(client: Wire, server: Wire, outgoing: Outgoing, response: h11.InformationalResponse) -> None:
    if not outgoing.is_websocket:
        raise Refused(502, "bad_answer")
    kept = without(answer_headers_of_upgrade(response), b"sec-websocket-extensions")
    redacted = [(name, outgoing.redaction.whole(value)) for name, value in kept]
    client.write(h11.InformationalResponse(status_code=101, headers=redacted))
    await client.drained()
    await relay(
        (client.reader, client.writer, client.http.trailing_data[0]),
        (server.reader, server.writer, server.http.trailing_data[0]),
        outgoing.redaction,
    )
    raise Gone


def answer_headers_of_upgrade(response: h11.InformationalResponse) -> Headers:
    """The headers of a 101 as the client needs them; anything but `websocket` is refused."""
    if not wants_upgrade(response.headers) or (header(response.headers, b"upgrade") or b"").lower() != b"websocket":
        raise Refused(502, "bad_answer")
    dropped = {b"connection", b"upgrade", b"content-length", b"transfer-encoding", b"alt-svc"}
    kept = [(bytes(name), bytes(value)) for name, value in response.headers if name not in dropped]
    return [(b"connection", b"upgrade"), (b"upgrade", b"websocket"), *kept]
