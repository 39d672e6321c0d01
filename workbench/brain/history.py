"""One thread's log as the brain has read and written it so far, with its notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.brain.fact_fold import NAMES, NotedFacts
from workbench.brain.outcomes.standing_outcome import StandingOutcome, standing
from workbench.brain.turn import Turn, turn_of
from workbench.contracts.facts import BACKGROUND_NOTICED, BACKGROUND_UNWATCHED, SKILLS_FOUND, TOOL_STARTED
from workbench.contracts.log import Facts, Post, SessionLog
from workbench.contracts.thread_facts import MESSAGE_POSTED, SESSION_SAID, WORKFLOW_ENDED
from workbench.contracts.values import Entry, Fact, Json, Passing, Preview
from workbench.events import DeltaEvent, Event, StartEvent, child_thread

_OF_MESSAGES: Final = (
    BACKGROUND_NOTICED.name,
    BACKGROUND_UNWATCHED.name,
    SKILLS_FOUND.name,
    MESSAGE_POSTED.name,
    WORKFLOW_ENDED.name,
    SESSION_SAID.name,
)
_WITH_FACTS: Final = frozenset({"system.message", "agent.thread_message_received", "workflow_run.status_ended"})


def _waits(event: Event, elsewhere: frozenset[str]) -> bool:
    """Whether somebody outside has to answer the event, or has to know that it is answered."""
    if event.type == "agent.tool_use" and event.name in elsewhere and event.evaluated_permission == "allow":
        return True
    is_asked = event.type in ("agent.tool_use", "agent.mcp_tool_use") and event.evaluated_permission == "ask"
    return is_asked or event.type in ("agent.custom_tool_use", "user.tool_result")


@dataclass
class ThreadHistory:
    """Only the brain of this thread writes facts that are folded here, so they are read once; but for those of messages.

    `started` are the calls that an earlier process may have begun. `elsewhere` are the built-in tools that a worker of the
    session's environment carries out.
    """

    session_id: str
    thread_id: str
    log: SessionLog
    facts: Facts
    started: frozenset[str] = frozenset()
    entries: list[Entry] = field(default_factory=list)
    notes: NotedFacts = field(default_factory=NotedFacts)
    elsewhere: frozenset[str] = frozenset()

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
        if any(entry.event.type in _WITH_FACTS for entry in new):
            told = await self.facts.facts(self.session_id, *_OF_MESSAGES, thread_id=self.thread_id)
            self.notes = self.notes.and_also(told)
        notes = self.notes
        noticed = notes.noticed - notes.hushed
        stops, asked = notes.stops, notes.asked
        return turn_of(self.entries, notes.aside, stops, noticed, asked, notes.delegations, self.elsewhere)

    def outcome(self) -> StandingOutcome | None:
        """The outcome that is worked on, as of the last look."""
        return standing(self.entries)

    def question(self, event_id: str) -> Json:
        """What a server asked with this event."""
        event = next(one.event for one in self.entries if one.event.id == event_id)
        assert event.type == "agent.custom_tool_use"
        return dict(event.input)

    async def append(self, events: Sequence[Event], facts: Sequence[Fact] = ()) -> None:
        """Write all of it or nothing; a child's calls that wait for somebody are told to the primary thread as well."""
        await self.log.post(self.session_id, self.posts(events), facts=facts)
        self.notes = self.notes.and_also(facts)

    async def post(self, posts: Sequence[Post], facts: Sequence[Fact]) -> None:
        """Write events of several threads, and facts, all of it or nothing; those of this thread are noted."""
        await self.log.post(self.session_id, posts, facts=facts)
        own = child_thread(self.session_id, self.thread_id)
        self.notes = self.notes.and_also([fact for fact in facts if fact.thread_id == own])

    def posts(self, events: Sequence[Event]) -> list[Post]:
        """The events as they are written: each in this thread's log, and where people have to see it in the primary one's."""
        if not self.is_child:
            return [Post(event) for event in events]
        posts = [Post(event, self.thread_id) for event in events]
        waiting = [event for event in events if _waits(event, self.elsewhere)]
        return posts + [Post(one.model_copy(update={"session_thread_id": self.thread_id})) for one in waiting]

    def last_error(self) -> tuple[str, str]:
        """Type and words of the error that the log told last."""
        for entry in reversed(self.entries):
            if entry.event.type == "session.error":
                return entry.event.error.type, entry.event.error.message
        return "unknown_error", "for a reason that is not known"

    @property
    def is_child(self) -> bool:
        return child_thread(self.session_id, self.thread_id) is not None

    def preview(self, passing: StartEvent | DeltaEvent | Passing) -> None:
        """Tell whoever follows the thread; nothing of it is kept."""
        self.log.preview(Preview(self.session_id, passing, child_thread(self.session_id, self.thread_id)))
