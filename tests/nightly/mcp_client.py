"""One scenario of the public MCP conformance suite, played by the workbench's own client: `python -m tests.nightly.mcp_client URL`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.hands.places import new_session
from workbench.contracts import elicitation
from workbench.contracts.servers import Asked, ServerFault
from workbench.contracts.values import Call, Json, Outcome, Session
from workbench.hands.conversations import Conversation
from workbench.hands.mcp.http_transports import ServerWay
from workbench.hands.mcp.servers import ConnectedServers

NAME = "conformance"
_SAMPLES: dict[str, Any] = {"number": 2, "integer": 2, "boolean": True, "array": [], "object": {}}


@contextlib.asynccontextmanager
async def way_to(url: str) -> AsyncIterator[ServerWay]:
    """The server on a socket, where the client has the vault's."""
    place = urlsplit(url)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection(place.hostname, place.port)
        await asyncio.gather(_copied(reader, onward), _copied(there, writer))

    with tempfile.TemporaryDirectory(prefix="wbmcp") as folder:
        socket = Path(folder) / "s"
        async with await asyncio.start_unix_server(relay, socket):
            yield ServerWay(url, socket)


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    writer.close()


def calls(tools: Sequence[Json]) -> list[Call]:
    """The calls that the suite names; without names each tool once."""
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    usable = [tool for tool in tools if "fault" not in tool]
    wanted = context.get("toolCalls") or [
        {"name": tool["name"], "arguments": _arguments(tool["input_schema"], usable[0]["input_schema"])}
        for tool in usable
    ]
    return [Call(f"sevt_{n}", one["name"], one.get("arguments") or {}, NAME) for n, one in enumerate(wanted)]


def _arguments(schema: Json, first: Json) -> Json:
    """Something for each property; one tool of the suite wants the schema of the first tool, as it was seen here."""
    given = {name: _SAMPLES.get(str(one.get("type")), "words") for name, one in schema.get("properties", {}).items()}
    return given | ({"schema": first} if "schema" in given else {})


async def _called(servers: ConnectedServers, session: Session, server: Json, call: Call) -> Outcome:
    """The call's outcome; what is asked is accepted as the server proposes it."""
    told = await servers.call(session, server, call)
    while isinstance(told, Asked):
        asked = {one.key: elicitation.event_input(NAME, call.id, one) for one in told.questions}
        replies = {key: elicitation.reply(one, "", is_error=False) for key, one in asked.items()}
        told = await servers.go_on(session, server, call, replies, told.state)
    return told


async def play(url: str) -> None:
    """List the tools and call them, as a session does."""
    server, session = {"type": "url", "name": NAME, "url": url}, new_session()
    async with way_to(url) as way:

        async def find_way(session: Session, server: Json) -> ServerWay:
            return way

        async def converse(session: Session, command: Sequence[str]) -> Conversation:
            raise AssertionError(f"{command} would run inside")

        servers = ConnectedServers(find_way, converse)
        try:
            listed = await servers.listed(session, server)
            if isinstance(listed, ServerFault):
                raise SystemExit(listed.message)
            for call in calls(listed):
                sys.stdout.write(f"{call.name}: {await _called(servers, session, server, call)}\n")
        finally:
            await servers.close()


if __name__ == "__main__":
    asyncio.run(play(sys.argv[1]))
