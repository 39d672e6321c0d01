"""Where a session's turn stands: a pure fold over its log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from workbench.brain.fact_fold import AskedCall, DelegatedCall, Delegations, Stop
from workbench.brain.open_calls import OpenCall, Use
from workbench.brain.outcomes.outcome_turn import OutcomeTurn
from workbench.contracts import elicitation
from workbench.contracts.values import Entry, Json
from workbench.events import (
    AgentCustomToolUse,
    Event,
    ModelRequestEnd,
    OutcomeEvaluationEnd,
    SessionIdle,
    ThreadIdle,
    ThreadRescheduled,
    ThreadRunning,
    ThreadTerminated,
    UserCustomToolResult,
    UserDefineOutcome,
    UserToolConfirmation,
    primary_thread_id,
)

_BESIDE_THE_TURN: Final = frozenset(
    {
        *("mcp_connection_failed_error", "mcp_authentication_failed_error", "credential_host_unreachable_error"),
        *("repository_authentication_error", "repository_forbidden_error", "repository_not_found_error"),
        *("repository_checkout_error", "repository_clone_error"),
    }
)
"""Errors of what surrounds a session: it goes on without it."""

_ENDS_A_TURN: Final = frozenset({"end_turn", "retries_exhausted", "refusal"})


@dataclass(frozen=True)
class Turn:
    """What the log says of the turn.

    `status` is that of the last status event; `stop` the wire object of the last idle's stop reason. `open_request` is the id
    of a model request that nothing closed. `is_interrupted` says that an interrupt was taken and no idle has followed it.
    `due` says that the model has not seen something it should answer, `failures` counts its failed attempts at it, `exhausted`
    that the last of them was the last. `answers` are those to questions of servers, by the questions' events. `refusal` says why the last answer was refused, `cut_answers` how many in a row, up to
    the last, ended before their end, and `cut_calls` how many of these asked for one call that was not complete. `tool_rounds`
    counts the answers of this turn that called tools. `delegated` are calls for other threads that are not answered yet.
    """

    status: str = "idle"
    stop: Json | None = None
    open_request: str | None = None
    is_interrupted: bool = False
    calls: tuple[OpenCall, ...] = ()
    due: bool = False
    failures: int = 0
    exhausted: bool = False
    refusal: Stop | None = None
    cut_answers: int = 0
    cut_calls: int = 0
    tool_rounds: int = 0
    answers: Mapping[str, UserCustomToolResult] = field(default_factory=dict)
    interrupted_outcome: str = ""
    """The outcome that an interrupt ends, and whose end is not written yet."""
    delegated: tuple[DelegatedCall, ...] = ()

    @property
    def blocked(self) -> tuple[OpenCall, ...]:
        return tuple(call for call in self.calls if call.is_blocked)

    @property
    def blocked_ids(self) -> list[str]:
        return [call.use.id for call in self.blocked]

    @property
    def is_told(self) -> bool:
        """Whether the last idle already named exactly the calls that wait for a person."""
        return self.status == "idle" and self.stop is not None and self.stop.get("event_ids", []) == self.blocked_ids


def turn_of(
    entries: Sequence[Entry],
    aside: frozenset[str] = frozenset(),
    stops: Mapping[str, Stop] = MappingProxyType({}),
    noticed: frozenset[str] = frozenset(),
    asked: Mapping[str, AskedCall] = MappingProxyType({}),
    delegations: Delegations = Delegations(),  # noqa: B008 - frozen
    elsewhere: frozenset[str] = frozenset(),
) -> Turn:
    """The fold; requests whose start is in `aside` are no part of the conversation, answers in `stops` are not whole, system
    messages in `noticed` want an answer, the servers of calls in `asked` have asked a person, `delegations` are for other threads,
    and a worker carries out the built-in tools in `elsewhere`."""
    fold = TurnFold(aside, stops, noticed, delegating=delegations.calls)
    fold.extend(entries)
    return turn_after(fold, asked, delegations, elsewhere)


def turn_after(
    fold: TurnFold, asked: Mapping[str, AskedCall], delegations: Delegations, elsewhere: frozenset[str]
) -> Turn:
    """Where the turn stands after what was folded; the others as in `turn_of`."""
    return Turn(
        status=fold.status,
        stop=fold.stop,
        open_request=fold.open_request,
        is_interrupted=fold.is_interrupted,
        calls=tuple(fold.open_call(use, asked.get(use.id), elsewhere) for use in fold.open_calls.values()),
        due=fold.due,
        failures=fold.failures,
        exhausted=fold.exhausted,
        delegated=delegations.open,
        refusal=fold.refusal,
        cut_answers=fold.cut_answers,
        cut_calls=fold.cut_calls,
        tool_rounds=fold.tool_rounds,
        answers=dict(fold.answers),
        interrupted_outcome=fold.outcome.interrupted,
    )


_KEPT: Final = (
    *("is_told_by_thread", "status", "stop", "open_request", "is_interrupted", "due", "came_during_request"),
    *("is_message_new", "failures", "exhausted", "cut_answers", "cut_calls", "tool_rounds", "inputs"),
)


@dataclass
class TurnFold:
    """What `turn_of` folds, one entry after the other; requests, answers and messages as it has them."""

    aside: frozenset[str] = frozenset()
    stops: Mapping[str, Stop] = field(default_factory=dict)
    noticed: frozenset[str] = frozenset()
    thread_id: str = ""
    delegating: Collection[str] = frozenset()
    is_told_by_thread: bool = False
    status: str = "idle"
    stop: Json | None = None
    open_request: str | None = None
    is_interrupted: bool = False
    open_calls: dict[str, Use] = field(default_factory=dict)
    confirmations: dict[str, UserToolConfirmation] = field(default_factory=dict)
    due: bool = False
    came_during_request: bool = False
    is_message_new: bool = False
    failures: int = 0
    exhausted: bool = False
    refusal: Stop | None = None
    cut_answers: int = 0
    cut_calls: int = 0
    tool_rounds: int = 0
    inputs: list[Json] = field(default_factory=list)
    """Of the calls of the last answer."""
    questions: dict[str, AgentCustomToolUse] = field(default_factory=dict)
    answers: dict[str, UserCustomToolResult] = field(default_factory=dict)
    outcome: OutcomeTurn = field(default_factory=OutcomeTurn)

    @classmethod
    def after(cls, kept: Json) -> TurnFold:
        """The fold that goes on from what another one kept; a new one from nothing."""
        return cls(**kept | {"inputs": list(kept.get("inputs", ()))})

    def kept(self) -> Json | None:
        """What goes on from here needs of it, as JSON; None where something is open that only its events tell."""
        if self.open_calls or self.questions or self.refusal or self.outcome != OutcomeTurn():
            return None
        return {name: vars(self)[name] for name in _KEPT}

    def extend(self, entries: Sequence[Entry]) -> None:
        if entries and not self.thread_id:
            self.thread_id = entries[0].thread_id or primary_thread_id(entries[0].session_id)
        for entry in entries:
            if not entry.is_cross_posted:
                self.add(entry.event)

    def open_call(
        self,
        use: Use,
        asked: AskedCall | None,
        elsewhere: frozenset[str],
    ) -> OpenCall:
        """A call that asked is held until its questions are answered; one without, until nothing of its server is asked."""
        confirmation = self.confirmations.get(use.id)
        if asked is None or use.type != "agent.mcp_tool_use":
            return OpenCall(use, confirmation, is_elsewhere=use.type == "agent.tool_use" and use.name in elsewhere)
        waiting = [one for one in self.questions.values() if one.id in self.open_calls]
        of_server = any(one.input.get("mcp_server_name") == use.mcp_server_name for one in waiting)
        is_held = any(one.id in asked.keys for one in waiting) if asked.keys else of_server
        return OpenCall(use, confirmation, asked, is_held)

    def add(self, event: Event) -> None:
        match event.type:
            case "user.message" | "agent.thread_message_received" | "workflow_run.status_ended":
                self.due = self.came_during_request = self.is_message_new = True
            case "system.message" if event.id in self.noticed:
                self.due = self.came_during_request = True
            case "agent.tool_use" | "agent.custom_tool_use" | "agent.mcp_tool_use":
                self._called(event)
            case "agent.tool_result" | "user.tool_result":
                self._answered(event.tool_use_id)
            case "agent.mcp_tool_result":
                self._answered(event.mcp_tool_use_id)
            case "user.custom_tool_result":
                self._answered_by_client(event)
            case "user.tool_confirmation":
                self.confirmations.setdefault(event.tool_use_id, event)
            case "user.interrupt":
                self._interrupt()
            case "span.model_request_start" | "span.model_request_end":
                self._request(event)
            case "session.error" if event.error.type not in _BESIDE_THE_TURN:
                self.failures += event.error.retry_status.type == "retrying"
                self.exhausted = event.error.retry_status.type == "exhausted"
            case "user.define_outcome" | "span.outcome_evaluation_end":
                self._outcome(event)
            case _:
                self._status(event)

    def _called(self, use: Use) -> None:
        self.open_calls[use.id] = use
        if use.type == "agent.custom_tool_use" and use.name == elicitation.NAME:
            # A server asked it, and not the model.
            self.questions[use.id] = use
            return
        self.tool_rounds += not self.inputs
        self.inputs.append(dict(use.input))

    def _answered_by_client(self, result: UserCustomToolResult) -> None:
        call_id = result.custom_tool_use_id
        if call_id not in self.questions:
            self._answered(call_id)
        elif self.open_calls.pop(call_id, None) is not None:
            self.answers[call_id] = result

    def _outcome(self, event: UserDefineOutcome | OutcomeEvaluationEnd) -> None:
        """A new one is to be begun with, and a verdict that leaves something to do is to be heard. Each round is a turn of its own."""
        is_due = self.outcome.add(event)
        self.due = self.due or is_due
        self.came_during_request = self.came_during_request or event.type == "user.define_outcome"
        self.tool_rounds = 0

    def _interrupt(self) -> None:
        # A message that no request has carried yet counts as still queued: the interrupt goes before it.
        self.due = self.is_message_new
        if self.status != "idle" or (self.stop or {}).get("type") != "budget_reached":
            self.outcome.interrupt()
        self.is_interrupted = not self._is_over() or bool(self.outcome.interrupted)

    def _is_over(self) -> bool:
        """Whether the last idle left nothing for anybody to answer."""
        return self.status == "idle" and (self.stop or {}).get("type") != "requires_action"

    def _request(self, event: Event) -> None:
        match event.type:
            case "span.model_request_start":
                self.open_request = event.id
                if event.id not in self.aside:
                    self.inputs = []
                    self.came_during_request = self.is_message_new = self.outcome.is_new = False
            case "span.model_request_end":
                self.open_request = None
                if not event.is_error:
                    self.failures = 0
                    if event.model_request_start_id not in self.aside:
                        self._stopped(event)

    def _stopped(self, end: ModelRequestEnd) -> None:
        is_delegating = end.model_request_start_id in self.delegating
        self.tool_rounds += is_delegating and not self.inputs
        # Its calls for other threads are answered before anything else, and their answers are to be read.
        self.due = self.came_during_request or is_delegating
        stop = self.stops.get(end.model_request_start_id)
        is_refused = stop is not None and stop.reason == "refusal"
        self.refusal = stop if is_refused else None
        is_cut = stop is not None and not is_refused
        self.cut_answers = self.cut_answers + 1 if is_cut else 0
        # A call that is cut off has no input: what it would have been is not known.
        self.cut_calls = self.cut_calls + 1 if is_cut and self.inputs == [{}] else 0

    def _answered(self, call_id: str) -> None:
        if self.open_calls.pop(call_id, None) is not None:
            self.due = self.came_during_request = True

    def _status(self, event: Event) -> None:
        """The thread's own status; that of the session, which is the sum of all, counts in a log that tells no other."""
        match event.type:
            case "session.thread_status_running" if self._is_own(event):
                self.status = "running"
            case "session.thread_status_rescheduled" if self._is_own(event):
                self.status = "rescheduling"
            case "session.thread_status_terminated" if self._is_own(event):
                self.status = "terminated"
            case "session.thread_status_idle" if self._is_own(event):
                self._rested(event)
            case "session.status_running" if not self.is_told_by_thread:
                self.status = "running"
            case "session.status_rescheduled" if not self.is_told_by_thread:
                self.status = "rescheduling"
            case "session.status_terminated":
                self.status = "terminated"
            case "session.status_idle" if not self.is_told_by_thread:
                self._rested(event)

    def _is_own(self, event: ThreadRunning | ThreadRescheduled | ThreadTerminated | ThreadIdle) -> bool:
        is_own = event.session_thread_id == self.thread_id
        self.is_told_by_thread = self.is_told_by_thread or is_own
        return is_own

    def _rested(self, event: ThreadIdle | SessionIdle) -> None:
        self.status, self.stop = "idle", event.stop_reason.model_dump(mode="json")
        self.is_interrupted, self.exhausted, self.failures = False, False, 0
        self.refusal, self.cut_answers, self.cut_calls, self.outcome.interrupted = None, 0, 0, ""
        if event.stop_reason.type == "retries_exhausted":
            # An unanswered message is in the context of the next one.
            self.is_message_new = False
        if event.stop_reason.type in _ENDS_A_TURN:
            self.tool_rounds = 0
            # An outcome enters the log at once, and may have come while the turn before it ended.
            self.due = self.is_message_new or (event.stop_reason.type == "end_turn" and self.outcome.is_new)
