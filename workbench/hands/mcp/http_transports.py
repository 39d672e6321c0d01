"""HTTP transports of an MCP server, through the vault's socket: Streamable HTTP, and Server-Sent Events for older servers."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from workbench.hands.mcp.answers import CONNECT_LIMIT_S, StatusFault
from workbench.light import unix_http

SSE_SILENCE_S = 3600.0
ANSWER_LIMIT_BYTES = 32 << 20
EVENT_LIMIT_BYTES = 16 << 20
"""Of an event of a stream: the library says of its own limit what it does not say of ours."""
OLDER_SERVER_STATUSES = (400, 404, 405, 406, 415)
"""What a server that speaks only Server-Sent Events says to Streamable HTTP."""
_SCOPE = re.compile(r"""scope="([!#-\[\]-~ ]{1,300})\"""")
"""As RFC 6750 has it: what a token lacks, where a server says so."""


@dataclass(frozen=True)
class ServerWay:
    """Where a server is reached: a URL of plain HTTP whose host is a route's name, on the vault's socket."""

    url: str
    socket: Path


class Statuses:
    """The last HTTP status that the server gave: the library keeps it to itself."""

    def __init__(self) -> None:
        self.last: int | None = None
        self.denied: StatusFault | None = None
        """That messages are not taken for the sake of their credential: the library says only that there was an error, or
        goes on in an older protocol."""

    @property
    def refused(self) -> int | None:
        """The status, where it is one of an error."""
        return self.last if self.last is not None and self.last >= 400 else None

    async def note(self, response: httpx2.Response) -> None:
        self.last = response.status_code
        if response.request.method == "POST":
            # Beside it there may be a stream, which some servers refuse in other words.
            is_denied = response.status_code in (401, 403)
            challenge = response.headers.get("www-authenticate", "")
            wanted = _SCOPE.search(challenge) if 'error="insufficient_scope"' in challenge else None
            if is_denied:
                self.denied = StatusFault(response.status_code, wanted[1] if wanted else "")
            elif response.is_success:
                self.denied = None

    def explained(self, error: Exception) -> Exception:
        """The error that says most."""
        return self.denied or (error if self.refused is None else StatusFault(self.refused))


@contextlib.asynccontextmanager
async def streamable(way: ServerWay, statuses: Statuses) -> AsyncIterator[Any]:
    """The streams of a server by Streamable HTTP."""
    # Late: the library takes 0.5 s to import, and most sessions have no server.
    from mcp.client.streamable_http import streamable_http_client

    async with (
        _http(way, statuses) as http,
        streamable_http_client(way.url, http_client=http, max_sse_event_size=EVENT_LIMIT_BYTES) as streams,
    ):
        yield streams


@contextlib.asynccontextmanager
async def event_stream(way: ServerWay, statuses: Statuses) -> AsyncIterator[Any]:
    """The streams of an older server by Server-Sent Events."""
    from mcp.client.sse import sse_client

    def client(
        headers: dict[str, Any] | None = None, timeout: httpx2.Timeout | None = None, auth: httpx2.Auth | None = None
    ) -> httpx2.AsyncClient:
        return _http(way, statuses, headers)

    async with sse_client(way.url, httpx_client_factory=client, sse_read_timeout=SSE_SILENCE_S) as streams:
        yield streams


class TooMuch(httpx2.TransportError):
    """A server said more at once than anybody will read."""


class _Bounded(httpx2.AsyncBaseTransport):
    """Ends an answer, or one event of a stream, that is longer than what is held in memory for it."""

    def __init__(self, inner: httpx2.AsyncHTTPTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Counted(response.stream)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._inner:
            # An event of a stream ends with an empty line, and no JSON has one that matters here.
            ended = max(piece.rfind(b"\n\n"), piece.rfind(b"\r\n\r\n"))
            size = len(piece) - ended if ended >= 0 else size + len(piece)
            if size > ANSWER_LIMIT_BYTES:
                raise TooMuch(f"it said more than {ANSWER_LIMIT_BYTES} bytes at once")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def _http(way: ServerWay, statuses: Statuses, headers: dict[str, Any] | None = None) -> httpx2.AsyncClient:
    timeout = httpx2.Timeout(CONNECT_LIMIT_S, read=SSE_SILENCE_S)
    transport = _Bounded(unix_http.transport(way.socket))
    hooks = {"response": [statuses.note]}
    return httpx2.AsyncClient(transport=transport, timeout=timeout, headers=headers, event_hooks=hooks, trust_env=False)
