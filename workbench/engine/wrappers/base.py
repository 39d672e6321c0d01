"""Hands around other hands: every call is passed on, and a wrapper overrides what it changes."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.contracts.hands import Hands
from workbench.contracts.values import Call, Heard, Outcome, Session, unheard


@dataclass(frozen=True)
class WrappedHands:
    """`hands` are the ones inside; the promises are those of `Hands`."""

    hands: Hands

    async def provision(self, session: Session) -> Outcome:
        return await self.hands.provision(session)

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        return await self.hands.execute(session, call, heard)

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        return await self.hands.recover(session, call, heard)

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        return await self.hands.inspect(session, call)

    async def acknowledge(self, session: Session, call_id: str) -> None:
        await self.hands.acknowledge(session, call_id)

    async def release(self, session_id: str) -> None:
        await self.hands.release(session_id)
