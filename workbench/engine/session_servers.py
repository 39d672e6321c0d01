"""MCP servers of a session, asked now: the tools that each tells, or why it cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.catalog.errors import Refused
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts import server_tools
from workbench.contracts.servers import ServerFault, Servers
from workbench.contracts.values import Json, Session


@dataclass(frozen=True)
class SessionServers:
    """A server inside has the sandbox provisioned; none of what is asked here enters the log."""

    records: SessionRecords
    servers: Servers

    async def listed(self, session_id: str) -> list[Json]:
        """For each of the session's servers: name, url, `tools` (name, the model's name, description, fault) and `fault`.

        Raises:
            Refused: an archived session, whose connections nobody would end.
        """
        document = await self.records.document(session_id)
        if document.body["archived_at"]:
            raise Refused(f"session {session_id} is archived; create a new one, or fork this one")
        session = session_of(document.body)
        return [await self._one(session, server) for server in session.agent["mcp_servers"]]

    async def _one(self, session: Session, server: Json) -> Json:
        found = await self.servers.listed(session, server)
        told: Json = {"name": server["name"], "url": server["url"], "tools": [], "fault": None}
        if isinstance(found, ServerFault):
            return told | {"fault": found.message}
        return told | {"tools": [_tool(server["name"], one) for one in found]}


def _tool(server: str, tool: Json) -> Json:
    return {
        "name": tool["name"],
        "model_name": server_tools.model_name(server, tool["name"]),
        "description": tool.get("description") or "",
        "fault": tool.get("fault"),
    }
