"""MCP servers: connected through the vault's routes when a session needs them, one connection for each session and server."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from workbench.contracts.servers import ServerFault, server_command
from workbench.contracts.values import Call, Json, Outcome, Session, text_outcome
from workbench.hands.conversations import Conversation
from workbench.hands.mcp.answers import CONNECT_LIMIT_S, fault_of, outcome_of, told
from workbench.hands.mcp.connection import SILENCE_LIMIT_S, Connection
from workbench.hands.mcp.http_transports import ServerWay, Statuses


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
        self._open: dict[tuple[str, str], Connection] = {}
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

    async def _connected(self, session: Session, server: Json) -> Connection:
        key = (session.id, server["name"])
        async with self._turns[key]:
            connection = self._open.get(key)
            if connection is None or not connection.is_open:
                await self._drop(*key)
                self._open[key] = connection = await self._opened(session, server)
            return connection

    async def _opened(self, session: Session, server: Json) -> Connection:
        if (command := server_command(server["url"])) is None:
            return await Connection.opened(await self._find_way(session, server))
        return await Connection.inside(await self._converse(session, command))

    async def _drop(self, session_id: str, name: str) -> None:
        if (connection := self._open.pop((session_id, name), None)) is not None:
            await connection.close()


async def probed(way: ServerWay) -> ServerProbe:
    """Connect apart from any session and list the tools; what step failed, and with which status."""
    statuses = Statuses()
    try:
        connection = await Connection.opened(way, statuses)
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
