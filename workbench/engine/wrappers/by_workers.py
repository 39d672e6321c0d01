"""Hands that never make a sandbox for a session whose tools run with workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workbench.contracts.values import Call, Heard, Outcome, Session, text_outcome, unheard
from workbench.engine.wrappers.base import WrappedHands

ELSEWHERE: Final = text_outcome(
    "The tools of this session run with workers of its self-hosted environment. It has no sandbox on this machine, so this"
    " cannot be done here.",
    is_error=True,
)


@dataclass(frozen=True)
class ByWorkers(WrappedHands):
    """Calls that workers carry out never come here; what comes is told where the tools are."""

    async def provision(self, session: Session) -> Outcome:
        return ELSEWHERE if session.is_self_hosted else await super().provision(session)

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        return ELSEWHERE if session.is_self_hosted else await super().execute(session, call, heard)

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        return None if session.is_self_hosted else await super().recover(session, call, heard)

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        return None if session.is_self_hosted else await super().inspect(session, call)

    async def acknowledge(self, session: Session, call_id: str) -> None:
        if not session.is_self_hosted:
            await super().acknowledge(session, call_id)
