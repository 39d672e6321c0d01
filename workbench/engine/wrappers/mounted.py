"""Memory stores of a session are mounted in its sandbox: each call sees them as they are now and changes them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from workbench.contracts.values import Call, Heard, Outcome, Session, unheard
from workbench.engine.memory_mounts import Mounts
from workbench.engine.wrappers.base import WrappedHands


@dataclass(frozen=True)
class MountedHands(WrappedHands):
    """Hands whose calls find the attached memory stores as they are now, and leave in them what they changed."""

    mounts: Mounts
    _attached: dict[str, Session] = field(default_factory=dict)
    _untold: dict[str, list[str]] = field(default_factory=dict)
    """What the next call's result has to say."""

    async def provision(self, session: Session) -> Outcome:
        if notes := await self._synchronised(session):
            self._untold.setdefault(session.id, []).extend(notes)
        return await self.hands.provision(session)

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        before = [*self._untold.pop(session.id, ()), *await self._synchronised(session)]
        return await self._with_notes(session, await self.hands.execute(session, call, heard), before)

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        outcome = await self.hands.recover(session, call, heard)
        return None if outcome is None else await self._with_notes(session, outcome, [])

    async def release(self, session_id: str) -> None:
        """End the sandbox; what its processes wrote since the last call is kept too."""
        await self.hands.release(session_id)
        if (session := self._attached.pop(session_id, None)) is not None:
            await self.mounts.synchronise(session)
            self.mounts.forget(session_id)

    async def _with_notes(self, session: Session, outcome: Outcome, notes: list[str]) -> Outcome:
        notes = notes + await self._synchronised(session)
        if not notes:
            return outcome
        return replace(outcome, content=(*outcome.content, {"type": "text", "text": "\n".join(notes)}))

    async def _synchronised(self, session: Session) -> list[str]:
        if not session.memories:
            return []
        self._attached[session.id] = session
        return await self.mounts.synchronise(session)
