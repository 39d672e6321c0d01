"""MCP servers that list what they are told to list, and answer every call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workbench.contracts.servers import Asked, ServerFault
from workbench.contracts.values import Call, Json, Outcome, Session, text_outcome


def tool(name: str, **properties: Json) -> Json:
    return {"name": name, "description": f"{name}s.", "input_schema": {"type": "object", "properties": properties}}


@dataclass
class ScriptedServers:
    """`tools` by server name; a fault in place of tools is what connecting gives."""

    tools: dict[str, tuple[Json, ...] | ServerFault] = field(default_factory=dict)
    gives: Callable[[Call], Outcome | Asked] = lambda call: text_outcome(f"{call.server}: {call.name} ran")
    gate: asyncio.Event | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    called: list[tuple[str, str, Json]] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    goes_on: Callable[[Call], Outcome | Asked] = lambda call: text_outcome(f"{call.name} went on")
    replied: list[tuple[str, Mapping[str, Json], Json | None]] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)

    async def listed(self, session: Session, server: Json) -> tuple[Json, ...] | ServerFault:
        await asyncio.sleep(0)
        return self.tools.get(server["name"], ())

    async def call(self, session: Session, server: Json, call: Call) -> Outcome | Asked:
        self.called.append((server["name"], call.name, call.input))
        self.begun.set()
        if self.gate is not None:
            await self.gate.wait()
        return self.gives(call)

    async def go_on(
        self, session: Session, server: Json, call: Call, replies: Mapping[str, Json], state: Json | None
    ) -> Outcome | Asked:
        self.replied.append((call.name, replies, state))
        return self.goes_on(call)

    async def abandon(self, session_id: str, call_id: str) -> None:
        self.abandoned.append(call_id)

    async def release(self, session_id: str) -> None:
        self.released.append(session_id)
