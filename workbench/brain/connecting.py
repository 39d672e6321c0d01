"""MCP servers of a session tell their tools, once a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.contracts import server_tools
from workbench.contracts.facts import MCP_LISTED
from workbench.contracts.servers import ServerFault, Servers
from workbench.contracts.values import Json


@dataclass(frozen=True)
class Connecting:
    """The servers of one thread's agent; one that fails is told and the session goes on without it."""

    writer: EventWriter
    history: ThreadHistory
    servers: Servers
    interrupted: asyncio.Event

    def missing(self, connected: Collection[str]) -> dict[str, Json]:
        """The servers by name that are not `connected`."""
        agent = self.writer.session.agent
        named = {entry["mcp_server_name"]: None for entry in server_tools.entries(agent)}
        found = {name: server_tools.server(agent, name) for name in named if name not in connected}
        return {name: server for name, server in found.items() if server is not None}

    async def connect(self, connected: set[str]) -> None:
        """Have each tell its tools that is not `connected`, which it is then."""
        for name, server in self.missing(connected).items():
            connected.add(name)
            found = await unless(self.interrupted, self.servers.listed(self.writer.session, server))
            if isinstance(found, ServerFault):
                error = self.writer.error(found.kind, found.message, "retrying", mcp_server_name=name)
                await self.history.append([error])
            elif found is not None and list(found) != list(self.history.notes.listed.get(name, ())):
                await self._note(name, found)

    async def _note(self, name: str, found: Sequence[Json]) -> None:
        """Keep a listing that is new; what it has that cannot be used is told once, with it."""
        told = []
        if faults := server_tools.faults(found):
            message = f"Tools of the MCP server {name!r} are left out: {faults}"
            told = [self.writer.error("mcp_connection_failed_error", message, "retrying", mcp_server_name=name)]
        await self.history.append(told, [self.writer.fact(MCP_LISTED, server=name, tools=list(found))])
