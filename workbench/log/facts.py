"""Facts: what only this program knows of a session, beside its public events."""

from __future__ import annotations

from workbench.contracts.values import Fact
from workbench.events import child_thread
from workbench.log.journal.records import Noted
from workbench.log.ledger import Ledger
from workbench.log.store import reads


class JournaledFacts:
    """The facts over a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def record(self, *facts: Fact) -> None:
        await self._ledger.write([Noted(fact) for fact in facts])

    async def facts(self, session_id: str, *names: str, thread_id: str | None = None) -> list[Fact]:
        return [fact for _, fact in await self.placed(session_id, *names, thread_id=thread_id)]

    async def placed(
        self, session_id: str, *names: str, thread_id: str | None = None, after: int = 0
    ) -> list[tuple[int, Fact]]:
        thread = child_thread(session_id, thread_id)
        tail = [
            (record.position, record.happening.fact)
            for record in self._ledger.memtable.facts_of(session_id)
            if isinstance(record.happening, Noted)
            and record.happening.fact.name in names
            and record.happening.fact.thread_id == thread
            and record.position > after
        ]
        memtable = self._ledger.memtable
        if session_id in memtable.erased or memtable.has_no_facts(session_id, names):
            return tail
        stored = await self._ledger.stored(
            lambda connection: reads.facts(connection, session_id, thread, names, after=after)
        )
        return sorted((dict(stored) | dict(tail)).items())

    async def sessions_with(self, name: str) -> set[str]:
        # Before the store is read: what is carried over meanwhile is then in both, and in neither never.
        tail = self._ledger.memtable.sessions_with(name)
        stored = await self._ledger.stored(lambda connection: reads.sessions_with(connection, name))
        return tail | (stored - self._ledger.memtable.erased)
