"""One thread's log as the brain has read and written it so far, with its notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.brain.fact_fold import NAMES, NotedFacts
from workbench.brain.turn import Turn, turn_of
from workbench.contracts.facts import BACKGROUND_NOTICED, BACKGROUND_UNWATCHED, SKILLS_FOUND, TOOL_STARTED
from workbench.contracts.log import Facts, SessionLog
from workbench.contracts.values import Entry, Fact, Json, Passing, Preview
from workbench.events import DeltaEvent, Event, StartEvent, child_thread


@dataclass
class ThreadHistory:
    """Only the brain writes facts that are folded here, so they are read once; but for those of messages from the background.

    `started` are the calls that an earlier process may have begun.
    """

    session_id: str
    thread_id: str
    log: SessionLog
    facts: Facts
    started: frozenset[str] = frozenset()
    entries: list[Entry] = field(default_factory=list)
    notes: NotedFacts = field(default_factory=NotedFacts)

    @classmethod
    async def opened(cls, session_id: str, thread_id: str, log: SessionLog, facts: Facts) -> ThreadHistory:
        noted = await facts.facts(session_id, TOOL_STARTED.name, *NAMES, thread_id=thread_id)
        started = frozenset(fact.body["tool_use_id"] for fact in noted if fact.name == TOOL_STARTED.name)
        return cls(session_id, thread_id, log, facts, started, notes=NotedFacts().and_also(noted))

    async def turn(self) -> Turn:
        """Where the turn stands, with what was written since the last look."""
        seen = self.entries[-1].seq if self.entries else 0
        new = await self.log.read(self.session_id, thread_id=self.thread_id, after=seen or 0)
        self.entries += new
        if any(entry.event.type == "system.message" for entry in new):
            names = BACKGROUND_NOTICED.name, BACKGROUND_UNWATCHED.name, SKILLS_FOUND.name
            told = await self.facts.facts(self.session_id, *names, thread_id=self.thread_id)
            self.notes = self.notes.and_also(told)
        notes = self.notes
        return turn_of(self.entries, notes.aside, notes.stops, notes.noticed - notes.hushed, notes.asked)

    def question(self, event_id: str) -> Json:
        """What a server asked with this event."""
        event = next(one.event for one in self.entries if one.event.id == event_id)
        assert event.type == "agent.custom_tool_use"
        return dict(event.input)

    async def append(self, events: Sequence[Event], facts: Sequence[Fact] = ()) -> None:
        """Write all of it or nothing."""
        await self.log.append(self.session_id, events, thread_id=self.thread_id, facts=facts)
        self.notes = self.notes.and_also(facts)

    def preview(self, passing: StartEvent | DeltaEvent | Passing) -> None:
        """Tell whoever follows the thread; nothing of it is kept."""
        self.log.preview(Preview(self.session_id, passing, child_thread(self.session_id, self.thread_id)))
