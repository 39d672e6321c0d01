"""The part of a thread's log that its summary stands for, as the folds over it left it: what a wake need not read again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from workbench import events
from workbench.brain.usage import NOTHING, Used
from workbench.contracts import facts
from workbench.contracts.build import build
from workbench.contracts.values import Entry, Fact, Json

_NOT_FOLDED: Final = frozenset(
    {
        *("user.define_outcome", "span.outcome_evaluation_start", "span.outcome_evaluation_end"),
        *("agent.thread_message_received", "session.thread_created", "workflow_run.created"),
    }
)
"""Who works on an outcome or with other threads looks through the whole log, so that such a session has no checkpoint."""
_OF_EVENTS: Final = ("model_request_start_id", "tool_use_id", "event_id")
_LAST_OF: Final = {
    facts.CONTEXT_COMPACTED.name: "",
    facts.MODEL_PARKED.name: "",
    facts.MCP_LISTED.name: "server",
}
"""Facts of which only the last one counts, or the last of each of these."""
_LASTING: Final = frozenset({*_LAST_OF, facts.PART_REFUSED.name, facts.CONTEXT_OVERFLOWED.name})
"""Facts that say something beyond the event that they are about."""


@dataclass(frozen=True)
class Past:
    """What the log says up to `seq`, which is the event `event_id`; the whole log where it is 0.

    `turn` and `context` are what the folds of these names hold there, `spent` what its own requests have cost and `used` what all
    have used. `noted` are the facts up to `position` that still count. `messages` are its system messages: a fact that comes
    later may change what they were. `last` is an event behind all of it.
    """

    seq: int = 0
    event_id: str = ""
    position: int = 0
    last: tuple[int, str] = (0, "")
    turn: Json = field(default_factory=dict)
    context: Json = field(default_factory=dict)
    used: Used = NOTHING
    spent: Fraction | None = Fraction(0)
    said: str = ""
    """The user's last words in it."""
    noted: tuple[Fact, ...] = ()
    messages: frozenset[str] = frozenset()

    def fits(self, entries: Sequence[Entry], later: Sequence[Fact]) -> bool:
        """Whether it is the beginning of the log that goes on with these entries, its last one first, and these facts."""
        known = {entry.event.id: entry.seq for entry in entries}
        if not entries or entries[0].seq != self.seq or entries[0].event.id != self.event_id:
            return False
        if known.get(self.last[1]) != self.last[0]:
            return False
        named = [(fact.body.get("model_request_start_id"), fact.body.get("event_id")) for fact in later]
        return all((start is None or start in known) and about not in self.messages for start, about in named)


WHOLE: Final = Past()
"""Nothing is left out: the log is read from its beginning."""


def is_foldable(entries: Sequence[Entry]) -> bool:
    return not any(entry.event.type in _NOT_FOLDED for entry in entries)


def still_counts(noted: Sequence[Fact], gone: Collection[str]) -> tuple[Fact, ...]:
    """Of these facts those that say something of what comes after the events that are `gone`."""
    last = {_kind(fact): index for index, fact in enumerate(noted) if fact.name in _LAST_OF}
    too_long = {f.body["model_request_start_id"] for f in noted if f.name == facts.CONTEXT_OVERFLOWED.name}
    kept = []
    for index, fact in enumerate(noted):
        if fact.name in _LAST_OF:
            counts = last[_kind(fact)] == index
        elif fact.name == facts.MODEL_REQUESTED.name and fact.body["model_request_start_id"] in too_long:
            # It tells whose context window the refusal told.
            counts = True
        else:
            about = next((fact.body[name] for name in _OF_EVENTS if fact.body.get(name)), None)
            counts = fact.name in _LASTING or about not in gone
        if counts:
            kept.append(fact)
    return tuple(kept)


def _kind(fact: Fact) -> tuple[str, Any]:
    return fact.name, fact.body.get(_LAST_OF[fact.name])


# ── as it is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────


def dumped(past: Past) -> Json:
    """As JSON, with the build that made it: another one may fold in another way."""
    noted = [[fact.name, events.timestamp(fact.made_at), fact.body] for fact in past.noted]
    used = vars(past.used) | {"tokens": dict(past.used.tokens), "cost": _written(past.used.cost)}
    told = {"used": used, "spent": _written(past.spent), "noted": noted, "messages": sorted(past.messages)}
    return {**vars(past), **told, "last": list(past.last), "build": build()}


def loaded(body: Mapping[str, Any] | None, session_id: str) -> Past:
    """What was kept; the whole log where nothing was, or where another build or anybody else wrote it."""
    if body is None or body.get("build") != build():
        return WHOLE
    try:
        known = {name: value for name, value in body.items() if name != "build"}
        used = Used(**known["used"] | {"cost": _read(known["used"]["cost"])})
        noted = tuple(Fact(name, session_id, datetime.fromisoformat(at), said) for name, at, said in known["noted"])
        seq, event_id = known["last"]
        told = {"last": (int(seq), str(event_id)), "messages": frozenset(known["messages"]), "noted": noted}
        return replace(WHOLE, **known | told | {"used": used, "spent": _read(known["spent"])})
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return WHOLE


def _written(cost: Fraction | None) -> str | None:
    return None if cost is None else str(cost)


def _read(cost: str | None) -> Fraction | None:
    return None if cost is None else Fraction(cost)
