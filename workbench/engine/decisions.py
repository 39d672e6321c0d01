"""Network decisions as facts: those about a session at once, those about the engine's own requests together, a moment later."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from workbench.contracts.facts import EGRESS_DECIDED
from workbench.contracts.forks import owner_of
from workbench.contracts.log import Facts
from workbench.contracts.values import Fact, Json
from workbench.contracts.vault import NetDecision

GATHER_S: Final = 0.1
"""Each write is synced, and nobody waits for one of these: a model call has five of its own."""


@dataclass
class DecisionRecords:
    """Records what the vault decides."""

    facts: Facts
    gather_s: float = GATHER_S
    _own: list[Fact] = field(default_factory=list)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self, decisions: AsyncIterator[NetDecision]) -> None:
        """Record until there are no more; all that came is written when this returns."""
        async with asyncio.TaskGroup() as group:
            gathering: asyncio.Task[None] | None = None
            async for decision in decisions:
                session_id = owner_of(decision.session_id) if decision.session_id else None
                fact = EGRESS_DECIDED.made(session_id, decision.at, decision_body(decision))
                if session_id is not None:
                    await self.facts.record(fact)
                    continue
                self._own.append(fact)
                if gathering is None or gathering.done():
                    gathering = group.create_task(self._gather())
            self._ended.set()

    async def _gather(self) -> None:
        while self._own:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.gather_s):
                    await self._ended.wait()
            facts, self._own = self._own, []
            await self.facts.record(*facts)


def decision_body(decision: NetDecision) -> Json:
    """A decision as it is recorded: no query strings, no values."""
    return {
        "host": decision.host,
        "port": decision.port,
        "allowed": decision.allowed,
        "reason": decision.reason,
        "credential_ids": list(decision.credential_ids),
        "where": decision.where,
        "method": decision.method,
        "route": decision.route,
    }
