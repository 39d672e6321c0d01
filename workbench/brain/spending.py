"""What the sessions of a group have cost together, right up to their last model request."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from workbench import pricing
from workbench.brain import usage
from workbench.brain.history import ThreadHistory
from workbench.contracts.brain import Sessions
from workbench.contracts.log import Facts, SessionLog
from workbench.contracts.values import Session
from workbench.events import primary_thread_id


@dataclass(frozen=True)
class Spending:
    """Costs by session and thread, as this process has made or read them: no other process asks models for these sessions.

    Reading the log of every session of a group before every request of any would take 30 × 3 ms.
    """

    log: SessionLog
    facts: Facts
    sessions: Sessions
    costs: dict[str, dict[str, Fraction | None]] = field(default_factory=dict)

    def note(self, session: Session, history: ThreadHistory) -> Fraction | None:
        """The session's cost with its thread's seen anew; what a fork took over is its parent's."""
        own = [entry for entry in history.entries if (entry.seq or 0) > session.copied_through]
        of_threads = self.costs.setdefault(session.id, {})
        of_threads[history.thread_id] = usage.list_cost(own, history.notes)
        return pricing.total(of_threads.values())

    async def is_group_over(self, name: str | None) -> bool:
        """Whether no session of the group may make another request."""
        if name is None:
            return False
        group = await self.sessions.group(name)
        if group.budget is None:
            return False
        costs = [await self._cost(session_id) for session_id in group.session_ids]
        return usage.is_over_budget(group.budget, pricing.total([*costs, Fraction(group.deleted_cents, 100)]))

    async def _cost(self, session_id: str) -> Fraction | None:
        if session_id in self.costs:
            return pricing.total(self.costs[session_id].values())
        session = await self.sessions.session(session_id)
        if session is None:
            return Fraction(0)
        history = await ThreadHistory.opened(session_id, primary_thread_id(session_id), self.log, self.facts)
        await history.turn()
        return self.note(session, history)
