"""What the sessions of a group have cost together, right up to their last model request."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from workbench import pricing
from workbench.brain import usage
from workbench.brain.history import ThreadHistory
from workbench.contracts.brain import Sessions
from workbench.contracts.log import Facts, SessionLog
from workbench.contracts.thread_facts import THREAD_CREATED
from workbench.contracts.values import Json, Session
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
    used: dict[str, dict[str, usage.Used]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def note(self, session: Session, history: ThreadHistory) -> None:
        """Look anew at what a thread has used; what a fork took over is its parent's."""
        used = history.used()
        # Of a session that is no fork all requests are its own, and their cost is known by now.
        spent = history.spent(session.copied_through) if session.copied_through else used.cost
        self.costs.setdefault(session.id, {})[history.thread_id] = spent
        self.used.setdefault(session.id, {})[history.thread_id] = used

    async def usage(self, session: Session, history: ThreadHistory, active_seconds: float) -> Json:
        """The wire object of the whole session, with this thread seen anew."""
        # First: what this thread has read is not read a second time.
        self.note(session, history)
        await self._read_all(session)
        return sum(self.used[session.id].values(), usage.NOTHING).wire(active_seconds)

    def own_cost(self, session_id: str) -> Fraction | None:
        """What a session itself has cost, as its threads were seen last: what a fork took over is its parent's."""
        return pricing.total(self.costs.get(session_id, {}).values())

    async def cost(self, session: Session, history: ThreadHistory) -> Fraction | None:
        """What all threads of the session have cost, as its budget counts it."""
        # First: what this thread has read is not read a second time.
        self.note(session, history)
        await self._read_all(session)
        return sum(self.used[session.id].values(), usage.NOTHING).cost

    async def is_group_over(self, name: str | None) -> bool:
        """Whether no session of the group may make another request."""
        if name is None:
            return False
        group = await self.sessions.group(name)
        if group.budget is None:
            return False
        costs = [await self._cost(session_id) for session_id in group.session_ids]
        return usage.is_over_budget(group.budget, pricing.total([*costs, Fraction(group.deleted_cents) / 100]))

    async def _cost(self, session_id: str) -> Fraction | None:
        session = await self.sessions.session(session_id)
        if session is None:
            return Fraction(0)
        await self._read_all(session)
        return self.own_cost(session_id)

    async def _read_all(self, session: Session) -> None:
        """Read the threads that this process has not seen yet, once."""
        if session.id in self.known:
            return
        self.known.add(session.id)
        created = await self.facts.facts(session.id, THREAD_CREATED.name)
        children = [str(fact.body["session_thread_id"]) for fact in created]
        for thread_id in [primary_thread_id(session.id), *children]:
            if thread_id not in self.used.get(session.id, {}):
                history = await ThreadHistory.opened(session.id, thread_id, self.log, self.facts)
                await history.turn()
                if thread_id not in self.used.get(session.id, {}):
                    self.note(session, history)
