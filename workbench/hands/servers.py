"""MCP servers: connected through the vault's routes when a session needs them, one connection for each session and server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from workbench.contracts import Call, Json, Outcome, ServerFault, Session, text_outcome

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult

CONNECT_LIMIT_S = 20.0
SILENCE_LIMIT_S = 600.0
"""How long a tool may run without a word of progress."""
SSE_SILENCE_S = 3600.0
IDLE_LIMIT_S = 900.0
MOST_TOOLS = 256
MOST_DESCRIPTION = 4000

_ANSWERS_OF_OLDER_SERVERS = (400, 404, 405, 406, 415)
"""What a server that speaks only Server-Sent Events says to Streamable HTTP."""
_WORDS_OF_AN_END = ("Connection closed", "Session terminated")

_CONNECTION, _AUTHENTICATION = "mcp_connection_failed_error", "mcp_authentication_failed_error"


@dataclass(frozen=True)
class ServerWay:
    """Where a server is reached: a URL of plain HTTP whose host is a route's name, on the vault's socket."""

    url: str
    socket: Path


@dataclass(frozen=True)
class ServerProbe:
    """The MCP method that failed, None where none did, and the HTTP status that the server gave, if it gave one."""

    failed: str | None
    status: int | None = None


FindWay = Callable[[Session, Json], Awaitable[ServerWay]]
"""Opens the way to one server of a session, with the credential that it has at this moment."""


class ConnectedServers:
    """The promise `Servers` over Streamable HTTP, and Server-Sent Events for servers that know only those."""

    def __init__(self, find_way: FindWay) -> None:
        self._find_way = find_way
        self._open: dict[tuple[str, str], _Connection] = {}
        self._turns: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def listed(self, session: Session, server: Json) -> tuple[Json, ...] | ServerFault:
        """Connect, or connect again where the connection has ended, and tell the server's tools."""
        try:
            connection = await self._connected(session, server)
            async with asyncio.timeout(CONNECT_LIMIT_S):
                return await connection.tools()
        except Exception as error:
            await self._drop(session.id, server["name"])
            return fault_of(server, error)

    async def call(self, session: Session, server: Json, call: Call) -> Outcome:
        """Run one tool; an error of the server is one that the model can read."""
        try:
            connection = await self._connected(session, server)
        except Exception as error:
            return text_outcome(fault_of(server, error).message, is_error=True)
        try:
            return outcome_of(await connection.call(call.name, call.input))
        except TimeoutError:
            words = f"The MCP server {server['name']!r} said nothing for {SILENCE_LIMIT_S:g} s. The call may have had its effect."
            return text_outcome(words, is_error=True)
        except Exception as error:
            if connection.is_broken(error):
                await self._drop(session.id, server["name"])
            return text_outcome(_told(server, error), is_error=True)

    async def probe(self, way: ServerWay) -> ServerProbe:
        """Connect apart from any session and list the tools; what step failed, and with which status."""
        statuses = _Statuses()
        try:
            connection = await _Connection.opened(way, statuses)
        except Exception:
            return ServerProbe("initialize", statuses.refused)
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                await connection.tools()
        except Exception:
            return ServerProbe("tools/list", statuses.refused)
        finally:
            await connection.close()
        return ServerProbe(None)

    async def release(self, session_id: str) -> None:
        """End the session's connections."""
        for owner, name in [key for key in self._open if key[0] == session_id]:
            await self._drop(owner, name)

    async def close(self) -> None:
        """End all of them."""
        for session_id, name in list(self._open):
            await self._drop(session_id, name)

    async def _connected(self, session: Session, server: Json) -> _Connection:
        key = (session.id, server["name"])
        async with self._turns[key]:
            connection = self._open.get(key)
            if connection is None or not connection.is_open:
                await self._drop(*key)
                way = await self._find_way(session, server)
                self._open[key] = connection = await _Connection.opened(way)
            return connection

    async def _drop(self, session_id: str, name: str) -> None:
        if (connection := self._open.pop((session_id, name), None)) is not None:
            await connection.close()


class _Connection:
    """One connection, alive in a task of its own: the library wants it entered and left by the same one."""

    def __init__(self, statuses: _Statuses) -> None:
        self._statuses = statuses
        self._client: Client | None = None
        self._leave = asyncio.Event()
        self._living: asyncio.Task[None] | None = None
        self._tools: tuple[Json, ...] | None = None
        self._used_at = asyncio.get_running_loop().time()

    @classmethod
    async def opened(cls, way: ServerWay, statuses: _Statuses | None = None) -> _Connection:
        """Connect by Streamable HTTP, or where the server does not speak it by Server-Sent Events.

        Raises:
            Exception: what the library says.
        """
        statuses = statuses or _Statuses()
        try:
            return await cls._by(_streamable(way, statuses), statuses)
        except Exception as first:
            if statuses.last not in _ANSWERS_OF_OLDER_SERVERS:
                raise statuses.explained(first) from None
            try:
                return await cls._by(_event_stream(way, statuses), statuses)
            except Exception as second:
                raise statuses.explained(second) from None

    @classmethod
    async def _by(cls, transport: contextlib.AbstractAsyncContextManager[Any], statuses: _Statuses) -> _Connection:
        connection = cls(statuses)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connection._living = asyncio.create_task(connection._live(transport, ready))
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                await asyncio.shield(ready)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _live(self, transport: contextlib.AbstractAsyncContextManager[Any], ready: asyncio.Future[None]) -> None:
        # Late: the library takes 0.5 s to import, and most sessions have no server.
        from mcp import Client

        try:
            async with Client(transport, message_handler=self._heard) as client:
                self._client = client
                ready.set_result(None)
                await self._until_unused()
        except Exception as error:
            if not ready.done():
                ready.set_exception(error)
        finally:
            self._client = None

    async def _until_unused(self) -> None:
        """Until somebody ends it, or nobody has used it for long; the next call then connects again."""
        loop = asyncio.get_running_loop()
        while loop.time() - self._used_at < IDLE_LIMIT_S:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._used_at + IDLE_LIMIT_S):
                    await self._leave.wait()
                    return

    @property
    def is_open(self) -> bool:
        return self._client is not None

    def is_broken(self, error: Exception) -> bool:
        """Whether nothing more can come of this connection: the library tells it only in words, or by the status."""
        return (
            not self.is_open or bool(self._statuses.refused) or any(words in str(error) for words in _WORDS_OF_AN_END)
        )

    async def _heard(self, message: object) -> None:
        if type(message).__name__ == "ToolListChangedNotification" or "tools/list_changed" in repr(message)[:400]:
            self._tools = None

    async def tools(self) -> tuple[Json, ...]:
        """The server's tools, read again where it said that they changed."""
        if self._tools is None:
            self._tools = tuple([tool async for tool in self._listed()])
        return self._tools

    async def _listed(self) -> AsyncIterator[Json]:
        cursor, count = None, 0
        while self._client is not None:
            page = await self._client.list_tools(cursor=cursor)
            for tool in page.tools:
                count += 1
                if count > MOST_TOOLS:
                    return
                description = (tool.description or "")[:MOST_DESCRIPTION]
                yield {"name": tool.name, "description": description, "input_schema": _schema(tool.input_schema)}
            cursor = page.next_cursor
            if not cursor:
                return

    async def call(self, name: str, arguments: Json) -> CallToolResult:
        """Run a tool for as long as it shows that it lives.

        Raises:
            TimeoutError: it said nothing for too long.
        """
        if self._client is None:
            raise ConnectionError("the connection has ended")
        loop = asyncio.get_running_loop()
        # A call in the making keeps the connection, however long it takes.
        self._used_at = loop.time() + SILENCE_LIMIT_S
        async with asyncio.timeout(SILENCE_LIMIT_S) as patience:

            async def progress(progress: float, total: float | None, message: str | None) -> None:
                self._used_at = loop.time() + SILENCE_LIMIT_S
                patience.reschedule(self._used_at)

            return await self._client.call_tool(name, arguments, progress_callback=progress)

    async def close(self) -> None:
        """Say goodbye and end."""
        self._leave.set()
        if self._living is not None:
            done, _ = await asyncio.wait({self._living}, timeout=2.0)
            if not done:
                self._living.cancel()
                await asyncio.wait({self._living})


class StatusFault(Exception):
    """A server answered with this HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it answered with status {status}")
        self.status = status


class _Statuses:
    """The last HTTP status that the server gave: the library keeps it to itself."""

    def __init__(self) -> None:
        self.last: int | None = None

    @property
    def refused(self) -> int | None:
        """The status, where it is one of an error."""
        return self.last if self.last is not None and self.last >= 400 else None

    async def note(self, response: httpx2.Response) -> None:
        self.last = response.status_code

    def explained(self, error: Exception) -> Exception:
        """The error that says most."""
        return error if self.refused is None else StatusFault(self.refused)


@contextlib.asynccontextmanager
async def _streamable(way: ServerWay, statuses: _Statuses) -> AsyncIterator[Any]:
    from mcp.client.streamable_http import streamable_http_client

    async with _http(way, statuses) as http, streamable_http_client(way.url, http_client=http) as streams:
        yield streams


@contextlib.asynccontextmanager
async def _event_stream(way: ServerWay, statuses: _Statuses) -> AsyncIterator[Any]:
    from mcp.client.sse import sse_client

    def client(
        headers: dict[str, Any] | None = None, timeout: httpx2.Timeout | None = None, auth: httpx2.Auth | None = None
    ) -> httpx2.AsyncClient:
        return _http(way, statuses, headers)

    async with sse_client(way.url, httpx_client_factory=client, sse_read_timeout=SSE_SILENCE_S) as streams:
        yield streams


def _http(way: ServerWay, statuses: _Statuses, headers: dict[str, Any] | None = None) -> httpx2.AsyncClient:
    timeout = httpx2.Timeout(CONNECT_LIMIT_S, read=SSE_SILENCE_S)
    transport = httpx2.AsyncHTTPTransport(uds=str(way.socket))
    hooks = {"response": [statuses.note]}
    return httpx2.AsyncClient(transport=transport, timeout=timeout, headers=headers, event_hooks=hooks, trust_env=False)


def _schema(schema: object) -> Json:
    """What the model's API takes: an object at the top."""
    if isinstance(schema, dict) and schema.get("type") == "object":
        return schema
    return {"type": "object", "properties": {}}


# ── results and errors ────────────────────────────────────────────────────────────────────────────────────────────────


def outcome_of(result: CallToolResult) -> Outcome:
    """A tool's result as public blocks; what has no public kind is named."""
    blocks = [_block(one.model_dump(mode="json", by_alias=True, exclude_none=True)) for one in result.content]
    if not blocks and result.structured_content is not None:
        blocks = [{"type": "text", "text": json.dumps(result.structured_content, ensure_ascii=False)}]
    return Outcome(tuple(blocks) or ({"type": "text", "text": "(no output)"},), bool(result.is_error))


def _block(content: Json) -> Json:
    match content:
        case {"type": "text", "text": text}:
            return {"type": "text", "text": text}
        case {"type": "image", "data": data, "mimeType": media_type}:
            return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}
        case {"type": "resource", "resource": {"text": text, **rest}}:
            return {"type": "text", "text": f"{rest.get('uri', '')}\n{text}".strip()}
        case {"type": "resource_link", "uri": uri, **rest}:
            return {"type": "text", "text": f"{rest.get('title') or rest.get('name', '')} {uri}".strip()}
        case _:
            return {"type": "text", "text": f"[a block of type {content.get('type')!r}, which cannot be shown here]"}


def fault_of(server: Json, error: BaseException) -> ServerFault:
    """What to say of a server that cannot be used."""
    status = status_of(error)
    name = f"the MCP server {server['name']!r} ({server['url']})"
    if status in (401, 403):
        cure = "store its token with `workbench vault add --mcp URL`, and start the session with that vault"
        return ServerFault(_AUTHENTICATION, f"{name} refused the session's credential ({status}): {cure}")
    return ServerFault(_CONNECTION, f"{name} cannot be used: {_words(error)}")


def _told(server: Json, error: BaseException) -> str:
    return f"The MCP server {server['name']!r} failed: {_words(error)}"


def _words(error: BaseException) -> str:
    if (status := status_of(error)) is not None:
        return f"it answered with status {status}"
    leaf = next(iter(_leaves(error)))
    if isinstance(leaf, TimeoutError):
        return f"it did not answer within {CONNECT_LIMIT_S:g} s"
    return str(leaf)[:500] or type(leaf).__name__


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an error, where there is one."""
    for leaf in _leaves(error):
        if isinstance(leaf, httpx2.HTTPStatusError):
            return leaf.response.status_code
        if isinstance(leaf, StatusFault):
            return leaf.status
    return None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
        return
    yield error
    if error.__cause__ is not None:
        yield from _leaves(error.__cause__)
