"""What the brain noted beside a session's public events: a fold over its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Final

from workbench.brain.refused_parts import Refused
from workbench.contracts import facts
from workbench.contracts.thread_facts import (
    DELEGATED,
    DELEGATION_ANSWERED,
    MESSAGE_POSTED,
    SESSION_SAID,
    WORKFLOW_ENDED,
)
from workbench.contracts.values import Fact, Json, Outcome, text_outcome

NAMES: Final = tuple(
    kind.name
    for kind in (
        facts.MODEL_REQUESTED,
        facts.MODEL_ANSWERED,
        facts.ACP_COST,
        facts.MODEL_STOPPED,
        facts.CONTEXT_OVERFLOWED,
        facts.PART_REFUSED,
        facts.CONTEXT_COMPACTED,
        facts.MESSAGE_CUT,
        facts.CALLS_HELD,
        facts.CALLS_DECIDED,
        facts.MCP_LISTED,
        facts.MCP_ASKED,
        facts.MCP_WENT_ON,
        facts.BACKGROUND_NOTICED,
        facts.BACKGROUND_UNWATCHED,
        DELEGATED,
        DELEGATION_ANSWERED,
        MESSAGE_POSTED,
        WORKFLOW_ENDED,
        SESSION_SAID,
        facts.MODEL_PARKED,
        facts.SKILLS_FOUND,
    )
)
"""The facts that the notes are folded from."""


_OF_THREADS: Final = frozenset({DELEGATED.name, DELEGATION_ANSWERED.name, MESSAGE_POSTED.name, WORKFLOW_ENDED.name})
_OF_SERVERS: Final = frozenset({facts.MCP_LISTED.name, facts.MCP_ASKED.name, facts.MCP_WENT_ON.name})
_NOTICES: Final = frozenset({facts.BACKGROUND_NOTICED.name, facts.SKILLS_FOUND.name, SESSION_SAID.name})
_HUSHES: Final = frozenset({facts.BACKGROUND_UNWATCHED.name, facts.SKILLS_FOUND.name})
"""What a repository has is for the work that is asked for, and begins none."""


@dataclass(frozen=True)
class Summary:
    """What stands in a request for all events up to `through_seq`."""

    text: str
    through_seq: int


@dataclass(frozen=True)
class Stop:
    """Why an answer stopped that is not the whole answer: the Messages API's stop reason and details."""

    reason: str
    details: Json | None = None


@dataclass(frozen=True)
class MadeCall:
    """A call as the model made it, a `tool_use` block, and whether it is whole or was cut off at a limit."""

    call: Json
    is_whole: bool


@dataclass(frozen=True)
class AskedCall:
    """A call that waits for a person's answers: the server's keys by the events of its questions, and what it goes on with."""

    keys: Mapping[str, str]
    state: Json | None = None


@dataclass(frozen=True)
class DelegatedCall:
    """A call that shows in no public event: an id of ours, and the `tool_use` block as the model made it."""

    id: str
    request_id: str
    block: Json


@dataclass(frozen=True)
class Delegations:
    """Calls of the tools for threads by the request that made them, their answers by call, and what messages refer to by event."""

    calls: Mapping[str, tuple[DelegatedCall, ...]] = field(default_factory=dict)
    answers: Mapping[str, Outcome] = field(default_factory=dict)
    posted: Mapping[str, Json] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    """What is told of the ends of workflow runs, by their events."""

    @property
    def open(self) -> tuple[DelegatedCall, ...]:
        """Those without an answer, in the order in which they were made."""
        return tuple(one for made in self.calls.values() for one in made if one.id not in self.answers)

    def and_also(self, later: Sequence[Fact]) -> Delegations:
        """With these facts, which came later."""
        if not any(fact.name in _OF_THREADS for fact in later):
            return self
        calls, answers = dict(self.calls), dict(self.answers)
        posted, ended = dict(self.posted), dict(self.ended)
        for fact in later:
            body = fact.body
            match fact.name:
                case DELEGATED.name:
                    start_id = body["model_request_start_id"]
                    calls[start_id] = tuple(DelegatedCall(call_id, start_id, block) for call_id, block in body["calls"])
                case DELEGATION_ANSWERED.name:
                    answers[body["call_id"]] = text_outcome(body["text"], is_error=body["is_error"])
                case MESSAGE_POSTED.name:
                    posted[body["event_id"]] = body
                case WORKFLOW_ENDED.name:
                    ended[body["event_id"]] = body["told"]
        return Delegations(calls, answers, posted, ended)


@dataclass(frozen=True)
class NotedFacts:
    """Requests by the id of their start: which model they asked, which were `aside` (asked for something else than the next
    answer of the agent), which found their context `too_long`, and tokens that they wrote to the cache for an hour.

    `summary` is the last one, None before the first compaction. `held` are the calls of answers that wait for a judgement.
    `stops` say of answers that were refused or cut, why. `listed` are the tools of each MCP server that has told them, `refused` parts
    of requests that an endpoint did not take. `windows` are context windows by model as refusals told them, `no_room` the last
    such refusal's words. `cut` are messages that are no whole answers, and why. `noticed` are system messages that tell what
    programs print, files and other sessions say; the `hushed` of them want no answer. `asked` are calls whose servers asked a person, by their events.
    `parked_until` is when a limit of the model's has passed. `delegations` are the calls that start and address other threads.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    aside: frozenset[str] = frozenset()
    too_long: frozenset[str] = frozenset()
    hour_tokens: Mapping[str, int] = field(default_factory=dict)
    summary: Summary | None = None
    held: Mapping[str, tuple[MadeCall, ...]] = field(default_factory=dict)
    stops: Mapping[str, Stop] = field(default_factory=dict)
    listed: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    refused: tuple[Refused, ...] = ()
    windows: Mapping[str, int | None] = field(default_factory=dict)
    no_room: str | None = None
    cut: Mapping[str, str] = field(default_factory=dict)
    noticed: frozenset[str] = frozenset()
    hushed: frozenset[str] = frozenset()
    asked: Mapping[str, AskedCall] = field(default_factory=dict)
    delegations: Delegations = field(default_factory=Delegations)
    parked_until: datetime | None = None
    told_costs: Mapping[str, Fraction] = field(default_factory=dict)
    """What agents of others said that their requests have cost, in dollars."""

    def and_also(self, later: Sequence[Fact]) -> NotedFacts:
        """With these facts, which came later."""
        models, hour_tokens = dict(self.models), dict(self.hour_tokens)
        aside, too_long, summary = set(self.aside), set(self.too_long), self.summary
        held, stops, listed = dict(self.held), dict(self.stops), dict(self.listed)
        cut, asked = dict(self.cut), dict(self.asked)
        noticed, hushed = _events(later, _NOTICES), _events(later, _HUSHES)
        refused, windows, no_room = list(self.refused), dict(self.windows), self.no_room
        for fact in later:
            body = fact.body
            match fact.name:
                case facts.MODEL_REQUESTED.name:
                    models[body["model_request_start_id"]] = body["model"]
                    if body.get("purpose"):
                        aside.add(body["model_request_start_id"])
                case facts.MODEL_ANSWERED.name:
                    hour_tokens[body["model_request_start_id"]] = int(body["ephemeral_1h_input_tokens"])
                case facts.MODEL_STOPPED.name:
                    stops[body["model_request_start_id"]] = Stop(body["stop_reason"], body["stop_details"])
                case facts.CONTEXT_OVERFLOWED.name:
                    too_long.add(body["model_request_start_id"])
                    windows[models.get(body["model_request_start_id"], "")] = body.get("window")
                    no_room = body.get("said")
                case facts.PART_REFUSED.name:
                    refused.append(Refused(body["reason"], frozenset(body["parts"]), body["every"], body["model"]))
                case facts.CONTEXT_COMPACTED.name:
                    summary = Summary(body["summary"], body["through_seq"])
                case facts.MESSAGE_CUT.name:
                    cut[body["event_id"]] = body["reason"]
                case facts.CALLS_HELD.name:
                    held[body["model_request_start_id"]] = tuple(MadeCall(*one) for one in body["calls"])
                case facts.CALLS_DECIDED.name:
                    del held[body["model_request_start_id"]]
                case name if name in _OF_SERVERS:
                    _note_of_server(fact, listed, asked)
        return NotedFacts(
            models,
            frozenset(aside),
            frozenset(too_long),
            hour_tokens,
            summary,
            held,
            stops,
            listed,
            tuple(refused),
            windows,
            no_room,
            cut,
            self.noticed | noticed,
            self.hushed | hushed,
            asked,
            self.delegations.and_also(later),
            _parked(later, self.parked_until),
            {**self.told_costs, **_told_costs(later)},
        )


def _events(later: Sequence[Fact], names: frozenset[str]) -> set[str]:
    return {fact.body.get("event_id", "") for fact in later if fact.name in names}


def _told_costs(later: Sequence[Fact]) -> dict[str, Fraction]:
    told = [fact.body for fact in later if fact.name == facts.ACP_COST.name]
    return {body["model_request_start_id"]: Fraction(body["usd"]) for body in told}


def _parked(later: Sequence[Fact], before: datetime | None) -> datetime | None:
    noted = [fact.body["until"] for fact in later if fact.name == facts.MODEL_PARKED.name]
    return datetime.fromisoformat(noted[-1]) if noted else before


def _note_of_server(fact: Fact, listed: dict[str, Sequence[Json]], asked: dict[str, AskedCall]) -> None:
    body = fact.body
    match fact.name:
        case facts.MCP_LISTED.name:
            listed[body["server"]] = body["tools"]
        case facts.MCP_ASKED.name:
            asked[body["tool_use_id"]] = AskedCall(body["questions"], body["state"])
        case _:
            asked.pop(body["tool_use_id"], None)
