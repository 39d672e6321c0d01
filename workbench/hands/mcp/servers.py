"""MCP servers: connected through the vault's routes when a session needs them, one connection for each session and server."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from workbench.contracts.servers import ServerFault, server_command
from workbench.contracts.values import Call, Json, Outcome, Session, text_outcome
from workbench.hands.conversations import Conversation
from workbench.hands.mcp.answers import CONNECT_LIMIT_S, ProgramFault, StatusFault, fault_of, outcome_of, told
from workbench.hands.mcp.cures import SLOW_START
from workbench.hands.mcp.schemas import taken
from workbench.hands.mcp.stdio import roots_of, streams_of
from workbench.hands.mcp.tidied import Tidied
from workbench.text.strict_json import mended

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult

START_LIMIT_S = 60.0
"""How long a program in a sandbox may take to answer: it may fetch itself first."""
SILENCE_LIMIT_S = 600.0
"""How long a tool may run without a word of progress."""
SSE_SILENCE_S = 3600.0
IDLE_LIMIT_S = 900.0
MOST_TOOLS = 256
MOST_DESCRIPTION = 4000

_ANSWERS_OF_OLDER_SERVERS = (400, 404, 405, 406, 415)
"""What a server that speaks only Server-Sent Events says to Streamable HTTP."""
_WORDS_OF_AN_END = ("Connection closed", "Session terminated")


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

Converse = Callable[[Session, Sequence[str]], Awaitable[Conversation]]
"""Has the session's sandbox ready for a program of this command, which starts when the conversation is entered."""


class ConnectedServers:
    """The promise `Servers`: over HTTP, and by the input and output of programs in the session's own sandbox."""

    def __init__(self, find_way: FindWay, converse: Converse) -> None:
        self._find_way = find_way
        self._converse = converse
        self._open: dict[tuple[str, str], _Connection] = {}
        self._turns: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def listed(self, session: Session, server: Json) -> tuple[Json, ...] | ServerFault:
        """Connect, or connect again where the connection has ended, and tell the server's tools."""
        connection = None
        try:
            connection = await self._connected(session, server)
            async with asyncio.timeout(CONNECT_LIMIT_S):
                return await connection.tools()
        except Exception as error:
            await self._drop(session.id, server["name"])
            return fault_of(server, connection.explained(error) if connection else error)

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
            return text_outcome(told(server, connection.explained(error)), is_error=True)

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
                self._open[key] = connection = await self._opened(session, server)
            return connection

    async def _opened(self, session: Session, server: Json) -> _Connection:
        if (command := server_command(server["url"])) is None:
            return await _Connection.opened(await self._find_way(session, server))
        return await _Connection.inside(await self._converse(session, command))

    async def _drop(self, session_id: str, name: str) -> None:
        if (connection := self._open.pop((session_id, name), None)) is not None:
            await connection.close()


async def probed(way: ServerWay) -> ServerProbe:
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


class _Connection:
    """One connection, alive in a task of its own: the library wants it entered and left by the same one."""

    def __init__(self, statuses: _Statuses, conversation: Conversation | None = None) -> None:
        self._statuses = statuses
        self._conversation = conversation
        self._client: Client | None = None
        self._leave = asyncio.Event()
        self._living: asyncio.Task[None] | None = None
        self._tools: tuple[Json, ...] | None = None
        self._tidied = Tidied()
        self._used_at = asyncio.get_running_loop().time()

    @classmethod
    async def opened(cls, way: ServerWay, statuses: _Statuses | None = None) -> _Connection:
        """Connect by Streamable HTTP, or where the server does not speak it by Server-Sent Events.

        Raises:
            Exception: what the library says.
        """
        statuses = statuses or _Statuses()
        try:
            return await cls(statuses)._by(_streamable(way, statuses), CONNECT_LIMIT_S)
        except Exception as first:
            if statuses.last not in _ANSWERS_OF_OLDER_SERVERS:
                raise statuses.explained(first) from None
            try:
                return await cls(statuses)._by(_event_stream(way, statuses), CONNECT_LIMIT_S)
            except Exception as second:
                raise statuses.explained(second) from None

    @classmethod
    async def inside(cls, conversation: Conversation) -> _Connection:
        """Start a program of a sandbox, and connect to it by its input and output.

        Raises:
            ProgramFault: it ended, or did not answer.
            Exception: what the library says.
        """
        connection = cls(_Statuses(), conversation)
        try:
            return await connection._by(streams_of(conversation), START_LIMIT_S)
        except TimeoutError:
            raise ProgramFault(f"its program did not answer within {START_LIMIT_S:g} s; {SLOW_START}") from None
        except Exception as error:
            raise connection.explained(error) from None

    async def _by(self, transport: contextlib.AbstractAsyncContextManager[Any], limit_s: float) -> _Connection:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._living = asyncio.create_task(self._live(transport, ready))
        try:
            async with asyncio.timeout(limit_s):
                await asyncio.shield(ready)
        except BaseException:
            await self.close()
            raise
        return self

    async def _live(self, transport: contextlib.AbstractAsyncContextManager[Any], ready: asyncio.Future[None]) -> None:
        # Late: the library takes 0.5 s to import, and most sessions have no server.
        from mcp import Client

        try:
            streams = self._tidied.streams(transport)
            async with Client(
                streams, message_handler=self._heard, list_roots_callback=roots_of(self._conversation)
            ) as client:
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
        return self._client is not None and (self._conversation is None or self._conversation.ending is None)

    def explained(self, error: Exception) -> Exception:
        """The error that says most: of a program that has ended, why."""
        if self._conversation is not None and self._conversation.ending is not None:
            return ProgramFault(self._conversation.ending)
        return error

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
        """Each tool once; those that no model can be offered come last, with their `fault`."""
        self._tidied.faults.clear()
        cursor, names, cursors = None, set[str](), set[str | None]()
        while self._client is not None and len(names) < MOST_TOOLS and cursor not in cursors:
            # A server that gives the same cursor again would be asked for ever.
            cursors.add(cursor)
            page = await self._client.list_tools(cursor=cursor)
            earlier = frozenset(names)
            for tool in page.tools[: MOST_TOOLS - len(names)]:
                if tool.name in names:
                    if tool.name not in earlier:
                        self._tidied.faults[tool.name] = "it is listed twice; the first counts"
                    continue
                names.add(tool.name)
                schema, own = taken(tool.input_schema)
                told = {"name": tool.name, "description": (tool.description or "")[:MOST_DESCRIPTION]}
                yield mended({**told, "input_schema": schema, **({"own_names": own} if own else {})})
            if not (cursor := page.next_cursor):
                break
        for name, fault in self._tidied.faults.items():
            yield mended({"name": name, "fault": fault})

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
