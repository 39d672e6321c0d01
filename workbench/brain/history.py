"""One thread's log as the brain has read and written it so far, with its notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from workbench import pricing
from workbench.brain import compaction, context, past, usage
from workbench.brain.fact_fold import NAMES, NotedFacts
from workbench.brain.outcomes.standing_outcome import StandingOutcome, standing
from workbench.brain.past import WHOLE, Past
from workbench.brain.turn import Turn, TurnFold, turn_after
from workbench.contracts.facts import BACKGROUND_NOTICED, BACKGROUND_UNWATCHED, SKILLS_FOUND, TOOL_STARTED
from workbench.contracts.log import Facts, Post, SessionLog
from workbench.contracts.thread_facts import MESSAGE_POSTED, SESSION_SAID, WORKFLOW_ENDED
from workbench.contracts.values import Entry, Fact, Json, Passing, Preview
from workbench.events import DeltaEvent, Event, StartEvent, child_thread
from workbench.light.copies import replace

_OF_MESSAGES: Final = (
    BACKGROUND_NOTICED.name,
    BACKGROUND_UNWATCHED.name,
    SKILLS_FOUND.name,
    MESSAGE_POSTED.name,
    WORKFLOW_ENDED.name,
    SESSION_SAID.name,
)
_NOTED: Final = (TOOL_STARTED.name, *NAMES)
_WITH_FACTS: Final = frozenset({"system.message", "agent.thread_message_received", "workflow_run.status_ended"})


def _waits(event: Event, elsewhere: frozenset[str]) -> bool:
    """Whether somebody outside has to answer the event, or has to know that it is answered."""
    if event.type == "agent.tool_use" and event.name in elsewhere and event.evaluated_permission == "allow":
        return True
    is_asked = event.type in ("agent.tool_use", "agent.mcp_tool_use") and event.evaluated_permission == "ask"
    return is_asked or event.type in ("agent.custom_tool_use", "user.tool_result")


def _started(noted: Sequence[Fact]) -> frozenset[str]:
    return frozenset(fact.body["tool_use_id"] for fact in noted if fact.name == TOOL_STARTED.name)


@dataclass
class ThreadHistory:
    """Only the brain of this thread writes facts that are folded here, so they are read once; but for those of messages.

    `started` are the calls that an earlier process may have begun. `elsewhere` are the built-in tools that a worker of the
    session's environment carries out. `past` is what came before the entries, and `noted` the facts of it that still count.
    """

    session_id: str
    thread_id: str
    log: SessionLog
    facts: Facts
    started: frozenset[str] = frozenset()
    entries: list[Entry] = field(default_factory=list)
    notes: NotedFacts = field(default_factory=NotedFacts)
    elsewhere: frozenset[str] = frozenset()
    past: Past = WHOLE
    before: list[Entry] | None = None
    """Entries of the past, once somebody has asked for them."""
    fold: TurnFold | None = None
    folded: int = 0
    """How many of the entries the fold has seen."""
    usage_fold: usage.UsageFold = field(default_factory=usage.UsageFold)

    @classmethod
    async def opened(cls, session_id: str, thread_id: str, log: SessionLog, facts: Facts) -> ThreadHistory:
        """From the beginning of the log."""
        noted = await facts.facts(session_id, *_NOTED, thread_id=thread_id)
        return cls(session_id, thread_id, log, facts, _started(noted), notes=NotedFacts().and_also(noted))

    @classmethod
    async def resumed(
        cls, session_id: str, thread_id: str, log: SessionLog, facts: Facts, kept: Json | None
    ) -> ThreadHistory:
        """From a checkpoint, where it is one of this very log and build; else from the beginning."""
        before = past.loaded(kept, session_id)
        if before is WHOLE:
            return await cls.opened(session_id, thread_id, log, facts)
        # The entries first: whatever is noted of them then is among the facts.
        entries = await log.read(session_id, thread_id=thread_id, after=before.seq - 1)
        later = [
            fact for _, fact in await facts.placed(session_id, *_NOTED, thread_id=thread_id, after=before.position)
        ]
        if not before.fits(entries, later):
            return await cls.opened(session_id, thread_id, log, facts)
        noted = [*before.noted, *later]
        notes = NotedFacts().and_also(noted)
        return cls(session_id, thread_id, log, facts, _started(noted), entries[1:], notes, past=before)

    async def turn(self) -> Turn:
        """Where the turn stands, with what was written since the last look."""
        seen = self.entries[-1].seq if self.entries else self.past.seq
        new = await self.log.read(self.session_id, thread_id=self.thread_id, after=seen or 0)
        self.entries += new
        if any(entry.event.type in _WITH_FACTS for entry in new):
            told = await self.facts.facts(self.session_id, *_OF_MESSAGES, thread_id=self.thread_id)
            self.notes = self.notes.and_also(told)
        notes = self.notes
        return turn_after(self._folded(), notes.asked, notes.delegations, self.elsewhere)

    def _folded(self) -> TurnFold:
        """The fold over all entries so far: only what is new is added, unless something else was noted of what is old."""
        if self.fold is None or self.fold.noticed != self.notes.noticed - self.notes.hushed:
            self.fold, self.folded = TurnFold.after(self.past.turn), 0
        new, self.folded = self.entries[self.folded :], len(self.entries)
        return self._seen_by(self.fold, new)

    def _seen_by(self, fold: TurnFold, entries: Sequence[Entry]) -> TurnFold:
        notes = self.notes
        fold.aside, fold.stops, fold.noticed = notes.aside, notes.stops, notes.noticed - notes.hushed
        fold.delegating = notes.delegations.calls
        fold.extend(entries)
        return fold

    async def whole(self) -> list[Entry]:
        """All entries, also those before a checkpoint."""
        if self.past is WHOLE:
            return self.entries
        if self.before is None:
            self.before = await self.log.read(self.session_id, thread_id=self.thread_id, before=self.past.seq + 1)
        return [*self.before, *self.entries]

    def used(self, copied_through: int = 0) -> usage.Used:
        """What the thread has used."""
        return self._usage(copied_through).used(self.notes, self.past.used)

    def spent(self, copied_through: int) -> Fraction | None:
        """What its own requests have cost in dollars, without those that a fork took over; None where a price is not known."""
        return pricing.total([self.past.spent, self._usage(copied_through).own])

    def _usage(self, copied_through: int) -> usage.UsageFold:
        if self.usage_fold.copied_through != copied_through:
            self.usage_fold = usage.UsageFold(copied_through)
        self.usage_fold = self.usage_fold.after(self.entries, self.notes)
        return self.usage_fold

    async def checkpoint(self, copied_through: int, least_events: int) -> Json | None:
        """What `resumed` takes, as of the last look; None where nothing is gained, or where all of the log is needed.

        It stands for everything that is summed up, so that a wake reads what requests show.
        """
        through = self.notes.summary.through_seq if self.notes.summary else 0
        before = [entry for entry in self.entries if (entry.seq or 0) <= through]
        if self.is_child or len(before) < max(1, least_events) or not past.is_foldable(before):
            return None
        placed = await self.facts.placed(self.session_id, *_NOTED, thread_id=self.thread_id, after=self.past.position)
        position = placed[-1][0] if placed else self.past.position
        if self.entries[-1].position < position:
            # What is noted last has no event behind it that proves it.
            return None
        return self._kept(before, copied_through, [fact for _, fact in placed], position)

    def _kept(self, before: list[Entry], copied_through: int, later: list[Fact], position: int) -> Json | None:
        notes, fold = self.notes, self._seen_by(TurnFold.after(self.past.turn), before)
        turn = fold.kept()
        # An answer's events stand before the end of its request, which may come after what is summed up.
        gone = {*(entry.event.id for entry in before), self.past.turn.get("open_request", "")} - {fold.open_request}
        if turn is None or gone & notes.held.keys() or any(one.request_id in gone for one in notes.delegations.open):
            return None
        of_before = replace(notes, hour_tokens={key: notes.hour_tokens[key] for key in gone & notes.hour_tokens.keys()})
        of_past = usage.UsageFold(copied_through).after(before, of_before)
        messages = {entry.event.id for entry in before if entry.event.type == "system.message"}
        last = self.entries[-1]
        return past.dumped(
            Past(
                seq=before[-1].seq or 0,
                event_id=before[-1].event.id,
                position=position,
                last=(last.seq or 0, last.event.id),
                turn=turn,
                context=compaction.kept(before, notes, self.past),
                used=of_past.used(of_before, self.past.used),
                spent=pricing.total([self.past.spent, of_past.own]),
                said=context.last_words(before) or self.past.said,
                noted=past.still_counts([*self.past.noted, *later], gone),
                messages=self.past.messages | messages,
            )
        )

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
