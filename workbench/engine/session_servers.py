"""MCP servers of sessions: asked now, or as they told their tools last, with what their tools cost in every request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench import events
from workbench.catalog.errors import Refused
from workbench.catalog.sessions import KIND, SessionRecords, session_of
from workbench.contracts import server_tools
from workbench.contracts.acp import AcpFault
from workbench.contracts.acp_agents import ACP_KEY
from workbench.contracts.facts import COMMAND_RAN, MCP_LISTED
from workbench.contracts.log import Log
from workbench.contracts.questions import QueryLimits
from workbench.contracts.servers import STDIO, ServerFault
from workbench.contracts.values import Clock, Document, Json, Session
from workbench.engine.rooms import HandsSide
from workbench.hands.mcp.packages import programs_of

LISTING: Final = "server_listing"
CHARACTERS_A_TOKEN: Final = 4
"""Of names, descriptions and schemas, roughly; a model's own count differs by some tenths."""
LIMITS: Final = QueryLimits(rows=10_000, seconds=10.0)
_FAULTS: Final = """SELECT session_id, json_extract_string(body, '$.error.mcp_server_name') AS server,
    arg_max(json_extract_string(body, '$.error.message'), seq), max(processed_at)
FROM events WHERE type = 'session.error' AND json_extract_string(body, '$.error.type') LIKE 'mcp_%' GROUP BY ALL"""


@dataclass(frozen=True)
class SessionServers:
    """A server inside has the sandbox provisioned; none of what is asked here enters the log."""

    records: SessionRecords
    hands: HandsSide
    log: Log
    clock: Clock

    async def listed(self, session_id: str) -> list[Json]:
        """For each of the session's servers: name, url, `tools` (name, the model's name, description, tokens, fault), tokens and `fault`.
        What a server told is known of its agent from then on, whatever becomes of the session.

        Raises:
            Refused: an archived session, whose connections nobody would end.
        """
        document = await self.records.document(session_id)
        if document.body["archived_at"]:
            raise Refused(f"session {session_id} is archived; create a new one, or fork this one")
        session = session_of(document.body)
        return [await self._one(session, server) for server in session.agent["mcp_servers"]]

    async def _one(self, session: Session, server: Json) -> Json:
        found = await self.hands.servers.listed(session, server)
        if isinstance(found, ServerFault):
            return _told(server, ()) | {"fault": found.message}
        told = _told(server, found)
        await self._note(str(session.agent.get("id")), told)
        return told

    async def _note(self, agent_id: str, told: Json) -> None:
        key = hashlib.sha256(json.dumps([agent_id, told["name"], told["url"]]).encode()).hexdigest()
        sizes = {"tools": len(told["tools"]), "tokens": told["tokens"]}
        body = {"agent_id": agent_id, "name": told["name"], "url": told["url"], **sizes}
        await self.log.documents.put(Document(LISTING, key, 1, body | {"listed_at": events.timestamp(self.clock())}))

    async def sizes(self) -> list[Json]:
        """How many tools each server told last when it was asked apart from a turn, and their tokens, by agent, name and url."""
        return [one.body for one in await self.log.documents.newest(LISTING)]

    async def keep(self, session_id: str) -> int:
        """Keep for other sessions what this one fetched for its only server, and end its sandbox; how many bytes that are.

        Raises:
            Refused: an agent or a person may have had a hand in it, or it cannot be kept.
        """
        session = session_of((await self.records.document(session_id)).body)
        servers = [one for one in programs_of(session) if one["url"].startswith(STDIO)]
        ran = await self.log.facts.facts(session_id, COMMAND_RAN.name)
        # The engine's own warnings are no work.
        has_worked = any(one.event.type != "session.error" for one in await self.log.sessions.read(session_id))
        if len(servers) != 1 or session.project or session.repositories or ran or has_worked:
            raise Refused("only a session without project and history, and with one program inside, can be kept from")
        await self.hands.servers.release(session_id)
        try:
            return await self.hands.keep_packages(session, servers[0])
        except OSError as error:
            raise Refused(f"what was fetched for {servers[0]['name']!r} cannot be kept: {error}") from None

    async def begun(self, session_id: str) -> Json:
        """Start the session's agent of others without a prompt, and end it: `fault`, or the `modes` that it offers and whether it `loads`
        an earlier session; what it fetched is kept for other sessions, so many `bytes`.

        Raises:
            Refused: our own brain thinks in it, or what was fetched cannot be kept.
        """
        session = session_of((await self.records.document(session_id)).body)
        if session.acp is None:
            raise Refused(f"session {session_id} has no agent of others; metadata.{ACP_KEY} of its agent names one")
        found = await self.hands.acp.begun(session, {})
        if isinstance(found, AcpFault):
            return {"name": session.acp.name, "fault": found.message}
        found.talk.shut()
        loads = bool(found.capabilities.get("loadSession"))
        told: Json = {"name": session.acp.name, "fault": None, "modes": list(found.modes.ids), "loads": loads}
        return told | {"bytes": await self.keep(session_id)}

    async def known(self) -> list[Json]:
        """The servers of all sessions that are not archived, as they told their tools last, without asking them again.

        `state` is listed, failed (it could not be reached since) or unused (no turn has needed it yet).
        """
        documents = [one for one in await self.log.documents.newest(KIND) if not one.body["archived_at"]]
        wanted = [one for one in documents if one.body["agent"].get("mcp_servers")]
        if not wanted:
            return []
        rows = (await self.log.questions.ask(_FAULTS, LIMITS)).rows
        faults = {(session_id, server): (str(said), str(at)) for session_id, server, said, at in rows}
        return [told for document in wanted for told in await self._known(document, faults)]

    async def _known(self, document: Document, faults: dict[tuple[str, str], tuple[str, str]]) -> list[Json]:
        listings = {fact.body["server"]: fact for fact in await self.log.facts.facts(document.id, MCP_LISTED.name)}
        told = []
        for server in document.body["agent"]["mcp_servers"]:
            listing = listings.get(server["name"])
            said, at = faults.get((document.id, server["name"]), ("", ""))
            has_failed = bool(said) and (listing is None or at > listing.made_at.isoformat())
            one = _told(server, listing.body["tools"] if listing else ())
            one |= {"state": "failed" if has_failed else "listed" if listing else "unused"}
            one |= {"fault": said if has_failed else None, "session_id": document.id}
            one["listed_at"] = events.timestamp(listing.made_at) if listing else None
            told.append(one | {"agent_id": document.body["agent"].get("id")})
        return told


def _told(server: Json, tools: Sequence[Json]) -> Json:
    shown = [_tool(server["name"], one) for one in tools]
    tokens = sum(one["tokens"] for one in shown)
    return {"name": server["name"], "url": server["url"], "tools": shown, "tokens": tokens, "fault": None}


def _tool(server: str, tool: Json) -> Json:
    name = server_tools.model_name(server, tool["name"])
    description = tool.get("description") or ""
    offered = {"name": name, "description": description, "input_schema": tool.get("input_schema")}
    written = "" if "fault" in tool else json.dumps(offered, ensure_ascii=False)
    tokens = -(-len(written) // CHARACTERS_A_TOKEN)
    told = {"name": tool["name"], "model_name": name, "description": description, "tokens": tokens}
    return told | {"fault": tool.get("fault")}
