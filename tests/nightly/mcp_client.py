"""One scenario of the public MCP conformance suite, played by the workbench's own client: `python -m tests.nightly.mcp_client URL`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests.hands.places import new_session
from workbench import settings
from workbench.contracts import elicitation
from workbench.contracts.servers import Asked, ServerFault
from workbench.contracts.values import Call, Json, Outcome, Session
from workbench.contracts.vault import Route
from workbench.hands.conversations import Conversation
from workbench.hands.mcp.http_transports import ServerWay
from workbench.hands.mcp.servers import ConnectedServers
from workbench.hands.mcp.sign_in import KnownClient, signed_in
from workbench.vault.control.assembly import Assembly, Seams, assembled
from workbench.vault.keeping.stores import MemoryStore

NAME = "conformance"
_LOGIN = re.compile(r"workbench mcp login conformance(?: --scope '?([^'`]+))?")
_SAMPLES: dict[str, Any] = {"number": 2, "integer": 2, "boolean": True, "array": [], "object": {}}


CLIENT_METADATA = "https://conformance-test.local/client-metadata.json"
"""What the suite takes for a document about a client."""
REDIRECT = "http://127.0.0.1:8765/callback"
MOST_SIGN_INS = 3


class Place:
    """A vault in this process, with a route to one server, and what a person does who signs in there."""

    def __init__(self, url: str, assembly: Assembly, socket: Path) -> None:
        self.url = url
        self.sign_ins = 0
        self._assembly = assembly
        self._socket = socket

    @property
    def way(self) -> ServerWay:
        parts = urlsplit(self.url)
        return ServerWay(parts._replace(scheme="http", netloc=NAME).geturl(), self._socket)

    async def route(self, credential_id: str | None = None) -> None:
        parts = urlsplit(self.url)
        base, scheme = f"{parts.scheme}://{parts.netloc}", "oauth" if credential_id else None
        await self._assembly.ways.route(Route(NAME, base, credential_id, scheme, private_ok=True))

    async def sign_in(self, scope: str = "") -> None:
        """As `workbench mcp login` does: the tokens go to the vault, and requests on the route have them from then on."""
        self.sign_ins += 1
        context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
        known = KnownClient(context["client_id"], context.get("client_secret")) if "client_id" in context else None
        found = await signed_in(self.url, REDIRECT, consented, client=known, metadata_url=CLIENT_METADATA, scope=scope)
        lasts = {"expires_at": found.auth.get("expires_at")}
        await self._assembly.vault.put("vcrd_conformance", found.secrets, lasts)
        await self.route("vcrd_conformance")


async def consented(address: str) -> str:
    """The page that the suite shows consents at once."""
    async with httpx2.AsyncClient() as browser:
        return str((await browser.get(address)).headers["location"])


@contextlib.asynccontextmanager
async def place_of(url: str) -> AsyncIterator[Place]:
    with tempfile.TemporaryDirectory(prefix="wbmcp") as folder, socket.socket(socket.AF_UNIX) as listener:
        assembly = await assembled(settings.load({"WORKBENCH_HOME": folder}), Seams(store=MemoryStore()))
        listener.bind(f"{folder}/s")
        listener.listen(16)
        await assembly.ways.routes.listen(listener)
        place = Place(url, assembly, Path(folder) / "s")
        await place.route()
        yield place
        await assembly.aclose()


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
    """List the tools and call them, as a session does; a person signs in where the words say so."""
    server, session = {"type": "url", "name": NAME, "url": url}, new_session()
    async with place_of(url) as place:

        async def find_way(session: Session, server: Json) -> ServerWay:
            return place.way

        async def converse(session: Session, command: Sequence[str]) -> Conversation:
            raise AssertionError(f"{command} would run inside")

        servers = ConnectedServers(find_way, converse)
        try:
            listed = await servers.listed(session, server)
            while isinstance(listed, ServerFault) and (login := _LOGIN.search(listed.message)):
                if place.sign_ins == MOST_SIGN_INS:
                    break
                await place.sign_in(login[1] or "")
                listed = await servers.listed(session, server)
            if isinstance(listed, ServerFault):
                raise SystemExit(listed.message)
            for call in calls(listed):
                outcome = await _called(servers, session, server, call)
                while (login := _LOGIN.search(str(outcome.content))) and place.sign_ins < MOST_SIGN_INS:
                    await place.sign_in(login[1] or "")
                    outcome = await _called(servers, session, server, call)
                sys.stdout.write(f"{call.name}: {outcome}\n")
        finally:
            await servers.close()


if __name__ == "__main__":
    asyncio.run(play(sys.argv[1]))
