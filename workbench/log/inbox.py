"""The inbox: what clients sent waits here, durable, until the brain takes it up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from workbench import events
from workbench.contracts.values import Clock, Document, Entry, Fact
from workbench.events import Event
from workbench.log.journal.records import Filed, Happening, Logged, Noted, Queued, Record
from workbench.log.ledger import Ledger
from workbench.log.sessions import entries_of, refuse_erased

WAITING_TYPES: Final = frozenset({"user.message", "user.interrupt", "user.tool_confirmation", "system.message"})
"""The types that a client sends without `processed_at`."""


_ANSWERS: Final = frozenset({"user.tool_confirmation", "user.custom_tool_result", "user.tool_result"})


def _told(session_id: str, event: Event, thread_id: str | None) -> list[Happening]:
    """The event in the log of its thread; an answer to a call of a child in the primary one's too, which shows the call."""
    own = Logged(session_id, event, thread_id)
    return [Logged(session_id, event), own] if thread_id and event.type in _ANSWERS else [own]


class JournaledInbox:
    """The inbox over a ledger."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._moving: set[str] = set()

    async def send(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        """See `Inbox.send`.

        Raises:
            NotWritten: the disk refused.
            SessionErased: there is no such session any more.
            ValueError: an event without `processed_at` of a type that does not wait.
        """
        refuse_erased(self._ledger, session_id)
        happenings: list[Happening] = []
        for event in events:
            if event.processed_at is None and event.type not in WAITING_TYPES:
                raise ValueError(f"{event.type} {event.id} is processed on receipt: stamp it with processed_at")
            waiting = Queued(session_id, event)
            happenings += [waiting] if event.processed_at is None else _told(session_id, event, waiting.thread_id)
        happenings += [Noted(fact) for fact in facts]
        happenings += [Filed(document) for document in documents]
        written = entries_of(await self._ledger.write(happenings)) if happenings else []
        return list({entry.event.id: entry for entry in written}.values())

    async def take(
        self, session_id: str, *, thread_id: str | None = None, only: frozenset[str] | None = None
    ) -> list[Entry]:
        thread = events.child_thread(session_id, thread_id)
        entries = [entry for entry in self._still(session_id, thread) if only is None or entry.event.type in only]
        entries.sort(key=lambda entry: entry.event.type != "user.interrupt")
        moment = self._clock()
        happenings: list[Happening] = []
        for entry in entries:
            happenings += _told(session_id, events.stamped(entry.event, moment), thread)
        return [entry for entry in entries_of(await self._move(entries, happenings)) if entry.thread_id == thread]

    def queued(self, session_id: str, *, thread_id: str | None = None) -> list[Entry]:
        thread = events.child_thread(session_id, thread_id)
        return [
            entry for entry in self._ledger.memtable.waiting.get(session_id, {}).values() if entry.thread_id == thread
        ]

    def _still(self, session_id: str, thread_id: str | None) -> list[Entry]:
        """What waits and is not on its way out already."""
        return [entry for entry in self.queued(session_id, thread_id=thread_id) if entry.event.id not in self._moving]

    async def _move(self, entries: Sequence[Entry], happenings: Sequence[Happening]) -> list[Record]:
        """Write what takes these entries out; other calls no longer see them meanwhile, also when the caller is cancelled."""
        if not entries:
            return []
        event_ids = {entry.event.id for entry in entries}
        self._moving |= event_ids
        written = self._ledger.write(happenings)
        written.add_done_callback(lambda _: self._moving.difference_update(event_ids))
        return await asyncio.shield(written)
