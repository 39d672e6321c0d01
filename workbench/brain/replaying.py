"""A thread's model requests once more, from its log alone: each as it was built when it was made. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from workbench.brain import context
from workbench.brain.fact_fold import NotedFacts
from workbench.brain.fingerprints import differing, fingerprint
from workbench.contracts.brain import ModelRequest
from workbench.contracts.facts import MODEL_REQUESTED
from workbench.contracts.values import Entry, Fact, Json, Session
from workbench.events import dump

_LATE: int = 3
"""As many events may have come from outside between the look at the log and the request's start."""


@dataclass(frozen=True)
class Rebuilt:
    """One request: its start event, what was kept of it (None before there were fingerprints), and itself as it is built now.

    `entries` and `notes` are what it was built from. `request` is None where it was not for the agent's next answer:
    `purpose` says for what.
    """

    start_id: str
    seq: int
    purpose: str | None
    kept: Json | None
    request: ModelRequest | None
    session: Session
    entries: Sequence[Entry] = ()
    notes: NotedFacts = field(default_factory=NotedFacts)

    @property
    def is_same(self) -> bool | None:
        """Whether it has the same bytes; None where nobody can say."""
        if self.kept is None or self.request is None:
            return None
        return bool(fingerprint(self.request)["sha256"] == self.kept["sha256"])

    @property
    def differs_in(self) -> list[str]:
        """The parts that have other bytes."""
        if self.kept is None or self.request is None:
            return []
        return differing(self.kept["parts"], fingerprint(self.request)["parts"])

    def with_agent(self, agent: Json) -> ModelRequest:
        """The request that this agent would have made at this place."""
        return context.request(replace(self.session, agent=agent), self.entries, self.notes)


def rebuilt(session: Session, entries: Sequence[Entry], facts: Sequence[Fact], first_agent: Json) -> Iterator[Rebuilt]:
    """Every request of a thread, oldest first; `first_agent` is the session's before any update, `session` as it is now."""
    told = {fact.body["model_request_start_id"]: n for n, fact in enumerate(facts) if fact.name == MODEL_REQUESTED.name}
    notes, noted = NotedFacts(), 0
    agent = first_agent
    for index, entry in enumerate(entries):
        event = entry.event
        if event.type == "session.updated" and (changed := dump(event).get("agent")):
            agent = changed
        if event.type != "span.model_request_start" or event.id not in told:
            continue
        place = told[event.id]
        notes, noted = notes.and_also(facts[noted:place]), place
        body = facts[place].body
        kept = {"sha256": body["sha256"], "parts": body["parts"]} if "sha256" in body else None
        as_then = replace(session, agent=agent)
        one = Rebuilt(event.id, entry.seq or 0, body.get("purpose"), kept, None, as_then)
        yield one if one.purpose else _built(one, entries[:index], notes)


def _built(one: Rebuilt, before: Sequence[Entry], notes: NotedFacts) -> Rebuilt:
    """The request from what stands before it; what came in just then may not have been seen."""
    whole = replace(one, request=context.request(one.session, before, notes), entries=before, notes=notes)
    if whole.is_same is not False:
        return whole
    for count in range(1, _LATE + 1):
        if len(before) < count or not before[-count].event.type.startswith("user."):
            break
        earlier = before[:-count]
        tried = replace(whole, request=context.request(one.session, earlier, notes), entries=earlier)
        if tried.is_same:
            return tried
    return whole
