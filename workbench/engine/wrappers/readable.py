"""Hands and MCP servers whose pictures and PDFs come as a model takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.contracts.servers import Asked, ServerFault, Servers
from workbench.contracts.values import Call, Heard, Json, Outcome, Session, unheard
from workbench.engine.pdf_pages import pages_read, pdf_of
from workbench.engine.pictures import Pictures
from workbench.engine.wrappers.base import WrappedHands


@dataclass(frozen=True)
class ReadableHands(WrappedHands):
    """A PDF that is read becomes its pages, and a picture that is too large is scaled down."""

    pictures: Pictures

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        return await self._readable(call, await self.hands.execute(session, call, heard))

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        outcome = await self.hands.recover(session, call, heard)
        return None if outcome is None else await self._readable(call, outcome)

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        outcome = await self.hands.inspect(session, call)
        return None if outcome is None else await self._readable(call, outcome)

    async def _readable(self, call: Call, outcome: Outcome) -> Outcome:
        if (pdf := pdf_of(call, outcome)) is not None:
            outcome = await pages_read(call, pdf, self.pictures.extractor)
        return await self.pictures.in_outcome(outcome)


@dataclass(frozen=True)
class ReadableServers:
    """See `Servers`."""

    servers: Servers
    pictures: Pictures

    async def listed(self, session: Session, server: Json) -> tuple[Json, ...] | ServerFault:
        return await self.servers.listed(session, server)

    async def call(self, session: Session, server: Json, call: Call) -> Outcome | Asked:
        return await self._readable(await self.servers.call(session, server, call))

    async def go_on(
        self, session: Session, server: Json, call: Call, replies: Mapping[str, Json], state: Json | None
    ) -> Outcome | Asked:
        return await self._readable(await self.servers.go_on(session, server, call, replies, state))

    async def abandon(self, session_id: str, call_id: str) -> None:
        await self.servers.abandon(session_id, call_id)

    async def _readable(self, told: Outcome | Asked) -> Outcome | Asked:
        return await self.pictures.in_outcome(told) if isinstance(told, Outcome) else told

    async def release(self, session_id: str) -> None:
        await self.servers.release(session_id)
