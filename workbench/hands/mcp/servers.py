"""MCP servers: connected through the vault's routes when a session needs them, one connection for each session and server."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.contracts.servers import Asked, ServerFault, server_command
from workbench.contracts.values import Call, Json, Outcome, Session, text_outcome
from workbench.hands.conversations import Conversation
from workbench.hands.mcp.answers import CONNECT_LIMIT_S, fault_of, outcome_of, told
from workbench.hands.mcp.connection import SILENCE_LIMIT_S, Connection
from workbench.hands.mcp.http_transports import ServerWay, Statuses

if TYPE_CHECKING:
    from mcp_types import CallToolResult

NOBODY_WAITS = (
    "The MCP server {server!r} asked a person in this call, and has ended before the answer came, so the answer went to nobody."
    " The call may have run in part: check its effect before repeating it."
)


@dataclass(frozen=True)
class ServerProbe:
    """The MCP method that failed, None where none did, and the HTTP status that the server gave, if it gave one."""

    failed: str | None
    status: int | None = None


FindWay = Callable[[Session, Json], Awaitable[ServerWay]]
"""Opens the way to one server of a session, with the credential that it has at this moment."""

Converse = Callable[[Session, Sequence[str]], Awaitable[Conversation]]
"""Has the session's sandbox ready for a program of this command, which starts when the conversation is entered."""

Key = tuple[str, str, str]
"""The session, and the server's name and URL: the agents of a session's threads may mean another server by the same name."""


class ConnectedServers:
    """The promise `Servers`: over HTTP, and by the input and output of programs in the session's own sandbox."""

    def __init__(self, find_way: FindWay, converse: Converse) -> None:
        self._find_way = find_way
        self._converse = converse
        self._open: dict[Key, Connection] = {}
        self._turns: defaultdict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def listed(self, session: Session, server: Json) -> tuple[Json, ...] | ServerFault:
        """Connect, or connect again where the connection has ended, and tell the server's tools."""
        connection = None
        try:
            connection = await self._connected(session, server)
            async with asyncio.timeout(CONNECT_LIMIT_S):
                return await connection.tools()
        except Exception as error:
            await self._drop(_key(session, server))
            return fault_of(server, connection.explained(error) if connection else error)

    async def call(self, session: Session, server: Json, call: Call) -> Outcome | Asked:
        """Run one tool; an error of the server is one that the model can read."""
        try:
            connection = await self._connected(session, server)
        except Exception as error:
            return text_outcome(fault_of(server, error).message, is_error=True)
        return await self._told(connection, session, server, connection.call(call.id, call.name, call.input))

    async def go_on(
        self, session: Session, server: Json, call: Call, replies: Mapping[str, Json], state: Json | None
    ) -> Outcome | Asked:
        """Run a call on that asked a person; without a state only the connection that it is held on can."""
        if state is None:
            held = self._open.get(_key(session, server))
            if held is None or call.id not in held.calls:
                return text_outcome(NOBODY_WAITS.format(server=server["name"]), is_error=True)
            connection = held
        else:
            try:
                connection = await self._connected(session, server)
            except Exception as error:
                return text_outcome(fault_of(server, error).message, is_error=True)
        going_on = connection.go_on(call.id, call.name, call.input, replies, state)
        return await self._told(connection, session, server, going_on)

    async def _told(
        self, connection: Connection, session: Session, server: Json, going_on: Awaitable[CallToolResult | Asked]
    ) -> Outcome | Asked:
        try:
            result = await going_on
            return result if isinstance(result, Asked) else outcome_of(result)
        except TimeoutError:
            words = f"The MCP server {server['name']!r} said nothing for {SILENCE_LIMIT_S:g} s. The call may have had its effect."
            return text_outcome(words, is_error=True)
        except Exception as error:
            if connection.is_broken(error):
                await self._drop(_key(session, server))
            return text_outcome(told(server, connection.explained(error)), is_error=True)

    async def abandon(self, session_id: str, call_id: str) -> None:
        """End a call that asked and will not be answered."""
        for (owner, *_), connection in list(self._open.items()):
            if owner == session_id:
                await connection.abandon(call_id)

    async def release(self, session_id: str) -> None:
        """End the session's connections."""
        for key in [key for key in self._open if key[0] == session_id]:
            await self._drop(key)

    async def close(self) -> None:
        """End all of them."""
        for key in list(self._open):
            await self._drop(key)

    async def _connected(self, session: Session, server: Json) -> Connection:
        key = _key(session, server)
        async with self._turns[key]:
            connection = self._open.get(key)
            if connection is None or not connection.is_open:
                await self._drop(key)
                self._open[key] = connection = await self._opened(session, server)
            return connection

    async def _opened(self, session: Session, server: Json) -> Connection:
        if (command := server_command(server["url"])) is None:
            return await Connection.opened(await self._find_way(session, server))
        return await Connection.inside(await self._converse(session, command))

    async def _drop(self, key: Key) -> None:
        if (connection := self._open.pop(key, None)) is not None:
            await connection.close()


def _key(session: Session, server: Json) -> Key:
    return session.id, server["name"], server["url"]


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
